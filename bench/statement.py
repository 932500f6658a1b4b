"""A bank's file of ten thousand documents: read, matched, posted; and the same file once more."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from bench.frame.measuring import Goal, Measurement, clocked
from bench.frame.offices import Office
from bench.frame.replay import compared, undone
from billing_site.home.demo.bank import Transfer, account_of, paid_by_client, statement_for
from billing_site.kit import clock
from billing_site.kit.requisites import make_inn
from billing_site.office.models import BankAccount
from invoices import matching
from invoices.models import Invoice

DOCUMENTS = 10_000
CLEAR = 0.7  # of the documents pay an invoice as it asks


def measure(office: Office) -> Iterator[Measurement]:
    account = BankAccount.objects.filter(is_main=True, seller__is_cloud=True).earliest("pk")
    data = file_for(account)
    documents = data.count("СекцияДокумент".encode("cp1251"))

    def load() -> matching.Matched:
        return matching.load_and_match(data, "выписка.txt", by=office.head)

    yield compared(
        f"statement of {documents} documents", load, rows=documents, goal=Goal(ratio=4),
        before=lambda: parse(data),
    )  # fmt: skip
    with undone():
        first = clocked(load)
        again = [clocked(load) for _n in range(3)]
    yield Measurement(
        "the same file again", again, floor="the first time", floor_times=[first], rows=documents,
        goal=Goal(ratio=1),
    )  # fmt: skip


def file_for(account: BankAccount) -> bytes:
    """Clear payments, then such as nobody knows; the same file for the same office."""
    today = clock.today()
    unpaid = Invoice.objects.unpaid().filter(seller=account.seller).select_related("payer", "current")
    moved = [
        paid_by_client(invoice, today - timedelta(days=1), invoice.open_amount)
        for invoice in unpaid.order_by("pk")[: int(DOCUMENTS * CLEAR)]
    ]
    strange = min(DOCUMENTS - len(moved), len(moved))
    moved += [_unknown(today - timedelta(days=1), n) for n in range(strange)]
    return statement_for(account, today - timedelta(days=1), today, moved)


def _unknown(day: date, n: int) -> Transfer:
    return Transfer(
        day, Decimal(1000 + n), f"Оплата по договору {n}. НДС не облагается", f'ООО "Неизвестность {n}"',
        make_inn(f"5001{n:05d}"), "500101001", account_of(n % 900), number=str(n + 1),
    )  # fmt: skip


def parse(data: bytes) -> list[dict[str, str]]:
    """The least that reading such a file can be."""
    documents: list[dict[str, str]] = []
    for line in data.decode("cp1251").splitlines():
        key, _sign, value = line.partition("=")
        if key == "СекцияДокумент":
            documents.append({})
        if documents:
            documents[-1][key] = value
    return documents
