import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import Seller
from billing_site.pages.finding import any_of
from clients.models import Client
from products import waiting
from products.domains import SOON
from products.models import (
    LIVE,
    BillableItem,
    Domain,
    ModuleCall,
    ModuleEndpoint,
    Order,
    Product,
    ProductGroup,
    Quote,
    Service,
)
from products.provisioning import OPEN


def find_services(rows: QuerySet, typed: str) -> QuerySet:
    """Services by the client's name, a part of the host, the login or the number."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    host = typed.strip().lower()
    ways: list[Q | QuerySet] = [
        Q(client__in=Client.objects.filter(name_key__contains=text)),
        Service.objects.on_host_like(host).values("pk"),
        Service.objects.of_login(host).values("pk"),
    ]
    digits = text.lstrip("#№ ")
    if digits.isdecimal() and len(digits) <= 18:
        ways.append(Q(pk=int(digits)))
    return rows.filter(any_of(Service, *ways))


class ProductFilter(django_filters.FilterSet):
    group = django_filters.ModelChoiceFilter(
        label=_("Group"), queryset=ProductGroup.objects.all(), empty_label=_("any")
    )
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), empty_label=_("any")
    )
    active = django_filters.ChoiceFilter(
        label=_("Sold"),
        choices=[("true", _("yes")), ("false", _("no"))],
        empty_label=_("any"),
        method="by_active",
    )

    class Meta:
        model = Product
        fields = ("group",)

    def by_active(self, rows, _name, value):
        return rows.filter(active=value == "true")


class OrderFilter(django_filters.FilterSet):
    cause = django_filters.ChoiceFilter(
        label=_("Why it waits"), choices=waiting.Cause.choices, empty_label=_("any"), method="by_cause"
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Order.Status.choices, empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("Made since"), field_name="created_at", lookup_expr="date__gte")
    until = django_filters.DateFilter(label=_("until"), field_name="created_at", lookup_expr="date__lte")

    class Meta:
        model = Order
        fields = ("status",)

    def by_cause(self, rows, _name, value):
        return waiting.because(rows, value)


class QuoteFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Quote.Status.choices, empty_label=_("any")
    )
    valid_since = django_filters.DateFilter(
        label=_("Valid until, since"), field_name="valid_until", lookup_expr="gte"
    )
    valid_until = django_filters.DateFilter(label=_("until"), field_name="valid_until", lookup_expr="lte")

    class Meta:
        model = Quote
        fields = ("status",)


class CallFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[
            ("open", _("waiting")),
            ("failing", _("with errors")),
            *((status.value, status.label) for status in ModuleCall.Status if status not in OPEN),
        ],
        empty_label=_("any"),
        method="by_state",
    )
    event = django_filters.ChoiceFilter(
        label=_("Event"), choices=ModuleCall.Event.choices, empty_label=_("any")
    )
    endpoint = django_filters.ModelChoiceFilter(
        label=_("Program"), queryset=ModuleEndpoint.objects.all(), empty_label=_("any"),
        field_name="service__product__endpoint",
    )  # fmt: skip
    service = django_filters.NumberFilter(label=_("Service number"), field_name="service")

    class Meta:
        model = ModuleCall
        fields = ("event",)

    def by_state(self, rows, _name, value):
        if value == "open":
            return rows.filter(status__in=OPEN)
        if value == "failing":
            return rows.filter(status__in=OPEN).exclude(last_error="")
        return rows.filter(status=value)


class DomainFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[
            ("live", _("ours")), ("soon", _("expire soon")), ("expired", _("expired")),
            ("undated", _("without a date")), ("own", _("clients' own")),
        ],
        empty_label=_("any"), method="by_state",
    )  # fmt: skip
    registrar = django_filters.CharFilter(label=_("Registrar"), lookup_expr="icontains")
    since = django_filters.DateFilter(
        label=_("Registered until, since"), field_name="expires_on", lookup_expr="gte"
    )
    until = django_filters.DateFilter(label=_("until"), field_name="expires_on", lookup_expr="lte")

    class Meta:
        model = Domain
        fields = ("registrar",)

    def by_state(self, rows, _name, value):
        today = clock.today()
        live = rows.filter(service__status__in=LIVE)
        if value == "own":
            return live.filter(how=Domain.How.OWN)
        ours = live.exclude(how=Domain.How.OWN)
        if value == "soon":
            return ours.filter(expires_on__gt=today, expires_on__lte=today + SOON)
        if value == "expired":
            return ours.filter(expires_on__lte=today)
        return ours.filter(expires_on__isnull=True) if value == "undated" else ours


class WorkFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=BillableItem.Status.choices, empty_label=_("any")
    )
    when = django_filters.ChoiceFilter(
        label=_("Invoice"), choices=BillableItem.When.choices, empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("Done since"), field_name="on", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("until"), field_name="on", lookup_expr="lte")

    class Meta:
        model = BillableItem
        fields = ("status", "when")


class ServiceFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Service.Status.choices, empty_label=_("any")
    )
    product = django_filters.ModelChoiceFilter(
        label=_("Product"), queryset=Product.objects.all(), empty_label=_("any")
    )
    due_since = django_filters.DateFilter(
        label=_("Next due since"), field_name="paid_until", lookup_expr="gte"
    )
    due_until = django_filters.DateFilter(label=_("until"), field_name="paid_until", lookup_expr="lte")

    class Meta:
        model = Service
        fields = ("status",)
