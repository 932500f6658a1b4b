"""Check & send: what was looked at goes, once."""

from datetime import date

import pytest
import time_machine

from billing_site.journal.moves import IllegalMove
from billing_site.kit.errors import Refused
from billing_site.letters.actions import hold
from billing_site.letters.models import Letter
from clients.models import Payer
from invoices import billing, issuing
from invoices.models import Invoice, Line, PublicLink
from products.actions import Wanted
from products.models import Handover, Product
from tests import make
from tests.invoices.papers import draft_of, figure_5, pay

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


class TestWithoutCode:
    """R1.5: only the first invoice, only by whoever may."""

    @pytest.fixture
    def head(self):
        return make.user("head")

    @pytest.fixture
    def bare(self, draft):
        Payer.objects.filter(pk=draft.payer_id).update(counterparty_code="")
        return Invoice.objects.get(pk=draft.pk)

    def test_a_manager_may_not_and_nothing_has_left(self, bare, manager):
        with pytest.raises(Refused, match="у кого есть такое право"):
            billing.send_invoice(bare, by=manager)
        assert Invoice.objects.get(pk=bare.pk).status == Invoice.Status.DRAFT
        assert not Letter.objects.exists()

    def test_a_head_may_and_is_warned(self, bare, head):
        (told,) = [check for check in issuing.checks(bare, head) if "кода контрагента" in check.text]
        assert told.level == "warn"
        billing.send_invoice(bare, by=head)
        assert Letter.objects.count() == 1

    def test_the_next_one_waits_for_everybody(self, bare, head):
        billing.send_invoice(bare, by=head)
        order = make.order(
            bare.client, Wanted(make.product(seller=bare.seller), "half_year"), starts_on=date(2019, 3, 1)
        )
        second = draft_of(order)
        with pytest.raises(Refused, match="первый счёт ему уже выставлен: № 1"):
            billing.send_invoice(second, by=head)
        Payer.objects.filter(pk=second.payer_id).update(counterparty_code="КА-000777")
        billing.send_invoice(Invoice.objects.get(pk=second.pk), by=make.user("account_manager"))
        assert Invoice.objects.get(pk=second.pk).number == 2

    def test_a_void_one_was_no_first(self, bare, head):
        billing.send_invoice(bare, by=head)
        issuing.void(bare, by=head, because="Ошиблись")
        again = draft_of(
            make.order(bare.client, Wanted(make.product(), "half_year"), starts_on=date(2019, 3, 1))
        )
        billing.send_invoice(again, by=head)
        assert Invoice.objects.get(pk=again.pk).status == Invoice.Status.ISSUED

    @pytest.mark.parametrize("code", ["0000", "1", "КА#12"])
    def test_what_is_no_code_stops_even_a_head(self, bare, head, code):
        Payer.objects.filter(pk=bare.payer_id).update(counterparty_code=code)
        with pytest.raises(Refused, match=code):
            billing.send_invoice(bare, by=head)

    def test_the_page_says_why_and_its_button_is_off(self, bare, manager, browse):
        page = browse(manager).get(f"/invoices/{bare.pk}/send/").content.decode()
        assert "попросите руководителя" in page
        assert "disabled" in page.split("data-once")[1].split("</form>")[0]
