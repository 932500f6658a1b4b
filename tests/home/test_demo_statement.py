from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing_site.journal.models import Series
from invoices import billing, matching
from invoices.models import Invoice
from products.actions import Wanted
from tests import make

pytestmark = pytest.mark.django_db


def test_the_file_pays_the_invoice(tmp_path):
    manager = make.user("account_manager")
    Series.objects.create(name="invoices", last=72814)
    order = make.order(make.client(), Wanted(make.product(), "half_year", 5), starts_on=date(2026, 3, 1))
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    number = Invoice.objects.get().number
    call_command("demo_statement", str(number), str(tmp_path / "half.txt"), "--amount", "100,00")
    call_command("demo_statement", str(number), str(tmp_path / "whole.txt"))
    assert "Сумма=100.00" in (tmp_path / "half.txt").read_bytes().decode("cp1251")
    matched = matching.load_and_match((tmp_path / "whole.txt").read_bytes(), "b", by=None)
    assert matched.applied == 1
    assert Invoice.objects.get().status == Invoice.Status.PAID


def test_what_it_cannot_pay_is_told(tmp_path):
    with pytest.raises(CommandError, match="No invoice"):
        call_command("demo_statement", "1", str(tmp_path / "x.txt"))
