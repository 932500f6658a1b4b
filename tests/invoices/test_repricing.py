"""Old prices: who still has them, and their way to the catalogue's from a day on."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.letters.models import Letter
from invoices import billing
from invoices.billing import repricing
from invoices.models import Invoice
from products.actions import Wanted
from products.cataloguing import set_price
from products.models import Batch, Service
from tests import make
from tests.invoices.papers import pay, sent

pytestmark = pytest.mark.django_db
START, NEXT = date(2019, 2, 1), date(2019, 8, 1)
NEW = Decimal("5000.00")


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel("2019-03-04 09:00+00:00", tick=False):
        yield


@pytest.fixture
def head():
    return make.user("head", language="en")


@pytest.fixture
def access(head):
    made = make.product("Доступ", {"half_year": "4800.00"}, line_text="Доступ")
    set_price(made, None, cycle="half_year", amount=NEW, valid_from=date(2019, 3, 1), by=head)
    return made


def bought(access, head, quantity: int = 5, **client) -> Service:
    order = make.order(
        make.client(**client), Wanted(access, "half_year", quantity, discount=Decimal(5)), starts_on=START
    )
    (draft,) = billing.accept_order(order, by=head)
    pay(sent(Invoice.objects.get(pk=draft.pk)))
    return Service.objects.get(order_line__order=order)


def quoted(on: date = date(2019, 3, 4)) -> repricing.Repricing:
    return repricing.quote_repricing(repricing.catalogue_batches().order_by("pk"), on=on)


def test_old_prices_are_counted(access, head):
    bought(access, head)
    bought(access, head, quantity=2)
    (one,) = repricing.old_prices(date(2019, 3, 4))
    assert (one.was, one.becomes, one.services, one.units) == (Decimal("4800.00"), NEW, 2, 7)
    assert one.difference == Decimal("1400.00")
    assert repricing.old_prices(date(2019, 2, 28)) == []


def test_the_next_period_costs_the_new_price(access, head):
    service = bought(access, head)
    repricing_ = quoted()
    (row,) = repricing_.rows
    assert (row.starts, row.before, row.after) == (NEXT, Decimal("22800.00"), Decimal("23750.00"))
    assert repricing.reprice(repricing_, by=head, letter=False, seen=repricing_.fingerprint) == 1
    service.refresh_from_db()
    assert service.recurring == Decimal("23750.00")
    (draft,) = billing.renew_clients([service.client_id], date(2019, 7, 12))
    assert draft.total == Decimal("23750.00")
    assert not Letter.objects.filter(kind="new-price").exists()
    assert list(differences()) == []


def test_a_later_day_leaves_the_period_before_it(access, head):
    service = bought(access, head)
    repricing.reprice(quoted(date(2019, 9, 15)), by=head, letter=False)
    service.refresh_from_db()
    assert service.recurring == Decimal("22800.00")
    (draft,) = billing.renew_clients([service.client_id], date(2019, 7, 12))
    assert draft.total == Decimal("22800.00")
    assert Batch.objects.get().next_price_from == date(2020, 2, 1)


def test_a_drafted_renewal_is_drawn_anew_and_a_sent_one_stays(access, head):
    first, second = bought(access, head), bought(access, head)
    drafts = billing.renew_clients([first.client_id, second.client_id], date(2019, 7, 12))
    out = sent(Invoice.objects.get(pk=drafts[1].pk))
    rows = {row.batch.service_id: row.starts for row in quoted().rows}
    assert rows == {first.pk: NEXT, second.pk: date(2020, 2, 1)}
    repricing.reprice(quoted(), by=head, letter=False)
    assert Invoice.objects.get(pk=drafts[0].pk).total == Decimal("23750.00")
    assert Invoice.objects.get(pk=out.pk).total == Decimal("22800.00")
    assert list(differences()) == []


def test_own_prices_and_moved_ones_are_left_alone(access, head):
    bought(access, head)
    repricing.reprice(quoted(), by=head, letter=False)
    assert [bool(row.refused) for row in quoted().rows] == [True]
    Batch.objects.update(own_price_because="договорились")
    assert quoted().rows == ()
    assert repricing.old_prices(date(2019, 3, 4)) == []


def test_the_page_moves_the_ticked_and_holds_a_letter(browse, access, head):
    stays, moves = bought(access, head), bought(access, head, language="ru")
    browser = browse(head)
    assert "5\u00a0000,00" in browser.get(reverse("old-prices")).content.decode()
    address = reverse("reprice") + f"?product={access.pk}&option=&choice=&cycle=half_year&was=4800.00"
    russian = browse(make.user("head")).get(reverse("old-prices")).content.decode()
    assert address.replace("&", "&amp;") in russian
    shown = browser.get(address).content.decode()
    assert stays.client.name in shown
    values = {"on": "2019-03-04", "ids": [moves.batches.get().pk], "letter": "on"}
    asked = {"product": access.pk, "cycle": "half_year", "was": "4800.00"}
    parts = browser.get(address, {**asked, **values}, headers={"HX-Request": "true"}).content.decode()
    seen = parts.split('id="id_seen"')[1].split('value="')[1].split('"')[0]
    assert browser.post(address, {**values, "seen": seen}).status_code == 302
    assert list(Batch.objects.filter(next_price=NEW).values_list("service", flat=True)) == [moves.pk]
    letter = Letter.objects.get(kind="new-price")
    assert (letter.status, letter.client_no) == ("held", moves.client_id)
    assert "4\u00a0800,00\u00a0₽ → 5\u00a0000,00\u00a0₽" in letter.text
    assert "с 01.08.2019" in letter.text


def test_what_was_not_seen_or_not_ticked_is_not_done(browse, access, head):
    service = bought(access, head)
    address = reverse("reprice") + f"?product={access.pk}&option=&choice=&cycle=half_year&was=4800.00"
    browser = browse(head)
    text = browser.post(address, {"on": "2019-03-04"}).content.decode()
    assert "Nothing is chosen that would change." in text or "Look at what will happen now" in text
    values = {"on": "2019-03-04", "ids": [service.batches.get().pk], "seen": "other"}
    assert "Look at what will happen now" in browser.post(address, values).content.decode()
    assert Batch.objects.get().next_price is None
    assert browse(make.user("account_manager")).get(address).status_code == 403


@pytest.mark.parametrize("n", [3, 12])
def test_queries_do_not_grow(access, head, django_assert_max_num_queries, n):
    for _n in range(n):
        bought(access, head)
    batches = repricing.catalogue_batches().select_related("service__client", "service__product", "option")
    with django_assert_max_num_queries(7):
        repricing.quote_repricing(batches, on=date(2019, 3, 4))
        repricing.old_prices(date(2019, 2, 28))
