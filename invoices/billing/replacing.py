"""A client's legal entity or its KPP becomes another one from a date on (R1.2).

Services, prices, composition and paid periods stay. What is not sent yet (services, pending orders, drafts)
goes to the new payer on the day itself; issued invoices, credit and debt stay where they are until a person
moves them.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from billing_site.journal.moves import record, record_many
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import add_note, add_payer, lock
from clients.models import Payer, PayerKpp
from invoices.models import Invoice
from products.models import Order, Service


def unpaid_of(payer: Payer) -> QuerySet[Invoice]:
    """Sent and unpaid invoices of a payer, which a person may revise or draw anew."""
    return Invoice.objects.unpaid().filter(payer=payer).select_related("seller").order_by("issued_on", "id")


@transaction.atomic
def replace_payer(old: Payer, *, by: User, on: date, because: str, **fields: Any) -> Payer:
    """A new legal entity goes on for `old` from `on`; `fields` are columns of Payer.

    Today or earlier it takes over at once, later on that day (turn_payers). The important note writes
    itself. Raises Refused at "on", "because", and at "counterparty_code" when another payer has it.
    """
    client = lock(old.client_id)
    row = Payer.objects.select_for_update(no_key=True, of=("self",)).get(pk=old.pk)
    if not because.strip():
        raise Refused(_("Say why."), "because")
    if row.valid_until:
        raise Refused(_("This payer has an end already: change the one that goes on for it."), "on")
    if on <= row.valid_from:
        raise Refused(
            _("The old payer is valid since %(day)s: choose a later day.")
            % {"day": f"{row.valid_from:%d.%m.%Y}"},
            "on",
        )
    fields.pop("is_default", None)
    new = add_payer(client, by=by, valid_from=on, **fields)
    row.valid_until = on
    row.version += 1
    row.save(update_fields=["valid_until", "version"])
    unpaid = list(unpaid_of(row))
    record("clients.payer_replaced", client, by=by, old=row.name, new=new.name, on=f"{on:%d.%m.%Y}")
    add_note(client, _note(row, new, on, unpaid, because), by=by, important=True)
    if on <= clock.today():
        _take_over(row, new, by)
        new.refresh_from_db()
    return new


def _note(old: Payer, new: Payer, on: date, unpaid: Sequence[Invoice], because: str) -> str:
    told = _("From %(day)s the payer is %(new)s instead of %(old)s.") % {
        "day": f"{on:%d.%m.%Y}",
        "new": _called(new),
        "old": _called(old),
    }
    if unpaid:
        numbers = ", ".join(f"№ {invoice.number}" for invoice in unpaid)
        told += "\n" + _("Sent to the old one and unpaid: %(numbers)s.") % {"numbers": numbers}
    return f"{told}\n{because.strip()}"


def _called(payer: Payer) -> str:
    return f"{payer.name} ({_('INN')} {payer.inn})" if payer.inn else payer.name


def _take_over(old: Payer, new: Payer, by: User | None) -> None:
    """Give the new payer what is not sent yet. The client is locked."""
    if old.is_default:
        Payer.objects.filter(pk=old.pk).update(is_default=False)
        Payer.objects.filter(pk=new.pk).update(is_default=True)
    Service.objects.live().filter(payer=old).update(payer=new)
    Order.objects.filter(payer=old, status=Order.Status.PENDING).update(payer=new)
    drafts = list(
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .filter(payer=old, status=Invoice.Status.DRAFT)
        .order_by("pk")
    )
    taken = set(
        Invoice.objects.filter(payer=new, status=Invoice.Status.DRAFT).values_list("renewal_key", flat=True)
    )
    for draft in drafts:
        draft.payer = new
        key = key_of(draft.renewal_key, new)
        draft.renewal_key = "" if key in taken else key
    Invoice.objects.bulk_update(drafts, ["payer", "renewal_key"])
    record_many("invoices.payer_replaced", [(draft, {"payer": new.name}) for draft in drafts], by=by)


def key_of(key: str, payer: Payer) -> str:
    """The key of a renewal's draft, drawn to another payer: "client-payer-seller-day"."""
    if not key:
        return ""
    client, _payer, rest = key.split("-", 2)
    return f"{client}-{payer.pk}-{rest}"


@transaction.atomic
def change_kpp(payer: Payer, *, by: User, kpp: str, on: date) -> Payer:
    """Another KPP of the same entity from `on`; papers take the one of their own date.

    Raises Refused at "kpp" and "on".
    """
    client = lock(payer.client_id)
    row = Payer.objects.select_for_update(no_key=True, of=("self",)).get(pk=payer.pk)
    if row.kind != Payer.Kind.LEGAL:
        raise Refused(_("Only a legal entity has a KPP."), "kpp")
    if kpp == row.kpp_on(on):
        raise Refused(_("This KPP stands there already."), "kpp")
    if on <= row.valid_from:
        raise Refused(
            _("The payer is valid since %(day)s: choose a later day, or correct the payer itself.")
            % {"day": f"{row.valid_from:%d.%m.%Y}"},
            "on",
        )
    before = row.kpp_on(on)
    if not row.kpps.exists():
        PayerKpp.objects.create(payer=row, kpp=row.kpp, valid_from=row.valid_from)
    PayerKpp.objects.update_or_create(payer=row, valid_from=on, defaults={"kpp": kpp})
    row.kpp = row.kpp_on(clock.today())
    row.version += 1
    row.save(update_fields=["kpp", "version"])
    record("clients.kpp_changed", row, by=by, old=before or "—", new=kpp, on=f"{on:%d.%m.%Y}")
    told = _("KPP of %(payer)s from %(day)s: %(new)s (before: %(old)s).") % {
        "payer": row.name, "day": f"{on:%d.%m.%Y}", "new": kpp, "old": before or "—",
    }  # fmt: skip
    unpaid = list(unpaid_of(row))
    if unpaid:
        numbers = ", ".join(f"№ {invoice.number}" for invoice in unpaid)
        told += "\n" + _("Issued with the old KPP and unpaid: %(numbers)s.") % {"numbers": numbers}
    add_note(client, told, by=by, important=True)
    return row


def turn_payers(today: date) -> int:
    """What was announced for a day that has come: new payers take over, new KPPs stand. How many turned.

    Run twice it finds nothing more.
    """
    turned = 0
    for old in _ended(today):
        turned += _turn(old, today)
    current = PayerKpp.objects.filter(payer=OuterRef("pk"), valid_from__lte=today).values("kpp")[:1]
    stale = Payer.objects.annotate(now=Subquery(current)).filter(now__isnull=False).exclude(now=F("kpp"))
    return turned + stale.update(kpp=Subquery(current))


def _ended(today: date) -> list[Payer]:
    """Ended payers that still hold something the next one should have."""
    holds = (
        Q(is_default=True)
        | Exists(Service.objects.live().filter(payer=OuterRef("pk")))
        | Exists(Order.objects.filter(payer=OuterRef("pk"), status=Order.Status.PENDING))
        | Exists(Invoice.objects.filter(payer=OuterRef("pk"), status=Invoice.Status.DRAFT))
    )
    return list(Payer.objects.filter(holds, valid_until__lte=today).order_by("client_id", "pk"))


@transaction.atomic
def _turn(old: Payer, today: date) -> int:
    lock(old.client_id)
    assert old.valid_until
    new = Payer.objects.filter(client=old.client_id, valid_from=old.valid_until).exclude(pk=old.pk).first()
    if new is None:
        return 0
    _take_over(old, new, None)
    return 1
