"""Who carries hand-overs out: a program where the product has one, else people (MISSION row 20).

The hand-over is the work; a ModuleCall beside it is the program that does it. Writing one is an insert and
an errand, so nothing here can hold money up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from billing_site.journal.moves import move_many
from billing_site.kit import errands
from billing_site.kit.periods import add_months
from billing_site.office.models import User
from products import handing
from products.models import Domain, Handover, ModuleCall, Option, Product, Service

Event, Status = ModuleCall.Event, ModuleCall.Status
OPEN = (Status.QUEUED, Status.SENDING, Status.POLLING)
ASK = "products.call_module"  # the errand's name


@transaction.atomic
def hand_over(handovers: Sequence[Handover], event: str = "") -> list[Handover]:
    """Keep unsaved hand-overs (`service.product` loaded) and give them to whoever carries them out.

    `event` is what happens to the services themselves; without it something in them changes.
    """
    made = Handover.objects.bulk_create(sorted(handovers, key=_options_first) if event else handovers)
    calls = [_call(one, event) for one in made if _program(one.service.product)]
    for call in ModuleCall.objects.bulk_create(calls):
        errands.send(ASK, call.pk)
    return made


def _options_first(handover: Handover) -> bool:
    """What is in a service is told before the service itself ends."""
    return handover.option_id is None


def _program(product: Product) -> bool:
    return product.module == Product.Module.HTTP and product.endpoint_id is not None


def _call(handover: Handover, event: str) -> ModuleCall:
    service = handover.service
    if handover.option_id is not None:
        event = Event.CHANGE
    elif not event:
        new = service.status == Service.Status.PENDING and not handover.was
        event = Event.CREATE if new else Event.CHANGE
    old, new_state = _told(handover, handover.was), _told(handover, handover.becomes)
    return ModuleCall(service=service, event=event, old=old, new=new_state, handover=handover)


def _told(handover: Handover, units: int) -> dict[str, Any]:
    """A state as the program reads it: how much of what."""
    option = handover.option
    if handover.was > 1 and handover.service.product.kind == Product.Kind.DOMAIN:
        return _registered(handover, units)
    return {
        "option": option.pk if option else None,
        "name": option.name if option else handover.service.product.name,
        "choice": _choice(handover) if units else "",
        "quantity": units,
        "unit": handover.unit,
    }


def _registered(handover: Handover, year: int) -> dict[str, Any]:
    """A domain that is renewed: the day on which its registration ends."""
    domain = Domain.objects.get(service=handover.service)
    expires = domain.expires_on
    until = add_months(expires, (year - expires.year) * 12).isoformat() if expires else ""
    return {"option": None, "name": domain.name, "choice": "", "quantity": 1, "unit": "", "until": until}


def _choice(handover: Handover) -> str:
    """The answer that stands in the service now, of an option that is a choice."""
    option = handover.option
    if option is None or option.kind != Option.Kind.CHOICE:
        return ""
    standing = handover.service.batches.standing().filter(option=option, choice__isnull=False)
    return standing.order_by("-pk").values_list("choice__name", flat=True).first() or ""


@transaction.atomic
def withdraw(handovers: Iterable[Handover], *, by: User | None) -> list[Handover]:
    """Work that nobody shall do. What a program has been asked for already it is asked to undo."""
    withdrawn = move_many(list(handovers), Handover.Status.WITHDRAWN, by=by)
    calls = ModuleCall.objects.filter(handover__in=withdrawn, status__in=OPEN)
    asked = list(calls.select_related("handover__option", "service__product").order_by("pk"))
    move_many(asked, Status.WITHDRAWN, by=by)
    begun = [call for call in asked if call.attempts]
    for call in begun:
        undone = [handing.undoing(call.handover)] if call.handover else []
        hand_over(undone, Event.TERMINATE if call.event == Event.CREATE else "")
    return withdrawn
