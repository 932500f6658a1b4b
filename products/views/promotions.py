"""Promotions: the codes, what each gave to whom."""

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.pages.views import Create, DetailPage, FormPage, ListPage
from clients.models import Client
from products import promotions
from products.catalogue_forms import PromotionForm
from products.models import Promotion
from products.tables import PromotionTable, promised

LEDGER = 200  # rows of the ledger shown on a card


class PromotionList(ListPage):
    permission, title, menu = "products.view_promotion", _("Promotions"), "settings"
    table, default_order = PromotionTable, ("code", "id")
    tabs = ((_("All"), ""),)
    search_fields = ("code__icontains", "name__icontains")
    create = Create("promotion-new", "products.add_promotion", _("New promotion"))
    empty_text = _("No promotions yet.")

    def get_queryset(self) -> QuerySet:
        standing = Q(uses__reverses__isnull=True, uses__reversed_by__isnull=True)
        used = Count("uses__order", distinct=True, filter=standing)
        return Promotion.objects.annotate(used=used, taken=Sum("uses__amount"))


class PromotionCard(DetailPage):
    permission, model, menu = "products.view_promotion", Promotion, "settings"
    crumbs = ((_("Promotions"), "promotion-list"),)
    template_name = "products/promotion.html"

    def get_context(self, obj: Promotion) -> dict[str, Any]:
        uses = obj.uses.select_related("client", "batch__service__product", "batch__option")
        seen = uses.filter(client__in=Client.objects.visible_to(self.request.user))
        return {
            "promised": promised(obj.kind, obj.value),
            "products": [*obj.products.all(), *obj.options.select_related("product")],
            "uses": seen.order_by("-pk")[:LEDGER],
            "taken": obj.uses.aggregate(sum=Sum("amount"))["sum"],
            "used": promotions.standing_uses(obj).values("order").distinct().count(),
        }


class PromotionNew(FormPage):
    permission, title, menu = "products.add_promotion", _("New promotion"), "settings"
    crumbs = ((_("Promotions"), "promotion-list"),)
    model, form_class = Promotion, PromotionForm

    def perform(self, form: PromotionForm, by: Any) -> Promotion:
        data = form.cleaned_data
        return promotions.save_promotion(
            form.instance, products=data["products"], options=data["options"], by=by
        )

    def get_success_url(self, obj: Promotion) -> str:
        return reverse("promotion-detail", args=[obj.pk])


class PromotionEdit(PromotionNew):
    permission, title = "products.change_promotion", _("Edit the promotion")
