"""The catalogue: products, their options and prices."""

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.page import Crumb
from billing_site.pages.views import DetailPage, FormPage, ListPage
from products import actions
from products.filters import ProductFilter
from products.forms import PriceForm, ProductForm
from products.models import LIVE, Cycle, Option, Price, Product
from products.tables import ProductTable


def with_prices(rows: QuerySet) -> QuerySet:
    """Products with the price in force today for each cycle (`price_<cycle>`)."""
    now = Price.objects.filter(product=OuterRef("pk"), currency="RUB", valid_from__lte=clock.today())
    latest = now.order_by("-valid_from").values("amount")
    return rows.annotate(
        **{f"price_{cycle.value}": Subquery(latest.filter(cycle=cycle)[:1]) for cycle in Cycle}
    )


class ProductList(ListPage):
    permission, title, menu = "products.view_product", _("Products"), "settings"
    table, filterset = ProductTable, ProductFilter
    default_order = ("name", "id")
    tabs = ((_("All"), ""), (_("Sold"), "active=true"), (_("No longer sold"), "active=false"))
    search_fields = ("name__icontains", "family")
    empty_text = _("No products yet.")

    def get_queryset(self) -> QuerySet:
        live = Count("services", filter=Q(services__status__in=LIVE))
        return with_prices(Product.objects.annotate(live_services=live))


class ProductCard(DetailPage):
    permission, model, menu = "products.view_product", Product, "settings"
    crumbs = ((_("Products"), "product-list"),)
    template_name = "products/product.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("group", "seller")

    def get_context(self, obj: Product) -> dict[str, Any]:
        options = list(obj.options.all())
        prices = Price.objects.filter(Q(product=obj) | Q(option__product=obj))
        in_force = {(p.option_id, p.cycle): p for p in prices.on(clock.today())}
        cycles = [cycle for cycle in Cycle if any(key[1] == cycle for key in in_force)]
        things: list[tuple[str, Option | None]] = [(obj.name, None), *((o.name, o) for o in options)]
        return {
            "cycles": cycles,
            "table": [
                (name, option, [in_force.get((option.pk if option else None, cycle)) for cycle in cycles])
                for name, option in things
            ],
            "history": prices.select_related("option").order_by("-valid_from", "option", "-amount")[:100],
            "today": clock.today(),
        }


class ProductPage(FormPage):
    """A form about a product."""

    permission, model, menu = "products.change_product", Product, "settings"
    crumbs = ((_("Products"), "product-list"),)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.name, self.get_success_url(obj))]

    def get_success_url(self, obj: Any) -> str:
        return reverse("product-detail", args=[self.object.pk])


class ProductEdit(ProductPage):
    title, form_class = _("Edit the product"), ProductForm

    def perform(self, form: ProductForm, by: Any) -> Product:
        return actions.change_product(self.object, by=by, **form.cleaned_data)


class PriceNew(ProductPage):
    title, form_class = _("Price from a date"), PriceForm
    submit_label, success_message = _("Set the price"), _("Price set.")

    def get_initial(self) -> dict[str, Any]:
        return {"valid_from": clock.today()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"product": self.object}

    def perform(self, form: PriceForm, by: Any) -> Price:
        data = form.cleaned_data
        return actions.set_price(
            self.object, data["what"], cycle=data["cycle"], amount=data["amount"],
            valid_from=data["valid_from"], by=by,
        )  # fmt: skip
