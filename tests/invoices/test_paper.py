"""What a счёт says: its sentences, its QR, its pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from weasyprint.urls import FatalURLFetchingError

from billing_site.kit.errors import Refused
from billing_site.office.models import VatRate
from invoices import documents, pdf
from invoices.models import Invoice, Line, Revision
from products.actions import Wanted
from tests import make
from tests.invoices.papers import Pdf, draft_of, figure_5, sent

pytestmark = pytest.mark.django_db


def printed(invoice: Invoice) -> Pdf:
    paper = documents.paper_of(invoice, invoice.current)
    return Pdf(pdf.render(render_to_string("invoices/pdf/invoice.html", {"paper": paper})))


def test_the_purpose_has_the_office_s_own_form():
    """MISSION, figure 5, but for the number and the order of the lines."""
    invoice = sent(figure_5())
    assert invoice.current.purpose == (
        f"Оплата по счету 88#{invoice.number} от 09.02.19; "
        'Доступ на 1 польз. "Стандарт" + Плат. диск. простр-на 5 гб '
        "с 01.03.19 по 31.03.19 Сумма: 860р. 00к. НДС не облагается."
    )


def test_a_long_purpose_keeps_number_sum_and_vat():
    invoice = sent(figure_5())
    lines = [Line(kind="charge", text="Очень длинное название услуги " * 5, gross=Decimal(1)) for _ in "12"]
    text = documents.purpose(invoice, invoice.current, lines)
    assert len(text) == documents.PURPOSE_LIMIT
    assert text.startswith(f"Оплата по счету 88#{invoice.number} от 09.02.19; Очень длинное")
    assert text.endswith("… Сумма: 860р. 00к. НДС не облагается.")


def test_the_pdf_says_everything_an_accountant_looks_for():
    invoice = sent(figure_5(payer={"name": 'ООО "Ромашка"'}))
    seller, text = invoice.current.seller, printed(invoice).text
    for words in (
        f"Счет на оплату № {invoice.number} от 9 февраля 2019 г.",
        seller["bank"], seller["bic"], seller["correspondent"], seller["account"],
        f"ИНН {seller['inn']}", "КПП 770101001", 'ООО "Ромашка", ИНН 7702', "Основание: Договор-оферта",
        'Доступ на 1 польз. "Стандарт" 01.03.2019 – 31.03.2019', "Без налога (НДС): —",
        "Всего к оплате: 860,00", "Всего наименований 2, на сумму 860,00 руб.",
        "Восемьсот шестьдесят рублей 00 копеек",
        "Руководитель", "Соколова А. П.", "Бухгалтер", "Зимина О. Л.",
        invoice.current.purpose, "Страница 1 из 1",
    ):  # fmt: skip
        assert words in text
    assert "Скидка" not in text


def test_the_paper_carries_two_small_fonts_of_ours():
    fonts = printed(sent(figure_5())).fonts
    assert len(fonts) == 2
    assert {name.partition("+")[2] for name in fonts} == {"Paper", "Paper-Bold"}


def test_the_qr_is_read_back_with_kopecks_and_purpose():
    invoice = sent(figure_5())
    seller, buyer = invoice.current.seller, invoice.current.buyer
    (code,) = printed(invoice).codes
    assert code == documents.qr_payload(seller, buyer, Decimal("860.00"), invoice.current.purpose)
    head, *fields = code.split("|")
    assert head == "ST00012"
    assert [field.partition("=")[0] for field in fields] == [
        "Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc", "Sum", "Purpose", "PayeeINN", "PayerINN",
        "KPP",
    ]  # fmt: skip
    assert "Sum=86000" in fields
    assert f"Purpose={invoice.current.purpose}" in fields


def test_the_qr_takes_another_separator_when_a_value_holds_the_first():
    seller = {"name": "ООО «А|Б»", "account": "4" * 20, "bank": "Б" * 60, "bic": "044525225",
              "correspondent": "", "inn": "7701000001", "kpp": ""}  # fmt: skip
    payload = documents.qr_payload(seller, {"inn": ""}, Decimal("0.05"), "я" * 300)
    assert payload.split("~") == [
        "ST00012", "Name=ООО «А|Б»", "PersonalAcc=" + "4" * 20, "BankName=" + "Б" * 45, "BIC=044525225",
        "CorrespAcc=0", "Sum=5", "Purpose=" + "я" * 210, "PayeeINN=7701000001",
    ]  # fmt: skip


def test_discounts_get_their_column_and_the_month_price_stands_beside():
    """The first line of MISSION's figure 2."""
    access = make.product("Доступ", {"half_year": "4800.00"})
    order = make.order(
        make.client(), Wanted(access, "half_year", 5, discount=Decimal(5)), starts_on=date(2019, 2, 1)
    )
    text = printed(sent(draft_of(order))).text
    assert "Скидка" in text
    assert "4 800,00 800,00 в мес. 5% 22 800,00" in text
    assert "Двадцать две тысячи восемьсот рублей 00 копеек" in text


def test_vat_stands_by_its_rate():
    VatRate.objects.get_or_create(treatment="general", valid_from=date(2019, 1, 1), defaults={"rate": 20})
    taxed = make.product("Работы", {"month": "1200.00"}, vat_treatment="general")
    order = make.order(make.client(), Wanted(taxed, "month"), starts_on=date(2019, 2, 1))
    invoice = sent(draft_of(order))
    assert "В том числе НДС 20%: 200,00" in printed(invoice).text
    assert invoice.current.purpose.endswith("В т.ч. НДС 20% 200.00р.")


def test_a_long_invoice_repeats_its_head_on_every_page():
    invoice = sent(figure_5())
    Line.objects.bulk_create(
        Line(revision=invoice.current, position=n, text=f"Работы, этап {n}", recurring=False, kind="fee",
             gross=Decimal(10), net=Decimal(10), price=Decimal(10))
        for n in range(3, 90)
    )  # fmt: skip
    seen = printed(invoice)
    assert len(seen.pages) > 2
    assert all("Товары (работы, услуги)" in page for page in seen.pages)
    assert f"Страница 2 из {len(seen.pages)}" in seen.text
    assert "Всего наименований 89, на сумму 1 730,00 руб." in seen.text


def test_a_draft_is_shown_as_it_would_be_issued_and_marked():
    draft = figure_5()
    page = documents.preview_paper(draft)
    assert "черновик" in page
    assert "№ … от" in page
    assert "860,00" in page
    assert "<svg" not in page  # nobody pays a draft
    draft.refresh_from_db()
    assert (draft.number, draft.issued_on) == (None, None)
    assert Revision.objects.get(pk=draft.current_id).seller == {}


def test_a_draft_of_a_seller_without_an_account_is_refused():
    draft = figure_5()
    draft.seller.accounts.all().delete()
    with pytest.raises(Refused):
        documents.preview_paper(draft)


def test_a_paper_asks_nothing_of_other_hosts_or_files():
    for address in ("http://127.0.0.1:1/x.png", "file:///etc/hostname", "data:image/png;base64,AAAA"):
        with pytest.raises(FatalURLFetchingError):
            pdf.render(f'<img src="{address}">')


def test_what_a_client_is_called_is_never_markup():
    invoice = sent(figure_5(payer={"name": "ООО <img src='http://x.example/y'>"}))
    assert "ООО <img src='http://x.example/y'>" in printed(invoice).text


def test_a_sole_trader_signs_alone():
    invoice = sent(figure_5())
    invoice.current.seller.update(inn="770112345678", kpp="", name="ИП Соколова А. П.")
    text = printed(invoice).text
    assert "Предприниматель" in text
    assert "Бухгалтер" not in text


def test_the_frame_and_the_file_keep_to_the_user_s_scope(client):
    invoice = sent(figure_5())
    frame = reverse("invoice-paper", args=[invoice.pk])
    client.force_login(make.user("account_manager", scope="portfolio"))
    assert client.get(frame).status_code == 404
    client.force_login(invoice.client.account_manager)
    answer = client.get(frame)
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert f"Счет на оплату № {invoice.number}" in answer.text
    assert client.get(reverse("revision-pdf", args=[invoice.current_id])).status_code == 404  # not made yet


def test_the_frame_says_why_a_draft_can_not_be_shown(client):
    draft = figure_5()
    draft.seller.accounts.all().delete()
    client.force_login(make.user("account_manager"))
    answer = client.get(reverse("invoice-paper", args=[draft.pk]))
    assert answer.status_code == 200
    assert 'class="paper' not in answer.text
