"""Russian of the panel: parts written by hand in locale/ru/parts/*.po, one catalogue made of them.

The parts are the source of truth; the compiled catalogue is made at set-up and never committed.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

KEYWORDS: Mapping[Any, Any] = {
    "_": None, "_t": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
PLACES = ("billing_site", "clients", "products", "invoices", "tickets", "reports", "templates")
PLURALS = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)
Key = tuple[str | None, str]


@dataclass
class Wanted:
    """A msgid that the code or a template uses, and where."""

    plural: str | None = None
    places: list[str] = field(default_factory=list)


def parts_of(root: Path) -> list[Path]:
    return sorted((root / "locale" / "ru" / "parts").glob("*.po"))


def _key(message: Message) -> Key:
    return message.context, message.id[0] if isinstance(message.id, (list, tuple)) else message.id


def read_parts(root: Path) -> tuple[Catalog, list[str]]:
    """The joined catalogue, and complaints: a msgid translated differently in two parts, a broken plural."""
    joined = Catalog(locale="ru", charset="utf-8", header_comment="")
    bare: Any = joined
    bare._plural_expr, bare._num_plurals = PLURALS.partition("plural=")[2].rstrip(";"), 3
    seen: dict[Key, tuple[str, object]] = {}
    complaints = []
    for part in parts_of(root):
        with part.open("rb") as file:
            catalog = read_po(file, locale="ru", abort_invalid=True)
        for message in catalog:
            texts: Any = message.string if message.pluralizable else (message.string,)
            if not message.id or not any(texts):
                continue
            first, text = seen.setdefault(_key(message), (part.name, message.string))
            if text != message.string:
                complaints.append(
                    f"{message.id!r}: {first} says {text!r}, {part.name} says {message.string!r}"
                )
            if message.pluralizable and len(texts) != 3:
                complaints.append(f"{message.id!r}: {part.name} has not three plural forms")
            joined.add(message.id, message.string, context=message.context)
    return joined, complaints


def compile_parts(root: Path) -> Path:
    """Write locale/ru/LC_MESSAGES/django.mo from all parts; whole at any moment, whoever else compiles."""
    catalog, _complaints = read_parts(root)
    target = root / "locale" / "ru" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, suffix=".new", delete=False) as file:
        write_mo(file, catalog)
    fresh = Path(file.name)
    fresh.chmod(0o644)
    fresh.replace(target)
    return target


def _sources(root: Path) -> Iterator[Path]:
    for place in PLACES:
        for path in sorted((root / place).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield path


def _extracted(path: Path) -> Iterator[tuple[int, Key, str | None]]:
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        # What is left of a template keeps its indentation, which Python's reader would take to heart.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
    for line, function, messages, _comments in extract_python(
        io.BytesIO(text.encode()), KEYWORDS, (), {"encoding": "utf-8"}
    ):
        spec = KEYWORDS[function] or (1,)
        given = messages if isinstance(messages, (list, tuple)) else (messages,)
        context = next((given[s[0] - 1] for s in spec if isinstance(s, tuple)), None)
        numbers = [s for s in spec if not isinstance(s, tuple)]
        texts = [given[n - 1] if n <= len(given) else None for n in numbers]
        if texts[0]:
            yield line, (context, texts[0]), texts[1] if len(texts) > 1 else None


def wanted(root: Path) -> dict[Key, Wanted]:
    """Every msgid that Python code and templates of the panel use."""
    found: dict[Key, Wanted] = {}
    for path in _sources(root):
        for line, key, plural in _extracted(path):
            one = found.setdefault(key, Wanted())
            one.plural = one.plural or plural
            one.places.append(f"{path.relative_to(root)}:{line}")
    return found


def missing(root: Path) -> dict[Key, Wanted]:
    """What is used and has no Russian."""
    catalog, _complaints = read_parts(root)
    known = {_key(message): message for message in catalog if message.id}
    return {
        key: one
        for key, one in wanted(root).items()
        if key not in known or (one.plural and not known[key].pluralizable)
    }
