"""Invoices made by the real verbs, and eyes for their PDFs."""

from datetime import date
from io import BytesIO

import pypdfium2 as pdfium
import time_machine
import zxingcpp

from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from products.models import Order, Product
from tests import make

ISSUED = "2019-02-09 09:00+00:00"


def figure_5(**client) -> Invoice:
    """MISSION's figure 5 as a draft: one user 800 + one pack 60 for March 2019; of the same seller again."""
    client = {
        "account_manager": make.user("account_manager", phone="+74955405151", extension="2207"),
        **client,
    }
    with time_machine.travel(ISSUED, tick=False):
        access = Product.objects.filter(name="Доступ «Стандарт»").first() or make.product(
            "Доступ «Стандарт»", {"month": "800.00"}, line_text='Доступ на 1 польз. "Стандарт"'
        )
        disk = access.options.first() or make.option(
            access, {"month": "60.00"}, line_text="Плат. диск. простр-на 5 гб"
        )
        order = make.order(
            make.client(**client),
            Wanted(access, "month"),
            Wanted(access, "month", option=disk),
            starts_on=date(2019, 3, 1),
        )
        return draft_of(order)


def draft_of(order: Order) -> Invoice:
    (draft,) = billing.accept_order(order, by=make.user("account_manager"))
    return Invoice.objects.get(pk=draft.pk)


def sent(draft: Invoice) -> Invoice:
    with time_machine.travel(ISSUED, tick=False):
        billing.send_invoice(draft, by=make.user("account_manager"))
    return Invoice.objects.get(pk=draft.pk)


def pay(invoice: Invoice, amount=None) -> Invoice:
    amount = amount or invoice.total
    receipt = billing.Receipt(
        invoice.client_id, invoice.payer_id, invoice.seller_id, date(2019, 2, 12), amount,
        ((invoice.pk, amount),),
    )  # fmt: skip
    billing.receive(receipt, by=None)
    return Invoice.objects.get(pk=invoice.pk)


class Pdf:
    """A PDF as its reader sees it: text of the pages, fonts, QR codes of the first page."""

    def __init__(self, data: bytes):
        with pdfium.PdfDocument(BytesIO(data)) as document:
            self.pages = [page.get_textpage().get_text_range() for page in document]
            self.fonts = {
                found.get_font().get_base_name()
                for page in document
                for found in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT])
            }
            self.codes = [code.text for code in zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())]

    @property
    def text(self) -> str:
        """All pages in one line, no-break spaces made plain."""
        return " ".join(" ".join(self.pages).replace("\u00a0", " ").replace("\ufffe", "-").split())
