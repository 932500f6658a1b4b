"""The client's page: every state, nothing told to strangers, nothing asked of other hosts."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from billing_site.kit import clock, live
from invoices import issuing, tasks
from invoices.models import Invoice
from tests import make
from tests.invoices.papers import figure_5, pay, sent

pytestmark = pytest.mark.django_db
EARLY = "2019-02-10 09:00+00:00"
LATE = "2019-03-10 09:00+00:00"


@pytest.fixture(autouse=True)
def _patience():
    live.forget("wrong-links:127.0.0.1")


def address(invoice: Invoice) -> str:
    return reverse("public-invoice", args=[invoice.links.get().token])


def page(invoice: Invoice, at: str = EARLY) -> str:
    with time_machine.travel(at, tick=False):
        answer = Browser().get(address(invoice))
    assert answer.status_code == 200
    return " ".join(answer.text.replace("\u00a0", " ").split())


def test_an_unpaid_invoice_says_how_to_pay():
    invoice = sent(figure_5())
    seen, seller = page(invoice), invoice.current.seller
    for words in (
        f"Счёт № {invoice.number}", "от 09.02.2019", "860,00 ₽", "Не оплачен",
        "оплатите, пожалуйста, до 16.02.2019",
        "Доступ на 1 польз.", "01.03.2019 – 31.03.2019", seller["account"], seller["bic"], seller["inn"],
        "88#", "НДС не облагается", "+7 495 540-51-51", "доб. 2207", invoice.client.account_manager.name,
    ):  # fmt: skip
        assert words in seen
    assert seen.count("<svg shape-rendering") == 1


def test_what_is_overdue_says_so():
    assert "срок оплаты был 16.02.2019" in page(sent(figure_5()), at=LATE)


def test_a_part_paid_invoice_asks_for_the_rest():
    invoice = pay(sent(figure_5()), Decimal("60.00"))
    seen = page(invoice)
    assert "Оплачен частично" in seen
    assert "60,00 ₽ из 860,00 ₽" in seen
    assert 'data-copy="800,00"' in seen


def test_a_paid_invoice_thanks_and_asks_for_nothing():
    seen = page(pay(sent(figure_5())))
    assert "Оплачен 12.02.2019" in seen
    assert "shape-rendering" not in seen
    assert "data-copy" not in seen


def test_a_void_invoice_must_not_be_paid(client):
    invoice = sent(figure_5())
    issuing.void(invoice, by=make.user("account_manager"), because="ошибка")
    seen = page(invoice)
    assert "Счёт отменён, не оплачивайте его" in seen
    assert invoice.current.seller["account"] not in seen
    answer = client.get(address(invoice) + "pdf/")
    assert (answer.status_code, answer.url) == (302, address(invoice))


def test_a_replaced_invoice_names_the_one_in_its_place():
    invoice, other = sent(figure_5()), sent(figure_5())
    Invoice.objects.filter(pk=invoice.pk).update(replaced_by=other)
    seen = page(invoice)
    assert "Счёт заменён, не оплачивайте его" in seen
    assert f"№ {other.number}" in seen


def test_wrong_and_revoked_links_are_one_page(client):
    invoice = sent(figure_5())
    link = invoice.links.get()
    link.revoked_at = clock.now()
    link.save()
    draft_token = "x" * 43
    bodies = {client.get(reverse(name, args=[token])).content
              for name in ("public-invoice", "public-invoice-pdf")
              for token in (link.token, draft_token, "а", "%00")}  # fmt: skip
    assert len(bodies) == 1
    (body,) = bodies
    assert client.get(reverse("public-invoice", args=[draft_token])).status_code == 404
    assert invoice.current.seller["name"] not in body.decode()


def test_guessing_is_slowed_down_but_a_true_link_always_opens(client):
    invoice = sent(figure_5())
    answers = [client.get(reverse("public-invoice", args=[f"guess{n}"])) for n in range(61)]
    assert [answer.status_code for answer in answers[-2:]] == [404, 429]
    assert client.get(address(invoice)).status_code == 200


def test_the_link_is_kept_secret_and_out_of_indexes(client):
    invoice = sent(figure_5())
    for path in (address(invoice), address(invoice) + "pdf/", reverse("public-invoice", args=["no"])):
        headers = client.get(path).headers
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in headers["Cache-Control"]
    assert '<meta name="robots" content="noindex' in page(invoice)


def test_nothing_is_asked_of_other_hosts_and_no_script_is_inline():
    seen = page(sent(figure_5()))
    asked = re.findall(r'(?:src|href|action)="([^"]+)"', seen)
    assert asked
    assert all(re.match(r"/[^/]|tel:|mailto:", target) for target in asked)
    assert "http" not in re.sub(r'xmlns(?::\w+)?="[^"]*"', "", seen)
    assert re.findall(r"<script(?![^>]*\bsrc=)", seen) == []


def test_at_most_three_queries(django_assert_num_queries, client):
    where = address(sent(figure_5()))
    with django_assert_num_queries(3):
        client.get(where)
    with django_assert_num_queries(2):
        client.get(where)


def test_the_first_opening_is_kept_once_and_is_the_client_s(client):
    invoice = sent(figure_5())
    where = address(invoice)
    client.head(where)
    staff = Browser()
    staff.force_login(make.user("account_manager"))
    staff.get(where)
    assert invoice.links.get().first_opened_at is None
    with time_machine.travel(EARLY, tick=False):
        client.get(where)
    with time_machine.travel(LATE, tick=False):
        client.get(where)
    assert clock.moscow(invoice.links.get().first_opened_at).date() == date(2019, 2, 10)


def test_the_pdf_before_and_after_it_is_made(client):
    invoice = sent(figure_5())
    where = address(invoice) + "pdf/"
    early = client.get(where)
    assert (early.status_code, early.headers["Retry-After"]) == (503, "60")
    assert "готовится" in early.text
    tasks.render_paper(invoice.current_id)
    answer = client.get(where)
    assert answer.getvalue().startswith(b"%PDF")
    assert f"%D0%A1%D1%87%D0%B5%D1%82_{invoice.number}_" in answer.headers["Content-Disposition"]


def test_the_client_reads_in_his_own_language_whoever_looks():
    invoice = sent(figure_5(language="en"))
    answer = Browser().get(address(invoice))
    assert "How to pay" in answer.text
    assert answer.headers["Content-Language"] == "en"
    assert '<html lang="en"' in answer.text


def test_nothing_changes_by_this_address(client):
    assert client.post(address(sent(figure_5()))).status_code == 405
