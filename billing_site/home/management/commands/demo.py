from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from billing_site.home.demo.office import STAFF
from billing_site.home.demo.story import Story
from billing_site.kit import clock
from billing_site.office.models import User
from clients.models import Client


class Command(BaseCommand):
    help = "Fill an empty database with the demo office: invented, Russian, the same every time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is data")
        parser.add_argument("--seed", type=int, default=2026)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("set_up", stdout=StringIO())
        if Client.objects.exists() or User.objects.exists():
            if options["if_empty"]:
                self.tell_login()
                return
            raise CommandError("The database is not empty: a demo office is made in an empty one only.")
        with transaction.atomic():
            Story(clock.today(), seed=options["seed"]).tell()
        self.tell_login()

    def tell_login(self) -> None:
        """Who can sign in, while this is a demo office and its password is the one we know."""
        head = User.objects.filter(email=STAFF[0][0]).first()
        if head and head.check_password(settings.DEMO_PASSWORD):
            self.stdout.write(f"{head.email}  {settings.DEMO_PASSWORD}")
