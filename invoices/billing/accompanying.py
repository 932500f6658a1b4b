"""Companions (R3.5): what goes together with a product grows with it, each with its own line."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from clients.licensing import renters
from invoices.billing.changing import Change, change_service, quote_change
from invoices.models import Invoice
from products import actions as products
from products.models import Companion, Option, Product, Service


@dataclass(frozen=True)
class Together:
    """A companion of a change: its own change, or why there is none."""

    companion: Companion
    change: Change | None = None
    refused: str = ""

    @property
    def name(self) -> str:
        return str(self.companion)


def companions_of(service: Service) -> list[Companion]:
    """What goes together with a service's product, for this client."""
    found = list(service.product.companions.select_related("companion_product", "companion_option__product"))
    if any(one.only_rent for one in found) and not _rents(service):
        return [one for one in found if not one.only_rent]
    return found


def _rents(service: Service) -> bool:
    """Whether the client rents licences from us."""
    return renters(service.starts_on).filter(client=service.client_id).exists()


def needed(companion: Companion, units: int) -> int:
    """How many of a companion `units` of its product need."""
    return units if companion.rule == Companion.Rule.SAME else companion.minimum or 0


def place_of(companion: Companion, service: Service) -> tuple[Service | None, Option | None]:
    """The client's service that holds a companion, and the option in it."""
    option = companion.companion_option
    product: Product | None = option.product if option else companion.companion_product
    if product == service.product:
        return service, option
    running = (Service.Status.ACTIVE, Service.Status.SUSPENDED)
    held = Service.objects.filter(client=service.client_id, product=product, status__in=running)
    return held.select_related("client", "payer", "product__seller").order_by("pk").first(), option


def quote_companions(change: Change) -> list[Together]:
    """Companions that the units after `change` need more of. Writes nothing."""
    if change.option is not None:
        return []
    found = []
    for companion in companions_of(change.service):
        there, option = place_of(companion, change.service)
        wanted = needed(companion, change.becomes)
        if there is None:
            found.append(Together(companion, refused=_("The client has no such service: it is a new order.")))
            continue
        if products.units(there, option) >= wanted:
            continue
        try:
            way = change.asked["way"]
            quoted = quote_change(there, wanted, on=change.period.start, option=option, way=way)
            found.append(Together(companion, quoted))
        except Refused as why:
            found.append(Together(companion, refused=why.message))
    return found


def fingerprint_of(changes: Sequence[Change]) -> str:
    """What was shown of several changes, in short."""
    if len(changes) == 1:
        return changes[0].fingerprint
    return hashlib.sha256("".join(one.fingerprint for one in changes).encode()).hexdigest()[:16]


@transaction.atomic
def change_together(
    changes: Sequence[Change],
    *,
    by: User,
    seen: str | None = None,
    left: Sequence[str] = (),
    without: str = "",
) -> Invoice:
    """Several changes of one client at once, collected in the same drafts; returns the first one's.

    `left` names needed companions that a person leaves out: that needs the reason `without`. Raises Refused
    as `change_service`.
    """
    if left and not without.strip():
        raise Refused(_("Say why without %(what)s.") % {"what": ", ".join(left)}, "without")
    first, *others = changes
    if seen is not None and seen != fingerprint_of(changes):
        raise Refused(_("Look at what will happen now, then press again."))
    lock(first.service.client_id)
    draft = change_service(first, by=by)
    for one in others:
        # The first one's draft takes the others in: where they go is known only now.
        again = quote_change(one.service, one.becomes, on=one.period.start, **one.asked)
        if (again.was, again.total) != (one.was, one.total):
            raise Refused(_("The service has been changed meanwhile: look at the new sum."))
        change_service(again, by=by)
    if left:
        record("products.companion_left", first.service, by=by, what=", ".join(left), because=without.strip())
    return draft
