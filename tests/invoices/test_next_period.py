"""R3.3: a change looks at the next period as well, in whatever state its invoice is."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from invoices import billing, drafting, issuing
from invoices.models import Invoice, Line
from invoices.revising import revise
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
END, NEXT = date(2019, 8, 1), date(2020, 2, 1)
RUN, SENT = date(2019, 7, 12), "2019-07-12 12:00+00:00"
WHOLE = Decimal("4560.00")  # 800 × 6 × 0.95
DAYS = {  # day of the change → price of the rest (800 / 30 × days × 0.95)
    date(2019, 7, 12): Decimal("456.00"),  # 20 days before, 18 days
    date(2019, 7, 31): Decimal("0.00"),  # the last day
    END: Decimal("0.00"),  # the first day of the next period
}


@pytest.fixture(autouse=True)
def _books():
    """Every story ends with books that add up."""
    yield
    assert list(differences()) == []


@pytest.fixture
def service(manager):
    """Five users since 01.02.2019, half-year, −5 %, paid until 31.07.2019 and given."""
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        access = make.product("Доступ", {"half_year": "4800.00"})
        order = make.order(
            make.client(account_manager=manager),
            Wanted(access, "half_year", 5, discount=Decimal(5)),
            starts_on=date(2019, 2, 1),
        )
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(Invoice.objects.get(pk=main.pk))
        for handover in Handover.objects.all():
            carry_out(handover, by=manager)
    return Service.objects.get()


def renewal_in(state: str, service, manager) -> Invoice:
    """The invoice of the next period: draft, sent, half paid or paid."""
    with time_machine.travel(SENT, tick=False):
        (renewal,) = billing.renew_clients([service.client_id], RUN)
        if state != "draft":
            billing.send_invoice(renewal, by=manager)
        if state == "half":
            pay(Invoice.objects.get(pk=renewal.pk), Decimal("11400.00"))
        if state == "paid":
            pay(Invoice.objects.get(pk=renewal.pk))
    service.refresh_from_db()
    return Invoice.objects.get(pk=renewal.pk)


def grown(service, manager, on, way="addon") -> tuple[billing.Change, Invoice]:
    with time_machine.travel(f"{on} 09:00+00:00", tick=False):
        change = billing.quote_change(service, 6, on=on, way=way)
        return change, billing.change_service(change, by=manager, seen=change.fingerprint)


def periods(invoice: Invoice) -> list[tuple[date, date, Decimal]]:
    """What the sixth user costs on an invoice."""
    lines = Line.objects.filter(revision__invoice=invoice, live=True, batch__quantity=1).order_by("period")
    return [(line.period.lower, line.period.upper, line.gross) for line in lines]


@pytest.mark.parametrize("way", ["addon", "revise"])
@pytest.mark.parametrize("state", ["draft", "sent", "half", "paid"])
@pytest.mark.parametrize("on", list(DAYS)[:2])
def test_the_matrix(service, manager, on, state, way):
    """20 days before and the last day × each state × both ways: where the sixth user is charged."""
    renewal = renewal_in(state, service, manager)
    rest, before = DAYS[on], renewal.total
    change, answer = grown(service, manager, on, way)
    renewal.refresh_from_db()
    takes = state == "draft" or (way == "revise" and state in ("sent", "half"))
    addon = Invoice.objects.filter(role="addon").first()
    if rest:
        assert periods(addon) == [(on, END, rest)] + ([] if takes else [(END, NEXT, WHOLE)])
        assert periods(renewal) == ([(END, NEXT, WHOLE)] if takes else [])
    elif takes:  # under the office minimum: one line for both
        assert (addon, periods(renewal)) == (None, [(on, NEXT, WHOLE)])
    else:
        assert periods(addon) == [(on, NEXT, WHOLE)]
    assert renewal.total == before + (WHOLE if takes else 0)
    assert renewal.revisions.count() == (2 if takes and state != "draft" else 1)
    assert answer == (renewal if takes and not rest else addon)
    assert change.total == rest + WHOLE


@pytest.mark.parametrize("state", ["paid", "half", "sent", "draft"])
def test_on_the_first_day_of_the_next_period(service, manager, state):
    """Paid: co-terminated inside it. Otherwise nothing is paid for the day, and the dialog says so."""
    renewal_in(state, service, manager)
    if state == "paid":
        change, draft = grown(service, manager, END)
        assert (change.period.start, change.period.end) == (END, NEXT)
        assert periods(draft) == [(END, NEXT, WHOLE)]
        return
    with pytest.raises(Refused) as refused:
        grown(service, manager, END)
    assert refused.value.field == "on"


def test_a_revision_keeps_number_link_and_money_and_its_letter_is_held(service, manager):
    renewal = renewal_in("half", service, manager)
    link = renewal.links.get()
    change, draft = grown(service, manager, date(2019, 7, 31), "revise")
    assert (change.revised, change.revised_total) == (renewal, renewal.total + WHOLE)
    revised = Invoice.objects.select_related("current").get(pk=renewal.pk)
    assert draft == revised
    assert (revised.number, revised.paid, revised.status) == (renewal.number, Decimal("11400.00"), "issued")
    assert (revised.current.n, revised.current.status) == (2, "sent")
    assert revised.revisions.get(n=1).status == "replaced"
    assert "27360" in revised.current.purpose.replace(" ", "")
    assert issuing.find_link(link.token).invoice == revised
    letter = Letter.objects.latest("pk")
    assert (letter.status, letter.held_because, letter.kind) == ("held", "person", "invoice")
    assert Handover.objects.latest("pk").body == "Δ 5-6"
    pay(revised, revised.open_amount)
    assert Service.objects.get().paid_until == NEXT
    assert Service.objects.get().recurring == Decimal("27360.00")


def test_a_paid_or_closed_invoice_is_not_revised(service, manager):
    renewal = renewal_in("paid", service, manager)
    with pytest.raises(Refused):
        revise(renewal, by=manager, because="ошибка")
    other = Invoice.objects.earliest("pk")
    with pytest.raises(Refused) as refused:
        revise(other, by=manager, because=" ")
    assert refused.value.field == "because"


def test_a_voided_revision_frees_its_periods_and_takes_the_units_back(service, manager):
    renewal = renewal_in("sent", service, manager)
    grown(service, manager, date(2019, 7, 31), "revise")
    issuing.void(renewal, by=manager, because="передумали")
    assert not Line.objects.filter(revision__invoice=renewal, live=True).exists()
    assert service.batches.standing().count() == 1


def test_several_changes_of_one_call_collect_in_one_draft(service, manager):
    disk = make.option(service.product)
    on = date(2019, 3, 4)
    _change, first = grown(service, manager, on)
    with time_machine.travel(f"{on} 10:00+00:00", tick=False):
        change = billing.quote_change(service, 2, on=on, option=disk)
        assert change.homes == (first,)
        assert billing.change_service(change, by=manager) == first
    assert Invoice.objects.get(pk=first.pk).revision.lines.count() == 2
    with time_machine.travel(f"{on} 11:00+00:00", tick=False):
        billing.send_invoice(first, by=manager)
    assert {h.body for h in Handover.objects.filter(status="waiting")} == {"Δ 5-6", "Δ 0-10"}
    drafting_day = date(2019, 3, 5)
    _change, other = grown_to(service, manager, drafting_day, 7)
    assert other != first


def grown_to(service, manager, on, becomes) -> tuple[billing.Change, Invoice]:
    with time_machine.travel(f"{on} 09:00+00:00", tick=False):
        change = billing.quote_change(service, becomes, on=on)
        return change, billing.change_service(change, by=manager)


def test_a_discarded_collection_takes_all_its_units_back(service, manager):
    disk = make.option(service.product)
    _change, first = grown(service, manager, date(2019, 3, 4))
    with time_machine.travel("2019-03-04 10:00+00:00", tick=False):
        billing.change_service(billing.quote_change(service, 2, on=date(2019, 3, 4), option=disk), by=manager)
        drafting.discard(first, by=manager)
    assert service.batches.standing().count() == 1


@pytest.mark.parametrize(("days", "roubles", "lines"), [(0, 0, 2), (30, 0, 1), (0, 1000, 1)])
def test_the_office_minimum_is_a_setting(service, manager, settings, days, roubles, lines):
    settings.REST_MINIMUM_DAYS, settings.REST_MINIMUM_SUM = days, roubles
    renewal_in("sent", service, manager)
    _change, draft = grown(service, manager, date(2019, 7, 12))
    assert len(periods(draft)) == lines
    assert draft.total == Decimal("456.00") + WHOLE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_two_changes_of_a_day_makes_no_difference(service, manager, order):
    disk = make.option(service.product)
    changes = [{"becomes": 7}, {"becomes": 3, "option": disk}]
    for n in order:
        with time_machine.travel("2019-03-04 09:00+00:00", tick=False):
            billing.change_service(
                billing.quote_change(service, on=date(2019, 3, 4), **changes[n]), by=manager
            )
    draft = Invoice.objects.latest("pk")
    # 2 × 800 / 30 × 26 + 2 × 800 × 4 − 5 %; 3 × 60 / 30 × 26 + 3 × 60 × 4
    assert draft.total == Decimal("7397.33") + Decimal("876.00")
    assert Batch.objects.count() == 3


def test_the_dialog_offers_the_choice_and_shows_the_revision(service, manager, browse):
    renewal = renewal_in("sent", service, manager)
    path = reverse("service-change", args=[service.pk])
    typed = {"what": "", "becomes": "6", "on": "2019-07-31", "discount": "", "price": "", "because": ""}
    with time_machine.travel("2019-07-31 09:00+00:00", tick=False):
        browser = browse(manager)
        assert "исправить неоплаченный счёт" in browser.get(path).content.decode()
        shown = browser.get(path, {**typed, "way": "revise"}, HTTP_HX_REQUEST="true")
        text = shown.content.decode().replace("\u00a0", " ")
        for told in ("22 800,00 ₽ → <b>27 360,00 ₽</b>", "31.07.2019", f"№ {renewal.number}"):
            assert told in text, told
        seen = shown.context["change"].fingerprint
        answer = browser.post(path, {**typed, "way": "revise", "seen": seen})
    assert answer.url == reverse("invoice-detail", args=[renewal.pk])
    assert Invoice.objects.get(pk=renewal.pk).total == Decimal("27360.00")
