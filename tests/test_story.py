"""The README's story, told by the verbs: order → invoice → money → service → renewal → change."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing_site.kit.periods import Period
from billing_site.letters.models import Letter
from invoices import billing
from invoices.models import BankLine, Invoice
from products.actions import Wanted, carry_out
from products.models import Service
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make.user("account_manager")


def test_an_order_becomes_a_paid_renewed_service(manager, django_capture_on_commit_callbacks):
    with time_machine.travel("2019-01-12 09:00+00:00", tick=False):
        access = make.product("Доступ", {"half_year": "4800.00"})
        client = make.client(account_manager=manager)
        order = make.order(
            client, Wanted(access, "half_year", 5, discount=Decimal(5)), starts_on=date(2019, 2, 1)
        )
        (draft,) = billing.accept_order(order, by=manager)
        assert (draft.status, draft.number, draft.total) == (Invoice.Status.DRAFT, None, Decimal("22800.00"))
        assert not Letter.objects.exists()
        letter = billing.send_invoice(draft, by=manager)
    invoice = Invoice.objects.get(pk=draft.pk)
    assert (invoice.status, invoice.number) == (Invoice.Status.ISSUED, 1)
    assert letter.status == Letter.Status.QUEUED
    assert letter.needs

    billing.receive(
        billing.Receipt(client.pk, invoice.payer_id, invoice.seller_id, date(2019, 1, 20), invoice.total,
                        ((invoice.pk, invoice.total),)),
        by=None,
    )  # fmt: skip
    service = Service.objects.get()
    assert (service.status, service.paid_until) == (Service.Status.ACTIVE, date(2019, 8, 1))
    assert service.recurring == Decimal("22800.00")

    assert billing.due_clients(date(2019, 7, 11)) == []
    assert billing.due_clients(date(2019, 7, 12)) == [client.pk]
    (renewal,) = billing.renew_clients([client.pk], date(2019, 7, 12))
    assert (renewal.total, renewal.due_on) == (Decimal("22800.00"), date(2019, 8, 1))
    assert billing.renew_clients([client.pk], date(2019, 7, 12)) == []


def test_growth_is_coterminated_handed_over_and_proved(manager):
    with time_machine.travel("2019-02-01 09:00+00:00", tick=False):
        access = make.product("Доступ", {"half_year": "4800.00"})
        client = make.client()
        order = make.order(client, Wanted(access, "half_year", 5), starts_on=date(2019, 2, 1))
        (main,) = billing.accept_order(order, by=manager)
        billing.send_invoice(main, by=manager)
        pay(main)
    service = Service.objects.get()
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        quote = billing.quote_change(service, 6, on=date(2019, 2, 8))
        assert (quote.was, quote.becomes, quote.period) == (5, 6, Period(date(2019, 2, 8), date(2019, 8, 1)))
        assert quote.total == Decimal("4586.67")  # 800 / 30 × 22 + 5 × 800
        assert quote.recurring == Decimal("28800.00")
        draft = billing.change_service(quote, by=manager)
        billing.send_invoice(draft, by=manager)
    handover = service.handovers.latest("id")
    assert (handover.was, handover.becomes) == (5, 6)
    carry_out(handover, by=manager)
    service.refresh_from_db()
    assert service.recurring == Decimal("28800.00")
    pay(draft)
    service.refresh_from_db()
    assert service.paid_until == date(2019, 8, 1)
    (fact,) = Invoice.objects.get(pk=draft.pk).proof.facts
    assert fact["before"]["units"] == 6


def pay(invoice: Invoice) -> None:
    invoice = Invoice.objects.get(pk=invoice.pk)
    receipt = billing.Receipt(
        invoice.client_id, invoice.payer_id, invoice.seller_id, date(2019, 2, 8), invoice.total,
        ((invoice.pk, invoice.total),),
    )  # fmt: skip
    billing.receive(receipt, by=None)
    assert not BankLine.objects.exists()
