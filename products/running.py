"""What is said about a service that runs, without money: how it is reached, when it may not be suspended."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import IllegalMove, move, record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock, set_changed
from clients.revealing import refuse_while_new
from products import actions, handing, provisioning
from products.models import LIVE, ModuleCall, Product, Service


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


@transaction.atomic
def suspend(service: Service, *, by: User | None, because: str) -> Service:
    """Switched off until somebody switches it on; what is paid and billed stays. Its addons go with it.

    Raises Refused without a reason, for one held by `not_until`, and IllegalMove when it doesn't run.
    """
    row = locked(service)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    if row.not_until and row.not_until > clock.today():
        raise Refused(
            _("It may not be switched off before %(day)s: %(because)s")
            % {"day": f"{row.not_until:%d.%m.%Y}", "because": row.not_until_because}
        )
    _switch(row, Service.Status.SUSPENDED, by, because.strip())
    return row


@transaction.atomic
def unsuspend(service: Service, *, by: User | None) -> Service:
    """Switched on again, with its addons. Raises IllegalMove when it isn't switched off."""
    row = locked(service)
    _switch(row, Service.Status.ACTIVE, by, "")
    return row


def _switch(row: Service, to: str, by: User | None, because: str) -> None:
    """The state changes at once; support or a program gets the work."""
    on = to == Service.Status.ACTIVE
    asked = [row]
    if row.status not in (Service.Status.ACTIVE, Service.Status.SUSPENDED):
        raise IllegalMove(row, to)
    move(row, to, by=by, facts={"because": because} if because else None)
    there = Service.Status.SUSPENDED if on else Service.Status.ACTIVE
    for addon in row.addons.filter(status=there).select_related("product").order_by("pk"):
        asked.append(move(addon, to, by=by))
    made = [
        handing.switching(one, actions.units(one), on=on, because=because)
        for one in asked
        if one.product.handover_rule != Product.HandoverRule.NEVER
    ]
    event = ModuleCall.Event.UNSUSPEND if on else ModuleCall.Event.SUSPEND
    provisioning.hand_over(made, event)


@transaction.atomic
def change_access(service: Service, *, by: User, **fields: Any) -> Service:
    """Where the service runs and how it is entered (`domain`, `ip`, `username`, `password`).

    The journal and the history keep no password, only that it changed.
    """
    row = locked(service)
    before, after = set_changed(row, fields)
    if after:
        row.save(update_fields=list(after))
        record("products.access_changed", row, by=by, before=before, after=after)
    return row


@transaction.atomic
def reveal_password(service: Service, *, by: User) -> str:
    """The password in plain text; who looked stays in the journal.

    Raises Refused when there is none, and for a day after a new main e-mail for all but heads (R2.4).
    """
    row = locked(service)
    if not row.password:
        raise Refused(_("Nothing is stored here."))
    refuse_while_new(row.client, by)
    record("products.password_revealed", row, by=by)
    return row.password
