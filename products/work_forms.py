from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.fields import AmountField
from products.models import BillableItem, Cycle, Price, Product
from products.working import SOLD, Work

HUNDREDTH = Decimal("0.01")


class WorkForm(forms.Form):
    """What was done for a client: hours or pieces, at the catalogue's price or an own one."""

    product = forms.ModelChoiceField(Product.objects.none(), label=_("What it is sold as"))
    text = forms.CharField(
        label=_("What was done"),
        max_length=280,
        required=False,
        help_text=_("Stands on the invoice with the day; empty: the product's own text."),
    )
    quantity = AmountField(label=_("Hours or pieces"), initial="1")
    price = AmountField(
        label=_("Price of one"), required=False, help_text=_("Empty: the catalogue's price of that day.")
    )
    on = forms.DateField(label=_("Done on"), initial=clock.today)
    when = forms.ChoiceField(
        label=_("Invoice"),
        choices=BillableItem.When.choices,
        initial=BillableItem.When.NEXT_RUN,
        widget=forms.RadioSelect,
    )
    sections = [("", [("product", "on"), "text", ("quantity", "price"), "when"])]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        once = Price.objects.filter(product=OuterRef("pk"), cycle=Cycle.ONE_TIME)
        sold = Product.objects.filter(Q(kind__in=SOLD) | Exists(once), active=True)
        self.fields["product"] = forms.ModelChoiceField(
            sold.order_by("group__position", "name"), label=_("What it is sold as")
        )

    def clean_quantity(self) -> Decimal:
        quantity: Decimal = self.cleaned_data["quantity"]
        if quantity != quantity.quantize(HUNDREDTH):
            raise forms.ValidationError(_t("At most two digits after the comma."))
        return quantity

    def work(self) -> Work:
        return Work(**self.cleaned_data)


class WorkEditForm(WorkForm):
    """The same of a work that waits: when it goes is decided by invoicing it."""

    sections = [("", [("product", "on"), "text", ("quantity", "price")])]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["when"]


class DropForm(forms.Form):
    because = forms.CharField(label=_("Why"), max_length=200)
