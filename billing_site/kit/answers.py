"""How commands talk to other programs: a file's bytes in, one JSON value a line out, always UTF-8."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import OutputWrapper

# Legal inside a JSON string, yet many programs end a line at them.
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
LONE_SURROGATES = re.compile("[\ud800-\udfff]")  # bytes of odd file names; strict readers refuse them


def as_line(value: Any) -> str:
    """The value as one line of JSON, Russian letters as they are."""
    line = json.dumps(value, ensure_ascii=False).translate(LINE_ENDS)
    return LONE_SURROGATES.sub("\ufffd", line)


def speak_utf8(stream: OutputWrapper) -> None:
    """Make a terminal or pipe take UTF-8 whatever the locale; bytes of odd file names become \\udcXX."""
    if reconfigure := getattr(stream, "reconfigure", None):
        reconfigure(encoding="utf-8", errors="backslashreplace")


def bytes_of(file: str) -> bytes:
    """What the file holds; `-` is standard input. Raises OSError, ValueError for a name that can be none."""
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
