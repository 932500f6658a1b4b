"""Quotes: the list, the form of an order with a last day, what ends them. The paper is the invoices' work."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, Create, FormPage, ListPage, PanelView
from clients.models import Client
from products import offering
from products.filters import QuoteFilter
from products.models import Order, Quote
from products.quote_forms import DeclineForm, QuoteForm
from products.tables import QuoteTable
from products.views.orders import ForClient

LIST = ((_("Quotes"), "quote-list"),)


class QuoteList(ListPage):
    permission, title, menu = "products.view_quote", _("Quotes"), "orders"
    queryset = Quote.objects.all()
    table, filterset = QuoteTable, QuoteFilter
    search_fields = ("client__name_key", "number")
    search_hint = _("Client or quote number")
    create = Create("quote-new", "products.add_quote", _("New quote"))
    tabs = (
        (_("All"), ""),
        (_("Drafts"), "status=draft"),
        (_("With the client"), "status=sent"),
        (_("Accepted quotes"), "status=accepted"),
        (_("Declined quotes"), "status=declined"),
        (_("Expired quotes"), "status=expired"),
    )
    empty_text = _("No quotes yet. A quote is an order that the client has not said yes to.")


class QuoteWork(FormPage):
    """The form of an order, live sum and all, that makes or changes a quote."""

    menu, crumbs, form_class = "orders", LIST, QuoteForm
    template_name = "products/quote_new.html"
    client: Any  # whose quote it is

    def get_context(self, obj: Quote | None) -> dict[str, Any]:
        return {"client": self.client}

    def given(self, quote: Quote | None) -> dict[str, Any]:
        """Arguments of a form that begins with what another quote says."""
        if quote is None:
            return {"client": self.client}
        return {"client": self.client, "given": offering.lines_of(quote)}

    def get_success_url(self, obj: Quote) -> str:
        return reverse("quote-detail", args=[obj.pk])


class QuoteNew(ForClient, QuoteWork):
    """Without ?client= it asks for the client first; ?like= begins with the lines of another quote."""

    permission, title = "products.add_quote", _("New quote")
    submit_label, success_message = _("Save the quote"), _("The draft is saved. Nothing has been sent.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.GET.get("client"):
            return render(request, "products/order_client.html", {**self.frame(), "leads_to": "quote-new"})
        return super().get(request, *args, **kwargs)

    @cached_property
    def like(self) -> Quote | None:
        number = self.request.GET.get("like", "")
        if not number:
            return None
        if not number.isdecimal() or len(number) > 12:
            raise Http404
        return get_object_or_404(self.client.quotes.select_related("promotion"), pk=number)

    def get_initial(self) -> dict[str, Any]:
        if self.like is None:
            return {}
        return {
            "payer": self.like.payer_id,
            "promo": self.like.promotion.code if self.like.promotion else "",
            "comment": self.like.comment,
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return self.given(self.like)

    def perform(self, form: QuoteForm, by: Any) -> Quote:
        return offering.make_quote(self.client, form.wanted(), form.terms(), by=by)


class QuoteEdit(QuoteWork):
    permission, title = "products.change_quote", _("Edit the quote")
    submit_label, success_message = _("Save the quote"), _("The draft is saved. Nothing has been sent.")
    queryset = Quote.objects.select_related("client", "promotion")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(status=Quote.Status.DRAFT)

    @cached_property
    def client(self) -> Client:
        return self.object.client

    def get_initial(self) -> dict[str, Any]:
        kept = ("starts_on", "valid_until", "payer", "comment")
        promo = self.object.promotion.code if self.object.promotion else ""
        return {**{name: getattr(self.object, name) for name in kept}, "promo": promo}

    def get_form_kwargs(self) -> dict[str, Any]:
        return self.given(self.object)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), self.get_success_url(obj))]

    def perform(self, form: QuoteForm, by: Any) -> Quote:
        return offering.change_quote(self.object, form.wanted(), form.terms(), by=by)


class QuoteDeed(ActionPage):
    """A deed on a quote; ends at the quote."""

    permission, menu, crumbs = "products.change_quote", "orders", LIST
    queryset = Quote.objects.select_related("client", "promotion")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (str(obj), self.get_success_url(obj))]

    def get_success_url(self, obj: Quote) -> str:
        return reverse("quote-detail", args=[obj.pk])


class QuoteAccept(QuoteDeed):
    permission = "products.add_order"
    title, submit_label = _("The client accepts the quote"), _("Make the order")
    success_message = _("The order is made, at the prices that were offered. Nothing has been sent.")
    explanation = _(
        "The client has said yes by phone or letter. A pending order is made with the very lines and prices "
        "of the quote; accepting the order then makes services and drafts of invoices."
    )

    def perform(self, obj: Quote, by: Any, data: dict[str, Any]) -> Order:
        return offering.accept_quote(obj, by=by)

    def get_success_url(self, obj: Quote | Order) -> str:
        return reverse("order-detail" if isinstance(obj, Order) else "quote-detail", args=[obj.pk])


class QuoteDecline(QuoteDeed):
    title, submit_label, form_class = _("The client declines the quote"), _("Decline"), DeclineForm
    success_message = _("The quote is declined.")
    explanation = _("Its link says so from now on. The quote stays in the list and can be opened again.")

    def perform(self, obj: Quote, by: Any, data: dict[str, Any]) -> Quote:
        return offering.decline_quote(obj, by=by, because=data["because"])


class QuoteReopen(QuoteDeed):
    title, submit_label = _("Back to a draft"), _("Back to a draft")
    success_message = _("The quote is a draft again. Its old link tells nothing any more.")
    explanation = _(
        "It can be changed and sent anew. The link that the client has stops working at once, and a new one "
        "comes with the next letter."
    )

    def perform(self, obj: Quote, by: Any, data: dict[str, Any]) -> Quote:
        return offering.reopen_quote(obj, by=by)


class ClientQuotes(PanelView):
    permission, model, template_name = "products.view_quote", Client, "products/_client_quotes.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {"quotes": obj.quotes.select_related("author").order_by("-pk")[:50]}
