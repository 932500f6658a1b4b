"""Check & send: what was looked at goes, once."""

from datetime import date

import pytest
import time_machine

from billing_site.journal.moves import IllegalMove
from billing_site.kit.errors import Refused
from billing_site.letters.actions import hold
from billing_site.letters.models import Letter
from invoices import billing, issuing
from invoices.models import Invoice, Line, PublicLink
from products.models import Handover, Product
from tests import make
from tests.invoices.papers import figure_5, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-09 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def draft(_in_february):
    return figure_5()


def test_a_second_click_is_refused_politely(draft, manager):
    billing.send_invoice(draft, by=manager)
    with pytest.raises(IllegalMove):
        billing.send_invoice(draft, by=manager)
    assert (Letter.objects.count(), PublicLink.objects.count()) == (1, 1)
    assert Invoice.objects.get(pk=draft.pk).number == 1


def test_what_was_not_looked_at_does_not_go(draft, manager):
    seen = issuing.fingerprint(draft)
    Line.objects.filter(revision__invoice=draft, position=1).update(text="Доступ на 2 польз.")
    with pytest.raises(Refused):
        billing.send_invoice(draft, by=manager, seen=seen)
    assert Letter.objects.count() == 0
    billing.send_invoice(draft, by=manager, seen=issuing.fingerprint(draft))
    assert Letter.objects.count() == 1


def test_a_new_addressee_asks_for_another_look(draft, manager):
    from clients.actions import add_contact

    seen = issuing.fingerprint(draft)
    add_contact(draft.client, by=manager, email="book@romashka.example", name="Бухгалтер", powers=["papers"])
    with pytest.raises(Refused):
        billing.send_invoice(draft, by=manager, seen=seen)


def test_a_stopping_check_leaves_no_number_behind(draft, manager):
    draft.client.addresses.all().delete()
    with pytest.raises(Refused):
        billing.send_invoice(draft, by=manager)
    assert Invoice.objects.get(pk=draft.pk).number is None
    assert not PublicLink.objects.exists()


def test_a_client_on_hold_gets_the_invoice_but_no_letter(draft, manager):
    hold(draft.client_id, by=manager, because="готовится")
    letter = billing.send_invoice(draft, by=manager)
    assert letter.status == Letter.Status.HELD
    assert Invoice.objects.get(pk=draft.pk).status == Invoice.Status.ISSUED


def test_units_are_handed_over_on_sending_once(draft, manager):
    billing.send_invoice(draft, by=manager)
    told = sorted(Handover.objects.values_list("subject", "was", "becomes"))
    assert [(was, becomes) for _subject, was, becomes in told] == [(0, 5), (0, 1)]
    pay(Invoice.objects.get(pk=draft.pk))
    assert Handover.objects.count() == 2


def test_a_product_handed_over_on_payment_waits_for_it(draft, manager):
    Product.objects.update(handover_rule=Product.HandoverRule.ON_PAID)
    billing.send_invoice(draft, by=manager)
    assert not Handover.objects.exists()
    pay(Invoice.objects.get(pk=draft.pk))
    assert Handover.objects.count() == 2


def test_an_invoice_of_a_closed_day_is_not_sent(draft, manager):
    seller = draft.seller
    seller.closed_until = date(2019, 2, 28)
    seller.save()
    with pytest.raises(Refused):
        billing.send_invoice(draft, by=manager)
