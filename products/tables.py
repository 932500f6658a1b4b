from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages import formats
from billing_site.pages.statuses import badge
from billing_site.pages.tables import (
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Row,
    StatusColumn,
    Table,
    TextColumn,
)
from products.domains import SOON
from products.models import (
    LIVE,
    BillableItem,
    Cycle,
    Domain,
    ModuleCall,
    Order,
    Product,
    Promotion,
    Quote,
    Service,
)
from products.provisioning import OPEN
from products.waiting import Cause


def client_url(row: Row) -> str:
    return reverse("client-detail", args=[row["client_id"]])


def promised(kind: str, value: Decimal) -> str:
    """«5 %», «− 500,00 ₽», «= 4 000,00 ₽»: what a promotion makes of a price."""
    if kind == Promotion.Kind.PERCENT:
        return f"− {value.normalize():f} %".replace(".", ",")
    return f"{'−' if kind == Promotion.Kind.FIXED else '='} {formats.money(value)}"


def paid_up_to(row: Row) -> str:
    """The last paid day, as people say it; stored is the first unpaid one."""
    day = row["paid_until"]
    return formats.day(day - timedelta(days=1)) if day else formats.NOTHING


class ProductTable(Table):
    """`price_<cycle>` are annotations of the list's rows: the prices in force today."""

    columns = (
        LinkColumn("name", _("Product"), sort="name",
                   link=lambda row: reverse("product-detail", args=[row["id"]])),
        TextColumn("group", _("Group"), fields=("group__name",)),
        TextColumn("seller", _("Seller"), fields=("seller__name",)),
        TextColumn("unit", _("Unit")),
        *(
            MoneyColumn(f"price_{cycle.value}", cycle.label, hidden=cycle in (
                Cycle.FREE, Cycle.QUARTER, Cycle.TWO_YEARS, Cycle.THREE_YEARS
            ))
            for cycle in Cycle
        ),
        NumberColumn("live", _("Services"), fields=("live_services",)),
        StatusColumn("handover", _("Hand-over"), fields=("handover_rule",), choices=Product.HandoverRule,
                     hidden=True, cell=lambda row: str(Product.HandoverRule(row["handover_rule"]).label)),
        TextColumn("family", _("Family"), hidden=True),
        TextColumn("active", _("Sold"), cell=lambda row: badge("yes" if row["active"] else "no")),
    )  # fmt: skip
    reads = ("active",)

    def css(self, row: Row) -> str:
        return "" if row["active"] else "muted"


def told_cause(row: Row) -> str:
    return str(Cause(row["cause"]).label) if row["cause"] else formats.NOTHING


class GroupTable(Table):
    columns = (
        LinkColumn("name", _("Group"), sort="name",
                   link=lambda row: reverse("product-group-edit", args=[row["id"]])),
        NumberColumn("sold", _("Sold")),
        NumberColumn("all_products", _("Products in all")),
        NumberColumn("position", _("Position"), sort="position"),
    )  # fmt: skip


class PromotionTable(Table):
    """`uses` and `taken` are annotations of the list's rows: orders that used the code, what it took off."""

    columns = (
        LinkColumn("code", _("Code"), sort="code",
                   link=lambda row: reverse("promotion-detail", args=[row["id"]])),
        TextColumn("name", _("Name")),
        TextColumn("value", _("What it gives"), fields=("value", "kind"),
                   cell=lambda row: promised(row["kind"], row["value"]),
                   export=lambda row: promised(row["kind"], row["value"])),
        TextColumn("cycles", _("Cycles"), cell=lambda row: str(row["cycles"] or _("for life")),
                   export=lambda row: str(row["cycles"] or _("for life"))),
        DateColumn("valid_from", _("From")),
        DateColumn("valid_until", _("Last day")),
        NumberColumn("used", _("Used")),
        MoneyColumn("taken", _("Taken off")),
        TextColumn("active", _("Active"), cell=lambda row: badge("yes" if row["active"] else "no")),
    )  # fmt: skip
    reads = ("active",)

    def css(self, row: Row) -> str:
        return "" if row["active"] else "muted"


class EndpointTable(Table):
    """`served` and `busy` are annotations of the list's rows: products it serves, calls that are open."""

    columns = (
        LinkColumn("name", _("Program"), sort="name",
                   link=lambda row: reverse("program-detail", args=[row["id"]])),
        TextColumn("url", _("Address")),
        NumberColumn("served", _("Products")),
        NumberColumn("busy", _("Calls waiting")),
        TextColumn("allow_private", _("Own network"),
                   cell=lambda row: badge("yes" if row["allow_private"] else "no")),
    )  # fmt: skip


def expiry(row: Row) -> str:
    """Until when, with a word when that is over or near."""
    day = row["expires_on"]
    if day is None or row["how"] == Domain.How.OWN:
        return formats.day(day)
    if day > clock.today() + SOON or row["service__status"] not in LIVE:
        return formats.day(day)
    near = badge("soon") if day > clock.today() else badge("late", word=_t("expired"))
    return format_html("{} {}", formats.day(day), near)


class DomainTable(Table):
    columns = (
        LinkColumn("name", _("Domain"), link=lambda row: reverse("service-detail", args=[row["service_id"]])),
        TextColumn("client", _("Client"), fields=("service__client__name", "service__client_id"),
                   link=lambda row: reverse("client-detail", args=[row["service__client_id"]])),
        TextColumn("how", _("What we do"), cell=lambda row: str(Domain.How(row["how"]).label)),
        DateColumn("expires_on", _("Registered until"), sort="expires_on", cell=expiry),
        TextColumn("registrar", _("Registrar")),
        StatusColumn("status", _("Service"), fields=("service__status",), choices=Service.Status,
                     of="products.service"),
        DateColumn("paid", _("Next due date"), fields=("service__paid_until",)),
    )  # fmt: skip
    reads = ("service_id", "service__status", "how")

    def css(self, row: Row) -> str:
        return "" if row["service__status"] in LIVE else "muted"


def next_try(row: Row) -> str:
    return formats.moment(row["due_at"]) if row["status"] in OPEN else formats.NOTHING


class CallTable(Table):
    columns = (
        LinkColumn("id", _("Call"), sort="id", link=lambda row: reverse("call-detail", args=[row["id"]])),
        TextColumn("event", _("Event"), cell=lambda row: str(ModuleCall.Event(row["event"]).label)),
        TextColumn("service", _("Service"), fields=("service__product__name", "service_id"),
                   link=lambda row: reverse("service-detail", args=[row["service_id"]])),
        TextColumn("client", _("Client"), fields=("service__client__name", "service__client_id"),
                   link=lambda row: reverse("client-detail", args=[row["service__client_id"]])),
        StatusColumn("status", _("State"), choices=ModuleCall.Status, of="products.modulecall"),
        NumberColumn("attempts", _("Tries")),
        TextColumn("last_error", _("Last error")),
        MomentColumn("due_at", _("Next try"), fields=("due_at", "status"), align="end", cell=next_try),
        MomentColumn("created_at", _("Made"), align="end", hidden=True),
    )  # fmt: skip


class OrderTable(Table):
    columns = (
        LinkColumn("id", _("Order"), sort="id", link=lambda row: reverse("order-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        StatusColumn("status", _("Status"), choices=Order.Status, of="products.order"),
        TextColumn("cause", _("Why it waits"), cell=told_cause, export=told_cause),
        DateColumn("starts_on", _("Starts on")),
        MoneyColumn("total", _("First invoices"), sum="total"),
        TextColumn("author", _("Author"), fields=("author__name",)),
        MomentColumn("created_at", _("Made"), align="end"),
    )
    reads = ("status",)

    def css(self, row: Row) -> str:
        return "muted" if row["status"] in ("cancelled", "refused", "fraud") else ""


class QuoteTable(Table):
    columns = (
        LinkColumn("number", _("Quote"), sort="number",
                   link=lambda row: reverse("quote-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        StatusColumn("status", _("Status"), choices=Quote.Status, of="products.quote"),
        MoneyColumn("total", _("First invoices"), sum="total"),
        DateColumn("valid_until", _("Valid until")),
        MomentColumn("sent_at", _("Sent"), align="end"),
        TextColumn("author", _("Author"), fields=("author__name",)),
        MomentColumn("created_at", _("Made"), align="end"),
    )  # fmt: skip
    reads = ("id", "status")

    def css(self, row: Row) -> str:
        return "muted" if row["status"] in ("declined", "expired") else ""


def taken_by(row: Row) -> str | None:
    return reverse("invoice-detail", args=[row["invoice"]]) if row["invoice"] else None


class WorkTable(Table):
    """`amount` and `invoice` are annotations of the list's rows: the sum, the invoice that took the work."""

    columns = (
        DateColumn("on", _("Done on")),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"),
                   link=lambda row: client_url(row) + "?tab=works"),
        TextColumn("text", _("What was done")),
        StatusColumn("status", _("Status"), choices=BillableItem.Status, of="products.billableitem"),
        NumberColumn("quantity", _("Quantity"), cell=lambda row: formats.units(row["quantity"])),
        MoneyColumn("price", _("Price of one")),
        MoneyColumn("amount", _("Amount"), sum="amount"),
        TextColumn("when", _("Invoice"), cell=lambda row: str(BillableItem.When(row["when"]).label),
                   hidden=True),
        TextColumn("invoice", _("Stands in"), link=taken_by,
                   cell=lambda row: str(_("invoice")) if row["invoice"] else formats.NOTHING),
        TextColumn("author", _("Author"), fields=("author__name",), hidden=True),
        MomentColumn("created_at", _("Made"), align="end"),
    )  # fmt: skip
    reads = ("id", "status")

    def css(self, row: Row) -> str:
        return "muted" if row["status"] == "dropped" else ""


class ServiceTable(Table):
    columns = (
        LinkColumn("product", _("Service"), fields=("product__name",),
                   link=lambda row: reverse("service-detail", args=[row["id"]])),
        TextColumn("client", _("Client"), fields=("client__name", "client_id"), link=client_url),
        StatusColumn("status", _("Status"), choices=Service.Status, of="products.service"),
        TextColumn("cycle", _("Cycle"), cell=lambda row: str(Cycle(row["cycle"]).label),
                   export=lambda row: str(Cycle(row["cycle"]).label)),
        MoneyColumn("recurring", _("Recurring"), sum="recurring"),
        DateColumn("paid_until", _("Paid up to"), cell=paid_up_to, sort="paid_until", align="end",
                   export=lambda row: row["paid_until"] and row["paid_until"] - timedelta(days=1)),
        TextColumn("domain", _("Host"), hidden=True),
        TextColumn("id", _("No."), sort="id", align="end"),
    )  # fmt: skip
    reads = ("status",)

    def css(self, row: Row) -> str:
        return "muted" if row["status"] in ("terminated", "cancelled") else ""
