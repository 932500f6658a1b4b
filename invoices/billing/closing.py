"""The end of a client: closed when nothing runs and nothing is owed, by either side."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import actions
from clients.models import Client
from invoices.evidence import OPEN
from invoices.models import CreditAccount, Invoice
from products.models import BillableItem, Order, Service


@dataclass(frozen=True)
class Stop:
    """Why a client can't be closed yet: what there is, how many or how much, and where it stands."""

    what: str | Promise
    amount: int | Decimal
    tab: str

    @property
    def is_money(self) -> bool:
        return isinstance(self.amount, Decimal)


def what_stops_closing(client: Client) -> list[Stop]:
    """Live services, pending orders, works, drafts, debts, and money of theirs that is with us."""
    invoices = Invoice.objects.filter(client=client).order_by()
    debt = invoices.filter(status__in=OPEN).aggregate(sum=Sum(F("total") - F("paid")))["sum"]
    credit = CreditAccount.objects.filter(payer__client=client).aggregate(sum=Sum("balance"))["sum"]
    works = client.billable_items.filter(status=BillableItem.Status.OPEN)
    found = (
        Stop(_("Live services"), Service.objects.live().filter(client=client).count(), "services"),
        Stop(_("Pending orders"), client.orders.filter(status=Order.Status.PENDING).count(), "orders"),
        Stop(_("Works not invoiced"), works.count(), "works"),
        Stop(_("Drafts of invoices"), invoices.filter(status=Invoice.Status.DRAFT).count(), "invoices"),
        Stop(_("Debt"), debt or 0, "invoices"),
        Stop(_("Credit balance"), credit or 0, "payments"),
    )
    return [stop for stop in found if stop.amount]


@transaction.atomic
def change_client_status(client: Client, to: str, *, by: User) -> Client:
    """Move a client to another status. Raises Refused when it is to be closed and something stops that."""
    actions.lock(client.pk)
    if to == Client.Status.CLOSED and (stops := what_stops_closing(client)):
        raise Refused(
            _t("This client can't be closed yet: %(what)s.")
            % {"what": ", ".join(f"{str(stop.what).lower()} — {stop.amount}" for stop in stops)},
            "status",
        )
    return actions.change_status(client, to, by=by)
