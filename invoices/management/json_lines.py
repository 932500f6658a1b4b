"""How the readers print for other programs: one JSON value a line, always UTF-8."""

import json
from typing import Any

from django.core.management.base import OutputWrapper

# Legal inside a JSON string, yet many programs end a line at them.
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def as_line(value: Any) -> str:
    """The value as one line of JSON, Russian letters as they are."""
    return json.dumps(value, ensure_ascii=False).translate(LINE_ENDS)


def speak_utf8(stream: OutputWrapper) -> None:
    """Make a terminal or pipe take UTF-8 whatever the locale; bytes of odd file names become \\udcXX."""
    if reconfigure := getattr(stream, "reconfigure", None):
        reconfigure(encoding="utf-8", errors="backslashreplace")
