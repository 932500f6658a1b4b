"""What is said about a service that runs, without money: not to be suspended, until when and why."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from products.models import LIVE, Service


def locked(service: Service) -> Service:
    """The row behind its client's lock, with what verbs read."""
    lock(service.client_id)
    return (
        Service.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "payer", "product__seller")
        .get(pk=service.pk)
    )


@transaction.atomic
def hold_until(service: Service, until: date | None, *, by: User, because: str) -> Service:
    """Not to be suspended until a day, with the reason; without a day, as everybody. Raises Refused."""
    row = locked(service)
    if row.status not in LIVE:
        raise Refused(
            _("The service is “%(status)s”: it can't be held.") % {"status": row.get_status_display()}
        )
    if until and until <= clock.today():
        raise Refused(_("Choose a day after today."), "until")
    if until and not because.strip():
        raise Refused(_("Say why."), "because")
    row.not_until, row.not_until_because = until, because.strip() if until else ""
    row.save(update_fields=["not_until", "not_until_because"])
    told = f"{until:%d.%m.%Y}" if until else "—"
    record("products.held_until", row, by=by, until=told, because=because.strip() or "—")
    return row
