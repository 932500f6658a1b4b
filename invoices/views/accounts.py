"""Statement of account of a client: a page, and the same as a paper or a file."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.requisites import shown_phone
from billing_site.kit.words import long_date
from billing_site.office.models import Seller, SellerRequisites
from billing_site.pages import exports
from billing_site.pages.layout import native_dates
from billing_site.pages.page import Crumb
from billing_site.pages.views import DetailPage
from clients.models import Client
from invoices import accounts, pdf
from invoices.accounts import Account, Wanted
from invoices.forms import AccountForm
from invoices.models import Invoice, PublicLink
from invoices.views.public import standing_of


class AccountPage(DetailPage):
    """Opening balance, documents, payments, closing balance of each payer with each seller."""

    permission, model, menu = "invoices.view_invoice", Client, "clients"
    title = _("Statement of account")
    crumbs = ((_("Clients"), "client-list"),)
    template_name = "invoices/account.html"

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, reverse("client-detail", args=[obj.pk]))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        client = self.get_object()
        typed = request.GET if "since" in request.GET else self.this_year()
        form = native_dates(AccountForm(typed, client=client))
        found: list[Account] | None = None
        wanted = Wanted(**form.cleaned_data) if form.is_valid() else None
        if wanted:
            found = self.read(client, wanted, form)
        printed = WRITERS.get(request.GET.get("export", ""))
        if printed and wanted and found:
            return printed(client, wanted, found)  # type: ignore[return-value]
        context = {"object": client, "form": form, "wanted": wanted, "accounts": found, "client": client}
        return render(
            request,
            self.template_name,
            {**self.frame(client), "base_template": self.base_template, **context},
        )

    def this_year(self) -> dict[str, Any]:
        today = clock.today()
        return {"since": today.replace(month=1, day=1), "until": today}

    def read(self, client: Client, wanted: Wanted, form: Any) -> list[Account] | None:
        try:
            return accounts.accounts_of(client, wanted)
        except accounts.TooLong:
            form.add_error("since", _("Too many documents for one statement: take a shorter period."))
            return None


def paper(client: Client, wanted: Wanted, found: list[Account]) -> HttpResponseBase:
    """The statement on A4. Its words are Russian, whoever reads it."""
    with translation.override("ru"):
        told = accounts.accounts_of(client, wanted)  # «Счёт № …» in the paper's language
        sheet = {
            "since": long_date(wanted.since),
            "until": long_date(wanted.until),
            "printed": long_date(clock.today()),
            "accounts": [(one, full_name(one.seller, wanted.until)) for one in told],
        }
        data = pdf.render(render_to_string("invoices/pdf/account.html", sheet))
    return _file(io.BytesIO(data), client, wanted, "pdf", "application/pdf")


def full_name(seller: Seller, on: date) -> str:
    """The seller as papers of that day name it."""
    try:
        return seller.requisites_on(on).full_name
    except SellerRequisites.DoesNotExist:
        return seller.name


def sheet(client: Client, wanted: Wanted, found: list[Account]) -> HttpResponseBase:
    """The statement with real dates and numbers."""
    file = io.BytesIO()
    heads = [
        _t("Seller"),
        _t("Payer"),
        _t("Date"),
        _t("Document"),
        _t("Charged"),
        _t("Received"),
        _t("Balance"),
    ]
    exports.write_xlsx(file, heads, _rows(wanted, found))
    file.seek(0)
    return _file(file, client, wanted, "xlsx", exports.XLSX)


def _rows(wanted: Wanted, found: list[Account]) -> Iterator[list[Any]]:
    for one in found:
        who = [one.seller.name, one.payer.name]
        yield [*who, wanted.since, _t("Opening balance"), None, None, one.opening]
        for row in one.movements:
            yield [*who, row.on, row.what, row.charged or None, row.received or None, row.balance]
        yield [*who, wanted.until, _t("Closing balance"), one.charged, one.received, one.closing]


def _file(file: io.BytesIO, client: Client, wanted: Wanted, kind: str, content_type: str) -> FileResponse:
    name = f"{_t('Statement of account')} {client.pk} {wanted.since:%Y-%m-%d} {wanted.until:%Y-%m-%d}.{kind}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)


class ClientSeen(DetailPage):
    """«Панель клиента» (R11): what the client can open by the links in our letters, without signing in.

    Opened by staff, a link does not count as opened by the client.
    """

    permission, model, template_name = "invoices.view_invoice", Client, "invoices/seen.html"
    shown = 50

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        client = self.get_object()
        with translation.override(client.language):
            page = render_to_string(self.template_name, self.get_context(client))
        return HttpResponse(
            page, headers={"Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}
        )

    def get_context(self, obj: Client) -> dict[str, Any]:
        links = (
            PublicLink.objects.filter(invoice__client=obj, revoked_at=None)
            .exclude(invoice__status__in=(Invoice.Status.DRAFT, Invoice.Status.DISCARDED))
            .select_related("invoice__seller", "invoice__replaced_by")
            .order_by("-invoice__issued_on", "-pk")
        )
        manager = obj.account_manager
        return {
            "client": obj,
            "links": [(one, standing_of(one.invoice)) for one in links[: self.shown]],
            "manager": manager,
            "manager_phone": shown_phone(manager.phone, manager.extension) if manager else "",
        }


WRITERS = {"pdf": paper, "xlsx": sheet}
