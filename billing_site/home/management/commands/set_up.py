from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from billing_site.kit import clock
from billing_site.office.actions import seed_calendar
from billing_site.office.models import Department
from billing_site.roles import sync_roles
from tickets.models import Mailbox, SlaPolicy


class Command(BaseCommand):
    help = (
        "Migrate, make roles what the code says, fill the calendar, seed the first mailbox. Harmless twice."
    )

    def handle(self, *args, **options):
        call_command("migrate", verbosity=0, interactive=False)
        furnish()
        self.stdout.write("set up")


def furnish() -> None:
    """What every office has from the first minute, real or demo."""
    sync_roles()
    for year in range(clock.today().year - 1, clock.today().year + 2):
        seed_calendar(year)
    SlaPolicy.objects.get_or_create(department=None)
    support, _made = Department.objects.get_or_create(
        name="Техническая поддержка", defaults={"takes_handovers": True}
    )
    if not Mailbox.objects.exists():
        Mailbox.objects.create(
            name="Почта офиса", address=settings.OFFICE_ADDRESS, url=settings.MAILBOX_URL, department=support
        )
