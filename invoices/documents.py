"""What papers say: snapshots of who, and the sentences banks read. Pure, apart from reading requisites.

What is printed is the document's fixed form: Russian in any language.
"""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import NBSP, format_number
from billing_site.kit.periods import Period
from billing_site.kit.requisites import shown_phone
from billing_site.kit.words import amount_in_words, long_date, purpose_amount
from billing_site.office.models import Seller, SellerRequisites, VatTreatment
from clients.contracting import contract_of
from clients.models import Contract, Payer
from invoices import totals
from invoices.models import Invoice, Line, Revision

PURPOSE_LIMIT = 210  # characters a bank carries
OPEN_NUMBER = "…"  # stands where a draft has no number yet
QR_LIMITS = {"Name": 160, "BankName": 45, "Purpose": PURPOSE_LIMIT}  # characters, GOST R 56042-2014
QR_SEPARATORS = "|~^#;"
CONTRACTS: dict[str, str] = {
    Contract.Kind.DEAL: "Договор", Contract.Kind.OFFER: "Оферта", Contract.Kind.BILL: "Счёт-договор",
}  # fmt: skip
SOLE_TRADER_INN = 12  # digits; a company has ten


def seller_snapshot(seller: Seller, on: date, payer: Payer) -> dict[str, Any]:
    """Requisites, signatories and account of a seller as printed on a paper of `on` for a payer (R1.3).

    Raises Refused when the seller has no requisites or main account yet.
    """
    account = seller.accounts.filter(is_main=True, active=True).first()
    if account is None:
        raise Refused(_("The seller has no bank account to print."))
    try:
        own = seller.requisites_on(on)
    except SellerRequisites.DoesNotExist as missing:
        raise Refused(_("The seller has no requisites on this date.")) from missing
    return {
        "name": own.full_name,
        "inn": own.inn,
        "kpp": own.kpp,
        "ogrn": own.ogrn,
        "address": own.address,
        "phone": own.phone,
        "director_post": own.director_post,
        "director": own.director,
        "accountant": own.accountant,
        "bank": account.bank,
        "bic": account.bic,
        "correspondent": account.correspondent,
        "account": account.account,
        "basis": _basis(payer, seller, on),
        "number_prefix": seller.number_prefix,
        "purpose_prefix": seller.purpose_prefix,
    }


def _basis(payer: Payer, seller: Seller, on: date) -> str:
    """What the paper stands on: the contract in force, else the seller's offer."""
    contract = contract_of(payer, seller, on)
    if contract is None:
        return seller.offer_text
    return f"{CONTRACTS[contract.kind]} № {contract.number} от {contract.date:%d.%m.%Y}"


def buyer_snapshot(payer: Payer, on: date) -> dict[str, Any]:
    """The payer as printed on a paper of `on`."""
    return {
        "name": payer.name,
        "kind": payer.kind,
        "inn": payer.inn,
        "kpp": payer.kpp_on(on),
        "address": payer.legal_address,
        "code": payer.counterparty_code,
    }


def shown_number(invoice: Invoice) -> str:
    """The number as printed: with the seller's prefix if the series asks for one (R6.3); «…» of a draft."""
    if invoice.number is None:
        return OPEN_NUMBER
    return f"{invoice.seller.number_prefix}{invoice.number}"


def file_name(invoice: Invoice) -> str:
    """What the client's computer calls the paper: «Счет_72815_от_09.02.2019.pdf»."""
    number = re.sub(r"[^\w-]+", "-", shown_number(invoice))
    return f"Счет_{number}_от_{invoice.issued_on:%d.%m.%Y}.pdf"


def percent(rate: Decimal) -> str:
    """Decimal("22.00") → «22%», Decimal("12.50") → «12,5%»."""
    return f"{rate.normalize():f}%".replace(".", ",")


def vat_words(lines: Sequence[Line]) -> str:
    """«НДС не облагается.» or «В т.ч. НДС 22% 155,08р.» for purposes."""
    if all(line.vat_treatment == VatTreatment.NONE for line in lines):
        return "НДС не облагается."
    sums = totals.total(lines)
    rates = ", ".join(percent(rate) for rate, _vat in sums.vat_by_rate if rate is not None)
    return f"В т.ч. НДС {rates} {sums.vat:.2f}р."


def lasts(line: Line) -> bool:
    """Whether the line's period says something to the client: work done once has only its day."""
    return bool(line.period) and (
        line.month_price is not None or (line.period.upper - line.period.lower).days > 1
    )


def purpose(invoice: Invoice, revision: Revision, lines: Sequence[Line]) -> str:
    """The ready purpose of payment, in the office's own form (MISSION figure 5), at most 210 characters.

    What doesn't fit is taken from the middle: number, sum and VAT always stay.
    """
    number = f"{revision.seller['purpose_prefix']}{shown_number(invoice)}"
    head = f"Оплата по счету {number} от {invoice.issued_on:%d.%m.%y}; "
    tail = f" Сумма: {purpose_amount(invoice.total)} {vat_words(lines)}"
    room = PURPOSE_LIMIT - len(head) - len(tail)
    texts = " + ".join(line.text for line in lines if line.kind == Line.Kind.CHARGE)
    periods = [line.period for line in lines if lasts(line)]
    span = ""
    if periods:
        first, last = min(p.lower for p in periods), max(p.upper for p in periods) - timedelta(days=1)
        span = f" с {first:%d.%m.%y} по {last:%d.%m.%y}"
    if len(texts) + len(span) > room:
        texts = texts[: room - len(span) - 1] + "…"
    return head + texts + span + tail


def qr_payload(seller: dict[str, Any], buyer: dict[str, Any], amount: Decimal, purpose: str) -> str:
    """What the QR of a paper says to the payer's bank: GOST R 56042-2014, UTF-8, the sum in kopecks.

    `seller`, `buyer` are snapshots. Too long values are cut by characters; the separator is the first
    of the allowed ones that no value contains. Raises ValueError when each of them stands somewhere.
    """
    fields = {
        "Name": seller["name"],
        "PersonalAcc": seller["account"],
        "BankName": seller["bank"],
        "BIC": seller["bic"],
        "CorrespAcc": seller["correspondent"] or "0",
        "Sum": str(int(amount * 100)),
        "Purpose": purpose,
        "PayeeINN": seller["inn"],
        "PayerINN": buyer["inn"],
        "KPP": seller["kpp"],
    }
    pairs = [f"{key}={value[: QR_LIMITS.get(key, 20)]}" for key, value in fields.items() if value]
    free = (sign for sign in QR_SEPARATORS if not any(sign in pair for pair in pairs))
    separator = next(free, None)
    if separator is None:
        raise ValueError("no separator is left for the QR")
    return separator.join(["ST00012", *pairs])


def qr_svg(payload: str) -> SafeString:
    """The QR as inline SVG that fills its box; drawn by us from our payload, so it is safe."""
    code = segno.make(payload, encoding="utf-8", mode="byte", error="m", micro=False, boost_error=False)
    drawn = code.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn.replace("<svg ", '<svg shape-rendering="crispEdges" ', 1))  # noqa: S308


def as_of_today(invoice: Invoice) -> tuple[Invoice, Revision]:
    """Copies of a draft and its revision as they would stand if issued today; nothing is stored.

    Raises Refused when the seller can't print a paper yet.
    """
    shown, revision = copy(invoice), copy(invoice.revision)
    shown.issued_on = clock.today()
    revision.seller = seller_snapshot(invoice.seller, shown.issued_on, invoice.payer)
    revision.buyer = buyer_snapshot(invoice.payer, shown.issued_on)
    revision.purpose = purpose(shown, revision, list(revision.lines.all()))
    return shown, revision


@dataclass(frozen=True)
class Row:
    """A line as printed; empty cells are empty strings. `number` is empty for a line that only tells."""

    number: str
    text: str
    period: str
    quantity: str
    unit: str
    price: str
    month_price: str
    discount: str
    amount: str


@dataclass(frozen=True)
class Paper:
    """Everything that stands on a счёт, ready to print. `qr` and `words` are empty but in roubles."""

    number: str
    title: str
    correction: str
    draft: bool
    seller: dict[str, Any]
    buyer: dict[str, Any]
    seller_words: str
    buyer_words: str
    due: str
    rows: tuple[Row, ...]
    discounted: bool
    total: str
    vat: tuple[tuple[str, str], ...]
    count: int
    currency: str
    words: str
    purpose: str
    comment: str
    qr: str
    signatures: tuple[tuple[str, str], ...]


def paper_of(invoice: Invoice, revision: Revision) -> Paper:
    """The paper of an issued revision from what was frozen; of a draft as it would be issued today.

    Reads the lines, nothing else of the invoice's row but number, dates, currency. Raises Refused for
    a draft whose seller can't print yet.
    """
    draft = not revision.seller
    if draft:
        invoice, revision = as_of_today(invoice)
    lines = list(revision.lines.all())
    sums = totals.total(lines)
    roubles = invoice.currency == "RUB"
    number = shown_number(invoice)
    payload = qr_payload(revision.seller, revision.buyer, sums.gross, revision.purpose)
    rows = tuple(rows_of(lines))
    return Paper(
        number=number,
        title=f"Счет на оплату № {number} от {long_date(invoice.issued_on or clock.today())}",
        correction=_correction(revision),
        draft=draft,
        seller=revision.seller,
        buyer=revision.buyer,
        seller_words=party_words(revision.seller),
        buyer_words=party_words(revision.buyer),
        due=long_date(invoice.due_on),
        rows=rows,
        discounted=any(row.discount for row in rows),
        total=shown_sum(sums.gross),
        vat=vat_rows(lines, sums),
        count=sum(1 for row in rows if row.number),
        currency="руб." if roubles else invoice.currency,
        words=amount_in_words(sums.gross) if roubles and sums.gross >= 0 else "",
        purpose=revision.purpose,
        comment=revision.comment,
        qr=qr_svg(payload) if roubles and not draft else "",
        signatures=_signatures(revision.seller),
    )


def preview_paper(invoice: Invoice) -> str:
    """The paper as a page of its own: of a draft marked «черновик», else of the current revision.

    Raises Refused as `paper_of`.
    """
    return render_to_string("invoices/paper.html", {"paper": paper_of(invoice, invoice.revision)})


def rows_of(lines: Sequence[Line]) -> Iterator[Row]:
    """Lines as printed, saved or not."""
    number = 0
    for line in lines:
        told = line.kind == Line.Kind.TEXT
        counted = line.kind in (Line.Kind.CHARGE, Line.Kind.OPENING, Line.Kind.FEE)
        number += counted
        month = line.month_price if line.month_price and line.month_price != line.price else None
        yield Row(
            number=str(number) if counted else "",
            text=line.text,
            period=_period(line),
            quantity=f"{line.quantity.normalize():f}".replace(".", ",") if counted else "",
            unit=line.unit if counted else "",
            price=shown_sum(line.price) if counted else "",
            month_price=shown_sum(month) if counted and month else "",
            discount=percent(line.discount) if line.discount else "",
            amount="" if told else shown_sum(line.gross + line.off if line.off_text else line.gross),
        )
        if line.off_text:
            yield _off_row(line)


def _off_row(line: Line) -> Row:
    """What a promotion took off the line above, where it is shown as a line of its own."""
    nothing = dict.fromkeys(("number", "period", "quantity", "unit", "price", "month_price", "discount"), "")
    return Row(text=line.off_text, amount=shown_sum(-line.off), **nothing)


def _period(line: Line) -> str:
    """«01.03.2019 – 31.03.2019», shown closed; nothing for work done once."""
    return Period(line.period.lower, line.period.upper).shown() if lasts(line) else ""


def shown_sum(amount: Decimal) -> str:
    return format_number(amount).replace("-", "−")


def vat_rows(lines: Sequence[Line], sums: totals.Total) -> tuple[tuple[str, str], ...]:
    """The rows between «Итого» and «Всего к оплате»; «без НДС» isn't a rate of zero."""
    taxed = [(rate, vat) for rate, vat in sums.vat_by_rate if rate is not None]
    if not taxed or all(line.vat_treatment == VatTreatment.NONE for line in lines):
        return (("Без налога (НДС)", "—"),)
    return tuple((f"В том числе НДС {percent(rate)}", shown_sum(vat)) for rate, vat in taxed)


def _correction(revision: Revision) -> str:
    if revision.n == 1:
        return ""
    day = clock.moscow(revision.sent_at or clock.now()).date()
    return f"Исправление № {revision.n} от {long_date(day)}"


def party_words(who: dict[str, Any]) -> str:
    """Name, ИНН, КПП, address, phone in one sentence, what is empty left out."""
    parts = [
        who["name"],
        who["inn"] and f"ИНН{NBSP}{who['inn']}",
        who["kpp"] and f"КПП{NBSP}{who['kpp']}",
        re.sub(r"\b(\w{1,3}\.) ", rf"\1{NBSP}", who["address"]),  # «д. 10» is not torn apart
        who.get("phone") and f"тел.:{NBSP}{shown_phone(who['phone']).replace(' ', NBSP)}",
    ]
    return ", ".join(part for part in parts if part)


def _signatures(seller: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Who signs: a sole trader himself, a company by its head and its accountant."""
    if len(seller["inn"]) == SOLE_TRADER_INN:
        return (("Предприниматель", seller["director"]),)
    return (("Руководитель", seller["director"]), ("Бухгалтер", seller["accountant"] or seller["director"]))
