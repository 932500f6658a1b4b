import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing_site.home import translations


class Command(BaseCommand):
    """Russian of the panel. Needs no database."""

    help = "Compile, check or complete the translations in locale/ru/parts."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        deed = parser.add_mutually_exclusive_group(required=True)
        deed.add_argument("--compile", action="store_true", help="make the catalogue that Django reads")
        deed.add_argument(
            "--check", action="store_true", help="fail when a text has no Russian or two of them"
        )
        deed.add_argument("--missing", action="store_true", help="print entries to be filled in")

    def handle(self, *args: Any, **options: Any) -> None:
        root = settings.BASE_DIR
        if options["compile"]:
            translations.compile_parts(root)
        elif options["missing"]:
            for key, one in translations.missing(root).items():
                self.stdout.write(stub(key, one) + "\n")
        else:
            self.check_all()

    def check_all(self) -> None:
        _catalog, complaints = translations.read_parts(settings.BASE_DIR)
        for (_context, text), one in translations.missing(settings.BASE_DIR).items():
            complaints.append(f"{text!r} has no Russian ({one.places[0]})")
        if complaints:
            raise CommandError("\n".join(complaints))


def stub(key: translations.Key, one: translations.Wanted) -> str:
    """An empty PO entry."""
    context, text = key
    lines = [f"#: {' '.join(one.places[:3])}"]
    if context:
        lines.append(f"msgctxt {_quoted(context)}")
    lines.append(f"msgid {_quoted(text)}")
    if one.plural:
        lines.append(f"msgid_plural {_quoted(one.plural)}")
        lines += [f'msgstr[{n}] ""' for n in range(3)]
    else:
        lines.append('msgstr ""')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
