"""The catalogue: products, their options and prices."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.page import Crumb
from billing_site.pages.views import ActionPage, Create, DetailPage, FormPage, ListPage
from products import cataloguing
from products.catalogue_forms import CompanionForm, GroupForm, OptionForm, PriceForm, ProductForm
from products.filters import ProductFilter
from products.models import Companion, Cycle, Option, OptionChoice, Price, Product, ProductGroup, Service
from products.tables import GroupTable, ProductTable

HISTORY = 100  # prices shown on a product's card


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
    template_name = "products/list.html"
    create = Create("product-new", "products.add_product", _("New product"))
    empty_text = _("No products yet.")

    def get_queryset(self) -> QuerySet:
        live = Service.objects.live().filter(product=OuterRef("pk")).order_by().values("product")
        counted = Coalesce(Subquery(live.annotate(n=Count("*")).values("n")), 0)
        return with_prices(Product.objects.annotate(live_services=counted))


class ProductCard(DetailPage):
    permission, model, menu = "products.view_product", Product, "settings"
    crumbs = ((_("Products"), "product-list"),)
    template_name = "products/product.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("group", "seller", "endpoint")

    def get_context(self, obj: Product) -> dict[str, Any]:
        options = list(obj.options.prefetch_related("choices"))
        prices = Price.objects.filter(Q(product=obj) | Q(option__product=obj))
        in_force = {(p.option_id, p.choice_id, p.cycle): p for p in prices.on(clock.today())}
        cycles = [cycle for cycle in Cycle if any(key[2] == cycle for key in in_force)]
        return {
            "cycles": cycles,
            "table": [
                (name, option, [in_force.get((*key, cycle)) for cycle in cycles])
                for name, option, key in _things(obj, options)
            ],
            "options": options,
            "companions": obj.companions.select_related("companion_product", "companion_option"),
            "history": prices.select_related("option", "choice").order_by("-valid_from", "option", "-amount")[
                :HISTORY
            ],
            "today": clock.today(),
        }


def _things(
    product: Product, options: list[Option]
) -> Iterator[tuple[str, Option | None, tuple[int | None, int | None]]]:
    """What has prices: the product, its options, the answers of those that are choices."""
    yield product.name, None, (None, None)
    for option in options:
        answers: list[OptionChoice] = list(option.choices.all())
        if not answers:
            yield option.name, option, (option.pk, None)
        for choice in answers:
            yield f"{option.name}: {choice.name}", option, (option.pk, choice.pk)


class ProductPage(FormPage):
    """A form about a product."""

    permission, menu = "products.change_product", "settings"
    queryset: QuerySet = Product.objects.all()
    crumbs = ((_("Products"), "product-list"),)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        product = self.product
        return [*super().get_crumbs(obj), (product.name, reverse("product-detail", args=[product.pk]))]

    @property
    def product(self) -> Product:
        return self.object

    def get_success_url(self, obj: Any) -> str:
        return reverse("product-detail", args=[self.product.pk])


class ProductNew(FormPage):
    permission, title, menu = "products.add_product", _("New product"), "settings"
    crumbs = ((_("Products"), "product-list"),)
    form_class = ProductForm
    success_message = _("Product added. It can be ordered from the day it has a price.")

    def perform(self, form: ProductForm, by: Any) -> Product:
        return cataloguing.add_product(form.instance, by=by)

    def get_success_url(self, obj: Product) -> str:
        return reverse("product-detail", args=[obj.pk])


class ProductEdit(ProductPage):
    title, form_class = _("Edit the product"), ProductForm

    def perform(self, form: ProductForm, by: Any) -> Product:
        return cataloguing.change_product(self.object, by=by, **form.cleaned_data)


class PriceNew(ProductPage):
    title, form_class = _("Price from a date"), PriceForm
    submit_label, success_message = _("Set the price"), _("Price set.")

    def get_initial(self) -> dict[str, Any]:
        return {"valid_from": clock.today()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"product": self.object}

    def perform(self, form: PriceForm, by: Any) -> Price:
        data = form.cleaned_data
        option, choice = data["what"]
        return cataloguing.set_price(
            self.object, option, choice=choice, cycle=data["cycle"], amount=data["amount"],
            setup_fee=data["setup_fee"] or Decimal(0), valid_from=data["valid_from"], by=by,
        )  # fmt: skip


class OptionNew(ProductPage):
    title, form_class = _("New option"), OptionForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"instance": Option(product=self.object)}

    def perform(self, form: OptionForm, by: Any) -> Option:
        return cataloguing.save_option(form.instance, choices=form.cleaned_data["choices"], by=by)


class OptionEdit(OptionNew):
    queryset, title = Option.objects.select_related("product"), _("Edit the option")
    success_message = _("Saved.")

    @property
    def product(self) -> Product:
        return self.object.product

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"instance": self.object}


class CompanionNew(ProductPage):
    title, form_class = _("What goes with it"), CompanionForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"instance": Companion(product=self.object)}

    def perform(self, form: CompanionForm, by: Any) -> Companion:
        return cataloguing.save_companion(form.instance, by=by)


class CompanionDrop(ActionPage):
    permission, model, menu = "products.change_product", Companion, "settings"
    title, submit_label = _("No longer goes together"), _("Take it off")
    explanation = _("Services stay as they are; changes of the product no longer propose it.")
    success_message = _("Taken off.")

    def perform(self, obj: Companion, by: Any, data: dict[str, Any]) -> Product:
        return cataloguing.drop_companion(obj, by=by)

    def get_success_url(self, obj: Any) -> str:
        return reverse("product-detail", args=[obj.product_id if isinstance(obj, Companion) else obj.pk])


class GroupList(ListPage):
    permission, title, menu = "products.view_product", _("Product groups"), "settings"
    crumbs = ((_("Products"), "product-list"),)
    table, default_order = GroupTable, ("position", "name", "id")
    create = Create("product-group-new", "products.change_product", _("New group"))

    def get_queryset(self) -> QuerySet:
        return ProductGroup.objects.annotate(
            sold=Count("products", filter=Q(products__active=True)), all_products=Count("products")
        )


class GroupNew(FormPage):
    permission, title, menu = "products.change_product", _("New group"), "settings"
    crumbs = ((_("Products"), "product-list"), (_("Product groups"), "product-group-list"))
    model, form_class = ProductGroup, GroupForm

    def perform(self, form: GroupForm, by: Any) -> ProductGroup:
        return cataloguing.save_group(form.instance, by=by)

    def get_success_url(self, obj: ProductGroup) -> str:
        return reverse("product-group-list")


class GroupEdit(GroupNew):
    title = _("Edit the group")
