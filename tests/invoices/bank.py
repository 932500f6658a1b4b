"""An office with invoices to pay, and statements of the bank that pay them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from billing_site.home.demo.bank import Transfer, statement_for
from billing_site.journal.models import Series
from billing_site.kit import clock
from billing_site.office.models import BankAccount, Seller, User
from clients.models import Client
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from products.models import Product
from tests import make

DAY = date(2019, 2, 11)
PURPOSE_5 = (
    'Оплата по счету 88#72815 от 09.02.19; Плат. диск. простр-на 5 гб + Доступ на 1 польз. "Стандарт" '
    "с 01.03.19 по 31.03.19 Сумма: 860р. 00к. НДС не облагается."
)


def number_from(last: int) -> None:
    """The next invoice takes the number after `last`."""
    Series.objects.update_or_create(name="invoices", defaults={"last": last})


def issued(client: Client, seller: Seller, amount: str = "860.00", product: Product | None = None) -> Invoice:
    """An invoice of 09.02.2019 for one month of March 2019."""
    product = product or make.product("", {"month": amount}, seller=seller)
    by = User.objects.first() or make.user("account_manager")
    with clock.standing_at(datetime(2019, 2, 9, 9, tzinfo=UTC)):
        order = make.order(client, Wanted(product, "month", 1), starts_on=date(2019, 3, 1))
        (draft,) = billing.accept_order(order, by=by)
        billing.send_invoice(draft, by=by)
    return Invoice.objects.select_related("client").get(pk=draft.pk)


def paid_by(client: Client, amount: str, purpose: str, **facts) -> Transfer:
    """A transfer from the client's own default payer."""
    payer = client.payers.get(is_default=True)
    facts = {
        "party": payer.name,
        "inn": payer.inn,
        "kpp": payer.kpp,
        "account": f"40702810{payer.pk:012d}",
        "on": DAY,
        **facts,
    }
    return Transfer(amount=Decimal(amount), purpose=purpose, **facts)


def account_of(seller: Seller) -> BankAccount:
    return seller.accounts.get()


def file_of(seller: Seller, *transfers: Transfer, starts_on: date = DAY, ends_on: date = DAY) -> bytes:
    return statement_for(account_of(seller), starts_on, ends_on, transfers, Decimal("1000.00"))


def saved(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    return str(path)
