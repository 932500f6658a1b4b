"""Figures of the old system that ours must reproduce (MISSION), by the very verbs that staff press.

Figure 5 goes through the bank: tests/invoices/test_import.py.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from billing_site.home.books import differences
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted, carry_out
from products.models import Handover, Option, Product, Service
from tests import make

pytestmark = pytest.mark.django_db
START, END = date(2019, 2, 1), date(2019, 8, 1)
FIVE_PERCENT = Decimal(5)


@pytest.fixture(autouse=True)
def _books():
    """Every story ends with books that add up."""
    yield
    assert list(differences()) == []


class Office:
    """One seller's catalogue, one client, one manager; each deed on its own day."""

    def __init__(self, rule: str):
        self.seller = make.seller(proration_rule=rule)
        self.access = self._product("Доступ", {"half_year": "4800.00", "month": "800.00"})
        self.licences = self._product("Аренда лицензий", {"half_year": "2700.00"})
        self.module = self._product("Модуль", {"half_year": "13380.00"})
        self.disk: Option = make.option(self.access, {"half_year": "360.00", "month": "60.00"})
        self.client, self.manager = make.client(), make.user("head")

    def _product(self, name: str, prices: dict[str, str]) -> Product:
        return make.product(name, prices, seller=self.seller)

    def bought(self, *wanted: Wanted, on: date = date(2019, 1, 12), starts_on: date = START) -> Invoice:
        """Ordered, accepted, sent, handed over, paid."""
        with at(on):
            order = make.order(self.client, *wanted, starts_on=starts_on, by=self.manager)
            (draft,) = billing.accept_order(order, by=self.manager)
            return self.finished(draft)

    def changed(self, of: Product, becomes: int, on: date, **more) -> Invoice:
        """Grown, sent, handed over, paid on one day."""
        with at(on):
            service = Service.objects.get(product=of)
            change = billing.quote_change(service, becomes, on=on, **more)
            return self.finished(billing.change_service(change, by=self.manager, seen=change.fingerprint))

    def finished(self, draft: Invoice) -> Invoice:
        billing.send_invoice(draft, by=self.manager)
        for handover in Handover.objects.filter(status=Handover.Status.WAITING):
            carry_out(handover, by=self.manager)
        invoice = Invoice.objects.get(pk=draft.pk)
        receipt = billing.Receipt(
            invoice.client_id, invoice.payer_id, invoice.seller_id, invoice.issued_on, invoice.total,
            ((invoice.pk, invoice.total),),
        )  # fmt: skip
        billing.receive(receipt, by=self.manager)
        return Invoice.objects.select_related("current").get(pk=draft.pk)


def at(day: date) -> time_machine.travel:
    return time_machine.travel(f"{day} 09:00+00:00", tick=False)


@pytest.fixture
def office() -> Office:
    return Office("office")


@pytest.fixture(params=["office", "exact", "exact_roubles"])
def any_office(request) -> Iterator[Office]:
    return Office(request.param)


def quoted(service: Service, quantity: int, on: date, option: Option | None = None) -> dict:
    """What the command tells other programs."""
    out, more = StringIO(), ("--option", str(option.pk)) if option else ()
    asked = ("--service", str(service.pk), "--quantity", str(quantity), "--on", on.isoformat(), *more)
    call_command("quote", "--json", *asked, stdout=out)
    return json.loads(out.getvalue())


def test_figure_1_the_cycle_and_its_days():
    office = Office("exact")
    office.bought(Wanted(office.access, "half_year", 5))
    service = Service.objects.get()
    assert (service.paid_until, (END - START).days) == (END, 181)
    with at(date(2019, 3, 4)):
        quote = quoted(service, 6, date(2019, 3, 4))
    assert quote == {
        "start": "2019-03-04", "end": "2019-07-31", "rule": "exact",
        "steps": [{"text": quote["steps"][0]["text"], "amount": "3977.90"}],
        "total": "3977.90", "recurring": "28800.00",
    }  # fmt: skip
    assert "150 / 181" in quote["steps"][0]["text"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--service", "999999"), "There is no service 999999."),
        (("--option", "999999"), "There is no option 999999."),
        (("--quantity", "5"), "5"),
    ],
)
def test_a_quote_that_cannot_be_made_says_why(office, more, said):
    office.bought(Wanted(office.access, "half_year", 5))
    asked = {"--service": str(Service.objects.get().pk), "--quantity": "6", "--on": "2019-03-04"}
    asked |= {more[0]: more[1]}
    with pytest.raises(CommandError, match=said):
        call_command("quote", "--json", *(word for pair in asked.items() for word in pair))


def test_figure_2_a_whole_invoice_with_the_reference_discount(office):
    invoice = office.bought(
        Wanted(office.access, "half_year", 5, discount=FIVE_PERCENT),
        Wanted(office.licences, "half_year", 5, discount=FIVE_PERCENT),
        Wanted(office.module, "half_year", discount=FIVE_PERCENT),
    )
    lines = list(invoice.revision.lines.all())
    assert [line.gross for line in lines] == [Decimal("22800.00"), Decimal("12825.00"), Decimal("12711.00")]
    assert [step["amount"] for step in lines[2].why] == ["13380.00", "-669.00"]
    assert (invoice.total, invoice.issued_on) == (Decimal("48336.00"), date(2019, 1, 12))
    assert {(line.period.lower, line.period.upper) for line in lines} == {(START, END)}
    with at(date(2019, 7, 12)):
        (renewal,) = billing.renew_clients([office.client.pk], date(2019, 7, 12))
    assert (renewal.total, renewal.due_on) == (invoice.total, END)


def test_figure_3_what_the_service_list_shows(office):
    """The sums; what "explain" and the drift list make of them: tests/invoices/test_drift.py."""
    office.bought(
        Wanted(office.access, "half_year", 5),
        Wanted(office.licences, "half_year", 5),
        Wanted(office.module, "half_year", discount=FIVE_PERCENT),
    )
    own = {"because": "скидка рекомендателя", "discount": Decimal(0)}
    office.changed(office.access, 6, START, price=Decimal("4560.00"), **own)
    office.changed(office.licences, 6, START, price=Decimal("2565.00"), **own)
    shown = dict(Service.objects.values_list("product__name", "recurring"))
    assert shown == {
        "Доступ": Decimal("28560.00"), "Аренда лицензий": Decimal("16065.00"), "Модуль": Decimal("12711.00"),
    }  # fmt: skip


def test_figure_4_a_disk_pack_ends_with_the_main_invoice(any_office):
    office = any_office
    main = office.bought(Wanted(office.access, "half_year", 5))
    bought = date(2019, 2, 8)
    expected = {"office": "344.00", "exact": "346.08", "exact_roubles": "344.00"}
    rule = office.seller.proration_rule
    assert quoted(Service.objects.get(), 1, bought, office.disk)["total"] == expected[rule]
    with at(bought):
        change = billing.quote_change(Service.objects.get(), 1, option=office.disk, on=bought)
    assert (change.main, change.period.last_day) == (main, date(2019, 7, 31))
    invoice = office.changed(office.access, 1, bought, option=office.disk)
    assert (invoice.total, invoice.role) == (Decimal(expected[rule]), Invoice.Role.ADDON)
    assert Handover.objects.latest("id").body == "Δ 0-5"
    service = Service.objects.get()
    assert (service.recurring, service.paid_until) == (Decimal("24360.00"), END)


def test_figure_4_more_sums_of_the_same_office(office):
    invoice = office.bought(
        Wanted(office.access, "half_year", discount=FIVE_PERCENT),
        Wanted(office.access, "half_year", 3, option=office.disk, discount=FIVE_PERCENT),
    )
    assert [line.gross for line in invoice.revision.lines.all()] == [Decimal("4560.00"), Decimal("1026.00")]


def test_figure_4_packs_grow_inside_the_service_that_is_there(office):
    """The slide of an error: 5 GB and 15 GB side by side. Here the 15 are three packs of one service."""
    office.bought(Wanted(office.access, "half_year", 5))
    office.changed(office.access, 1, date(2019, 2, 8), option=office.disk)
    office.changed(office.access, 3, date(2019, 3, 1), option=office.disk)
    assert Service.objects.count() == 1
    assert [h.body for h in Handover.objects.order_by("id")][1:] == ["Δ 0-5", "Δ 5-15"]


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        ("2019-02-01", "360.00"), ("2019-02-08", "344.00"), ("2019-02-28", "304.00"),
        ("2019-03-31", "240.00"), ("2019-07-01", "60.00"), ("2019-07-30", "0.00"),
    ],
)  # fmt: skip
def test_the_offices_rule_day_by_day(office, on, amount):
    """R4.3's table: 60 a month to 31.07."""
    office.bought(Wanted(office.access, "half_year", 5))
    quote = quoted(Service.objects.get(), 1, date.fromisoformat(on), office.disk)
    assert (quote["start"], quote["end"], quote["total"]) == (on, "2019-07-31", amount)
    assert sum(Decimal(step["amount"]) for step in quote["steps"]) == Decimal(amount)


def test_figure_5_one_user_and_one_pack_for_march(office):
    invoice = office.bought(
        Wanted(office.access, "month"), Wanted(office.access, "month", option=office.disk),
        on=date(2019, 2, 9), starts_on=date(2019, 3, 1),
    )  # fmt: skip
    assert invoice.total == Decimal("860.00")
    assert {(line.period.lower, line.period.upper) for line in invoice.revision.lines.all()} == {
        (date(2019, 3, 1), date(2019, 4, 1))
    }
