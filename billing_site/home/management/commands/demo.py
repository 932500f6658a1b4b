from datetime import date
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from billing_site.home.demo.office import STAFF
from billing_site.home.demo.story import Story
from billing_site.home.large import kept
from billing_site.home.large.build import build
from billing_site.home.large.sizes import Size
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.models import Client
from invoices.schedule import start_look

SIZES = ("clients", "invoices", "tickets")


def _size(options: dict[str, Any]) -> Size | None:
    """The size asked for; None for the small demo office."""
    given = {what: options[what] for what in SIZES}
    if not any(options[what] is not None for what in (*SIZES, "on")) and not options["template"]:
        return None
    if None in given.values():
        raise CommandError("A large office needs all three: --clients, --invoices, --tickets.")
    size = Size(**given, seed=options["seed"], on=options["on"])
    try:
        size.check()
    except Refused as refused:
        raise CommandError(str(refused)) from refused
    return size


class Command(BaseCommand):
    help = (
        "Fill an empty database with the demo office: invented, Russian, the same every time. "
        "With --clients, --invoices and --tickets: a large one, in bulk."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is data")
        parser.add_argument("--seed", type=int, default=2026)
        large = parser.add_argument_group("the large office")
        for what in SIZES:
            large.add_argument(f"--{what}", type=int)
        large.add_argument("--on", type=date.fromisoformat, help="its today; the day of building otherwise")
        large.add_argument(
            "--template", action="store_true", help="clone it from the kept template, built when absent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        size = _size(options)
        if size and options["template"]:
            self.clone(size)
            return
        call_command("set_up", stdout=StringIO())
        if Client.objects.exists() or User.objects.exists():
            if options["if_empty"]:
                self.tell_login()
                return
            raise CommandError("The database is not empty: a demo office is made in an empty one only.")
        if size:
            build(size)
        else:
            with transaction.atomic():
                Story(clock.today(), seed=options["seed"]).tell()
            start_look()  # as every night: a worker does it
        self.tell_login()

    def clone(self, size: Size) -> None:
        """Put a clone of the size's template in the place of this database."""
        name = connection.settings_dict["NAME"]
        connection.close()
        if kept.is_taken(name):
            raise CommandError("The database is not empty: a clone takes the place of an empty one only.")
        kept.clone(size, name)
        self.tell_login()

    def tell_login(self) -> None:
        """Who can sign in, while this is a demo office and its password is the one we know."""
        head = User.objects.filter(email=STAFF[0][0]).first()
        if head and head.check_password(settings.DEMO_PASSWORD):
            self.stdout.write(f"{head.email}  {settings.DEMO_PASSWORD}")
