"""Orders: the list, the form with its live sum, one order and what closes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import Seller
from billing_site.pages.bulk import BulkPage
from billing_site.pages.choosing import Choice, ChoicesPage
from billing_site.pages.views import ActionPage, Bulk, Create, DetailPage, FormPage, ListPage, Page, PanelView
from clients.models import Client
from products import actions, schedule, waiting
from products.filters import OrderFilter
from products.forms import LineForm, OrderForm
from products.models import Order, OrderLine, Promotion, Service
from products.promotions import promotion_for
from products.queries import things_called
from products.tables import OrderTable

LEADS_TO = ("order-new", "quote-new", "work-new")  # what a client is chosen for
FOUND = 8  # clients offered while a name is typed


class OrderList(ListPage):
    permission, title, menu = "products.view_order", _("Orders"), "orders"
    queryset = waiting.with_cause(Order.objects.all())
    table, filterset = OrderTable, OrderFilter
    search_fields = ("client__name_key", "id")
    search_hint = _("Client or order number")
    create = Create("order-new", "products.add_order", _("New order"))
    tabs = (
        (_("All"), ""),
        (_("Pending"), "status=pending"),
        (_("Paid or running already"), "status=pending&cause=paid"),
        (_("Old"), "status=pending&cause=old"),
        (_("Waiting"), "status=pending&cause=waiting"),
        (_("Accepted"), "status=accepted"),
    )
    bulk = (Bulk("order-bulk-close", "products.cancel_order", _("Close")),)
    empty_text = _("No orders yet. Begin with a client who wants something.")


class OrderBulkClose(BulkPage):
    permission, menu, list_name = "products.cancel_order", "orders", "order-list"
    deed = schedule.CLOSE_ORDERS


class ForClient(Page):
    """Pages about the client named in the address (?client=7), inside the user's scope."""

    @cached_property
    def client(self) -> Client:
        number = self.request.GET.get("client", "")
        if not number.isdecimal() or len(number) > 12:
            raise Http404
        return get_object_or_404(Client.objects.visible_to(self.request.user), pk=number)


class OrderNew(ForClient, FormPage):
    """Without ?client= it asks for the client first."""

    permission, title, menu = "products.add_order", _("New order"), "orders"
    crumbs = ((_("Orders"), "order-list"),)
    form_class, template_name = OrderForm, "products/order_new.html"
    submit_label, success_message = _("Create the order"), _("Order created. Nothing has been sent.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.GET.get("client"):
            return render(request, "products/order_client.html", {**self.frame(), "leads_to": "order-new"})
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"client": self.client}

    def get_context(self, obj: None) -> dict[str, Any]:
        return {"client": self.client}

    def perform(self, form: OrderForm, by: Any) -> Order:
        data = form.cleaned_data
        return actions.create_order(
            self.client, form.wanted(), starts_on=data["starts_on"], payer=data["payer"],
            comment=data["comment"], promo=data["promo"], by=by,
        )  # fmt: skip

    def get_success_url(self, obj: Order) -> str:
        return reverse("order-detail", args=[obj.pk])


class OrderClients(Page):
    """Clients to choose from while a name, number, INN or e-mail is typed."""

    permission = "products.add_order"

    def get(self, request: HttpRequest) -> HttpResponse:
        typed = " ".join(request.GET.get("who", "").lower().replace("ё", "е").split())
        found: list[Client] = []
        if typed:
            rows = Client.objects.visible_to(self.request.user).filter(_is_called(typed)).distinct()
            found = list(rows.order_by("name_key", "pk").prefetch_related("payers")[:FOUND])
        wanted = request.GET.get("for", "")
        leads_to = wanted if wanted in LEADS_TO else LEADS_TO[0]
        context = {"found": found, "typed": typed, "leads_to": leads_to}
        return render(request, "products/_order_clients.html", context)


def _is_called(typed: str) -> Q:
    called = Q(name_key__contains=typed)
    if typed.isdecimal():
        called |= Q(payers__inn=typed)
        if len(typed) < 10:
            called |= Q(pk=int(typed))
    if "@" in typed:
        called |= Q(addresses__address__startswith=typed)
    return called


class OrderThings(ChoicesPage):
    """Products and their options for a line, while a name is typed."""

    permission = "products.add_order"

    def find(self, words: Sequence[str], limit: int) -> list[Choice]:
        things = things_called(words, limit)
        return [Choice(thing.key, str(thing), thing.product.group.name) for thing in things]


class OrderLineNew(ForClient):
    """One more empty line for the form, at the place ?n=."""

    permission = "products.add_order"

    def get(self, request: HttpRequest) -> HttpResponse:
        place = request.GET.get("n", "")
        n = int(place) if place.isdecimal() and len(place) < 5 else 0
        line = LineForm(None, n=n, things={})
        context = {"line": line, "next_place": n + 1, "client": self.client}
        return render(request, "products/_order_line_new.html", context)


class OrderSummary(ForClient):
    """What the order would cost while it is typed: the sums of `create_order` itself."""

    permission = "products.add_order"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = OrderForm(request.GET, client=self.client)
        wanted, refused, quoted = form.wanted(), "", []
        data = form.cleaned_data if form.is_valid() or form.cleaned_data else {}
        promotion, refused = self.promotion(data.get("promo", ""))
        if wanted and data.get("starts_on"):
            try:
                quoted = actions.quote_order(
                    self.client, wanted, starts_on=data["starts_on"], promotion=promotion
                )
            except Refused as why:
                refused = why.message
        singles = [one.product for one in wanted if one.option is None and not one.doubled_because]
        context = {
            "client": self.client,
            "quoted": quoted,
            "refused": refused,
            "waiting": len(form.lines) - len(wanted),
            "promotion": promotion,
            "sums": Sums.of(quoted),
            "drafts": by_seller(quoted),
            "doubles": actions.doubles(self.client, singles),
        }
        return render(request, "products/_order_summary.html", context)

    def promotion(self, code: str) -> tuple[Promotion | None, str]:
        """The typed promo code, or why it can't be used."""
        if not code.strip():
            return None, ""
        try:
            return promotion_for(code, self.client, clock.today()), ""
        except Refused as why:
            return None, why.message


@dataclass(frozen=True)
class Sums:
    """What an order comes to; `subtotal` before discounts and promo code."""

    subtotal: Decimal
    discount: Decimal
    promo: Decimal
    fees: Decimal
    total: Decimal
    cashback: Decimal

    @classmethod
    def of(cls, quoted: list[actions.Quoted]) -> "Sums":
        zero = Decimal(0)
        before = sum((one.before for one in quoted), zero)
        full = sum((one.full.amount for one in quoted), zero)
        return cls(
            subtotal=before,
            discount=before - full,
            promo=sum((one.off for one in quoted), zero),
            fees=sum((one.fee for one in quoted), zero),
            total=sum((one.total for one in quoted), zero),
            cashback=sum((one.cashback for one in quoted), zero),
        )


def by_seller(quoted: list[actions.Quoted]) -> list[tuple[Seller, Decimal]]:
    """What each seller's draft would come to, in the order of lines."""
    sums: dict[Seller, Decimal] = {}
    for one in quoted:
        seller = one.line.product.seller
        sums[seller] = sums.get(seller, Decimal(0)) + one.total
    return list(sums.items())


class OrderCard(DetailPage):
    permission, model, menu = "products.view_order", Order, "orders"
    crumbs = ((_("Orders"), "order-list"),)
    template_name = "products/order.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("client", "payer", "author", "promotion", "quote")

    def get_context(self, obj: Order) -> dict[str, Any]:
        lines = list(obj.lines.select_related("product__seller", "option", "choice").order_by("pk"))
        quoted = _quoted(obj, lines) if obj.status == Order.Status.PENDING else []
        return {
            "lines": lines,
            "quoted": quoted,
            "sums": Sums.of(quoted),
            "services": Service.objects.filter(order_line__order=obj).select_related("product"),
        }


def _quoted(order: Order, lines: list[OrderLine]) -> list[actions.Quoted]:
    """What accepting would charge now; nothing when it would be refused."""
    try:
        return actions.quote_lines(order.client, lines, starts_on=order.starts_on, promotion=order.promotion)
    except Refused:
        return []


class OrderMove(ActionPage):
    """A deed that closes an order, or opens it again."""

    permission, model, menu = "products.cancel_order", Order, "orders"
    crumbs = ((_("Orders"), "order-list"),)
    to: str

    def perform(self, obj: Order, by: Any, data: dict[str, Any]) -> Order:
        return actions.close_order(obj, self.to, by=by)

    def get_success_url(self, obj: Order) -> str:
        return reverse("order-detail", args=[obj.pk])


class OrderCancel(OrderMove):
    to, title, submit_label = Order.Status.CANCELLED, _("Cancel the order"), _("Cancel the order")
    explanation = _("The client has changed their mind. The order stays in the list and can be brought back.")
    success_message = _("Order cancelled.")


class OrderRefuse(OrderMove):
    to, title, submit_label = Order.Status.REFUSED, _("Refuse the order"), _("Refuse")
    explanation = _("The office won't sell this. The client is told nothing by the panel.")
    success_message = _("Order refused.")


class OrderFraud(OrderMove):
    to, title, submit_label, danger = Order.Status.FRAUD, _("Call the order fraud"), _("Call it fraud"), True
    explanation = _("The order is marked as fraud for everybody who opens it. The client is told nothing.")
    success_message = _("Order marked as fraud.")


class OrderReopen(OrderMove):
    to, title, submit_label = Order.Status.PENDING, _("Back to pending"), _("Back to pending")
    success_message = _("The order is pending again.")

    def get_explanation(self, obj: Order) -> str:
        if obj.status == Order.Status.ACCEPTED:
            return str(
                _(
                    "Services and invoices that were made of it stay as they are. It can be accepted again "
                    "once its drafts are discarded."
                )
            )
        return str(_("The order can be accepted again."))


class ClientOrders(PanelView):
    permission, model, template_name = "products.view_order", Client, "products/_client_orders.html"

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {"orders": obj.orders.select_related("author").order_by("-pk")[:50]}
