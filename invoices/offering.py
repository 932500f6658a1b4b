"""The paper of a quote, and sending it. Priced anew it says what accepting the quote would bill."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from billing_site.journal.models import subject_of
from billing_site.journal.moves import move
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.money import NBSP
from billing_site.kit.requisites import shown_phone
from billing_site.kit.secrets import make_token
from billing_site.kit.words import amount_in_words, long_date
from billing_site.letters.actions import Content, FilePart, queue
from billing_site.letters.models import Hold, Letter
from billing_site.office.models import Seller, SellerRequisites, User, VatTable
from clients.actions import lock
from invoices import documents, pdf, totals
from invoices.drafting import default_payers, fee_line, taxed
from invoices.issuing import Check, addressees_of
from invoices.models import Line
from products import offering, pricing
from products.letters import quote_letter
from products.models import Promotion, Quote, QuoteLine
from products.quoting import Quoted

KIND = "quote"


@dataclass(frozen=True)
class Part:
    """What one of our sellers offers."""

    seller_words: str
    rows: tuple[documents.Row, ...]
    discounted: bool
    total: str
    vat: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OfferPaper:
    """Everything that stands on a коммерческое предложение, ready to print."""

    title: str
    buyer_words: str
    valid_until: str
    parts: tuple[Part, ...]
    total: str
    words: str
    currency: str
    later: tuple[tuple[str, str], ...]
    comment: str
    manager: str
    contacts: str


def paper_of(quote: Quote, lines: Sequence[QuoteLine]) -> OfferPaper:
    """The paper as of the day the quote was sent, or of today while it is a draft.

    Raises Refused when the lines can't be priced any more or a seller can't print a paper yet.
    """
    day = clock.moscow(quote.sent_at).date() if quote.sent_at else clock.today()
    payer = quote.payer or default_payers([quote.client_id]).get(quote.client_id)
    quoted = offering.quote_again(quote, lines, quote.starts_on)
    total = sum((one.total for one in quoted), Decimal(0))
    roubles = quote.client.currency == "RUB"
    manager = quote.client.account_manager or quote.client.sales_manager or quote.author
    later = offering.per_cycle(lines)
    return OfferPaper(
        title=f"Коммерческое предложение № {quote.number} от {long_date(day)}",
        buyer_words=documents.party_words(documents.buyer_snapshot(payer, day)) if payer else _called(quote),
        valid_until=long_date(quote.valid_until),
        parts=tuple(_parts(quoted, day)),
        total=documents.shown_sum(total),
        words=amount_in_words(total) if roubles else "",
        currency="руб." if roubles else quote.client.currency,
        later=tuple((str(cycle.label), documents.shown_sum(sum_)) for cycle, sum_ in later.items()),
        comment=quote.comment,
        manager=manager.name if manager else "",
        contacts=_contacts(manager) if manager else "",
    )


def _called(quote: Quote) -> str:
    return quote.client.company or quote.client.name


def _contacts(manager: User) -> str:
    return ", ".join(part for part in (_phone(manager), manager.email) if part)


def _phone(manager: User) -> str:
    if not manager.phone:
        return ""
    phone = f"тел.{NBSP}{shown_phone(manager.phone)}"
    return f"{phone}, доб.{NBSP}{manager.extension}" if manager.extension else phone


def _parts(quoted: Sequence[Quoted], day: date) -> list[Part]:
    """One per seller, in the order of lines; set-up fees stand below, as on the invoice."""
    vat, sellers = VatTable(), {one.line.product.seller_id: one.line.product.seller for one in quoted}
    parts = []
    for seller_id, seller in sellers.items():
        own = [one for one in quoted if one.line.product.seller_id == seller_id]
        lines = [offered_line(one, day, vat) for one in own]
        lines += [fee_line(one.line, day, vat=vat) for one in own if one.fee]
        rows, sums = tuple(documents.rows_of(lines)), totals.total(lines)
        parts.append(
            Part(
                seller_words=_who(seller, day),
                rows=rows,
                discounted=any(row.discount for row in rows),
                total=documents.shown_sum(sums.gross),
                vat=documents.vat_rows(lines, sums),
            )
        )
    return parts


def _who(seller: Seller, day: date) -> str:
    """The seller as papers of that day name it. Raises Refused without requisites."""
    try:
        own = seller.requisites_on(day)
    except SellerRequisites.DoesNotExist as missing:
        raise Refused(_("The seller has no requisites on this date.")) from missing
    return documents.party_words(
        {"name": own.full_name, "inn": own.inn, "kpp": own.kpp, "address": own.address, "phone": own.phone}
    )


def offered_line(one: Quoted, day: date, vat: VatTable) -> Line:
    """An unsaved line that says what the first invoice of the offered one will say."""
    line, charge = one.line, one.charge
    thing = line.option or line.product
    discount, off_text, shown = line.discount, "", charge
    if one.promotion is not None and one.promotion.shown == Promotion.Shown.LINE:
        shown, off_text = one.full, f"Скидка по промокоду {one.promotion.code}"
    elif one.promotion is not None:
        _price, discount = pricing.promoted(
            line.price, line.discount, kind=one.promotion.kind, value=one.promotion.value
        )
    return Line(
        kind=Line.Kind.CHARGE,
        period=DateRange(one.period.start, one.period.end) if one.period else None,
        text=f"{thing.line_text}: {line.choice}"
        if line.choice
        else f"{thing.line_text} {line.domain}".rstrip(),
        quantity=Decimal(line.quantity),
        unit=thing.unit,
        price=shown.unit_price,
        month_price=shown.month_price,
        discount=discount,
        off=one.off,
        off_text=off_text,
        **taxed(charge.amount, line.product, one.period.last_day if one.period else day, vat),
    )


def print_paper(quote: Quote, lines: Sequence[QuoteLine]) -> FilePart:
    """The paper as a PDF. Its words are Russian, whoever reads it."""
    with translation.override("ru"):
        page = render_to_string("invoices/pdf/offer.html", {"paper": paper_of(quote, lines)})
        return FilePart(file_name(quote), "application/pdf", pdf.render(page))


def preview_paper(quote: Quote, lines: Sequence[QuoteLine]) -> str:
    """The paper as a page of its own, of a draft marked «черновик». Raises Refused as `paper_of`."""
    with translation.override("ru"):
        context = {"paper": paper_of(quote, lines), "draft": quote.status == Quote.Status.DRAFT}
        return render_to_string("invoices/offer_paper.html", context)


def file_name(quote: Quote) -> str:
    return f"КП_{quote.number}.pdf"


def checks(quote: Quote, lines: Sequence[QuoteLine]) -> list[Check]:
    """Everything looked at before a quote is sent; a "stop" keeps it in the house."""
    found = [_check_day(quote), _check_paper(quote, lines), _check_address(quote)]
    if Hold.objects.filter(client_no=quote.client_id).exists():
        found.append(Check("warn", _("The client is on hold: the letter will wait until released.")))
    if quote.starts_on < clock.today():
        told = _("The start, %(day)s, is over: what is accepted later starts on its day.")
        found.append(Check("warn", told % {"day": f"{quote.starts_on:%d.%m.%Y}"}))
    return found


def _check_day(quote: Quote) -> Check:
    day = f"{quote.valid_until:%d.%m.%Y}"
    if quote.valid_until < clock.today():
        return Check("stop", _("The quote was valid until %(day)s: give it another day.") % {"day": day})
    return Check("pass", _("Valid until %(day)s") % {"day": day})


def _check_paper(quote: Quote, lines: Sequence[QuoteLine]) -> Check:
    try:
        paper_of(quote, lines)
    except Refused as refused:
        return Check("stop", refused.message)
    if not quote.total:
        return Check("warn", _("The quote costs nothing."))
    return Check("pass", _("Lines and total"))


def _check_address(quote: Quote) -> Check:
    to = addressees_of(quote.client)
    if not to:
        return Check("stop", _("The client has no address for the letter."))
    return Check("pass", _("Address: %(to)s") % {"to": ", ".join(to)})


def preview(quote: Quote, lines: Sequence[QuoteLine], link: str = "#") -> Content:
    """The letter exactly as it would go; the link comes with the sending."""
    with translation.override(quote.client.language):
        return quote_letter(quote, lines, link=link)


def fingerprint(quote: Quote, lines: Sequence[QuoteLine]) -> str:
    """What Check & send has shown, in short. Another one = look again."""
    told = [(line.product_id, line.option_id, line.choice_id, line.quantity, f"{line.price}", line.cycle,
             f"{line.discount}") for line in lines]  # fmt: skip
    about = (quote.valid_until, quote.starts_on, quote.payer_id, quote.comment, quote.promotion_id)
    shown = repr((addressees_of(quote.client), about, told))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def send_quote(quote: Quote, *, by: User, seen: str | None = None) -> Letter:
    """The quote leaves the house: a link that only the client's letter knows, and the paper as a PDF.

    `seen` is the fingerprint of what the person looked at. The paper is printed before anything is locked.
    Raises Refused with the first stopping check, or when the quote is another by now; IllegalMove when it
    is no draft any more.
    """
    lines = offering.lines_of(quote)
    stop = next((check for check in checks(quote, lines) if check.level == "stop"), None)
    if stop:
        raise Refused(stop.text)
    looked_at = fingerprint(quote, lines)
    if seen is not None and seen != looked_at:
        raise Refused(_("The quote or its addressees have changed since you looked: look again."))
    return _send(quote, print_paper(quote, lines), looked_at, by)


@transaction.atomic
def _send(quote: Quote, paper: FilePart, looked_at: str, by: User) -> Letter:
    lock(quote.client_id)
    row = Quote.objects.select_related("client__account_manager", "client__sales_manager").get(pk=quote.pk)
    lines = offering.lines_of(row)
    if fingerprint(row, lines) != looked_at:
        raise Refused(_("The quote or its addressees have changed since you looked: look again."))
    token, digest = make_token()
    move(row, Quote.Status.SENT, by=by, token_hash=digest, sent_at=clock.now())
    return queue(
        preview(row, lines, public_url(token)),
        to=addressees_of(row.client),
        kind=KIND,
        by=by,
        client_no=row.client_id,
        about=subject_of(row),
        language=row.client.language,
        about_money=False,
        files=[paper],
    )


def public_url(token: str) -> str:
    """Absolute address of the client's page of a quote."""
    return settings.SITE_URL + reverse("public-quote", args=[token])


def sent_paper(quote: Quote) -> str:
    """Where the paper lies that went with the quote's last letter; empty when none went."""
    letter = Letter.objects.filter(about=subject_of(quote), kind=KIND).order_by("-pk").first()
    part = letter.attachments.order_by("pk").first() if letter else None
    return part.storage_name if part else ""
