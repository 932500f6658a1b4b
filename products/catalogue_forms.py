"""Forms of the catalogue and of promotions."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.fields import AmountField
from products.models import (
    Companion,
    Cycle,
    Option,
    OptionChoice,
    Product,
    ProductGroup,
    Promotion,
)


class OptionField(forms.ModelChoiceField):
    """An option under the name of its product."""

    def __init__(self, **kwargs: Any):
        super().__init__(Option.objects.select_related("product"), **kwargs)

    def label_from_instance(self, obj: Option) -> str:
        return f"{obj.product.name} + {obj.name}"


class OptionsField(forms.ModelMultipleChoiceField):
    """Several of them."""

    widget = forms.SelectMultiple(attrs={"size": 4})

    def __init__(self, **kwargs: Any):
        super().__init__(Option.objects.select_related("product"), **kwargs)

    def label_from_instance(self, obj: Option) -> str:
        return f"{obj.product.name} + {obj.name}"


class GroupForm(forms.ModelForm):
    sections = [("", [("name", "position")])]

    class Meta:
        model = ProductGroup
        fields = ("name", "position")


class ProductForm(forms.ModelForm):
    cashback = forms.DecimalField(
        label=_("Cashback, %"), min_value=0, max_value=100, decimal_places=2, initial=0, localize=True,
        help_text=_("Goes to the credit balance when the invoice is paid."),
    )  # fmt: skip
    sections = [
        ("", ["name", ("group", "kind"), ("family", "unit"), ("own_year", "active")]),
        (_("On the invoice"), ["line_text", ("seller", "vat_treatment"), "cashback"]),
        (_("Hand-over to support"), [("handover_rule", "handover_subject"), ("module", "endpoint")]),
    ]

    class Meta:
        model = Product
        fields = (
            "name", "group", "kind", "family", "unit", "own_year", "active", "line_text", "seller",
            "vat_treatment", "cashback", "handover_rule", "handover_subject", "module", "endpoint",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        endpoint: Any = self.fields["endpoint"]
        endpoint.empty_label = "—"
        kind: Any = self.fields["kind"]
        kind.choices = [one for one in kind.choices if one[0] != Product.Kind.DOMAIN or self.instance.pk]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("module") == Product.Module.HTTP and not data.get("endpoint"):
            self.add_error("endpoint", _("Choose the program that does it."))
        if data.get("kind") == Product.Kind.DOMAIN:
            data["own_year"] = True  # its registrar counts from the day it was registered
        return data


class OptionForm(forms.ModelForm):
    choices = forms.CharField(
        label=_("Answers, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Only for “one of several”; each answer gets prices of its own."),
    )  # fmt: skip
    sections = [
        ("", ["name", "line_text", ("kind", "active"), "choices"]),
        (_("How it is counted"), [("unit", "pack", "measure"), ("minimum", "maximum", "step")]),
        (_("Hand-over to support"), ["handover_subject"]),
    ]

    class Meta:
        model = Option
        fields = (
            "name", "line_text", "kind", "active", "unit", "pack", "measure", "minimum", "maximum", "step",
            "handover_subject",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["choices"] = "\n".join(choice.name for choice in self.instance.choices.all())

    def clean_choices(self) -> list[str]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["choices"].splitlines())
        return list(dict.fromkeys(line[:120] for line in lines if line))


class CompanionForm(forms.ModelForm):
    sections = [("", [("companion_product", "companion_option"), ("rule", "minimum"), "only_rent"])]

    class Meta:
        model = Companion
        fields = ("companion_product", "companion_option", "rule", "minimum", "only_rent")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["companion_option"] = OptionField(required=False, label=_("Goes with option"))
        for name in ("companion_product", "companion_option"):
            field: Any = self.fields[name]
            field.empty_label = "—"


class PriceForm(forms.Form):
    """A price from a date on, of the product itself, of one of its options or of an option's answer."""

    what = forms.ChoiceField(label=_("What"))
    cycle = forms.ChoiceField(label=_("Cycle"), choices=Cycle.choices, initial=Cycle.HALF_YEAR)
    amount = AmountField(label=_("Price of one for a cycle"))
    setup_fee = AmountField(
        label=_("Set-up fee of one"), required=False, help_text=_("Taken once, with the first period.")
    )
    valid_from = forms.DateField(
        label=_("Valid from"), help_text=_("Older prices stay; what is billed already keeps its price.")
    )
    sections = [("", ["what", ("cycle", "amount", "setup_fee"), "valid_from"])]

    def __init__(self, *args: Any, product: Product, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.things: dict[str, tuple[Option | None, OptionChoice | None]] = {"": (None, None)}
        names = [("", product.name)]
        for option in product.options.prefetch_related("choices"):
            answers: list[OptionChoice | None] = list(option.choices.all())
            for choice in answers or [None]:
                key = f"{option.pk}-{choice.pk}" if choice else str(option.pk)
                self.things[key] = option, choice
                names.append((key, f"{option.name}: {choice.name}" if choice else option.name))
        self.fields["what"] = forms.ChoiceField(label=_("What"), choices=names, required=False)

    def clean_what(self) -> tuple[Option | None, OptionChoice | None]:
        return self.things[self.cleaned_data["what"]]


class PromotionForm(forms.ModelForm):
    value = AmountField(label=_("Percent, sum or price"))
    sections = [
        ("", [("code", "active"), "name", ("kind", "value")]),
        (_("What it serves"), ["products", "options", ("scope", "cycles"), "shown"]),
        (_("How often and when"), [("limit_total", "limit_per_client"), ("valid_from", "valid_until")]),
    ]

    class Meta:
        model = Promotion
        fields = (
            "code", "active", "name", "kind", "value", "products", "options", "scope", "cycles", "shown",
            "limit_total", "limit_per_client", "valid_from", "valid_until",
        )  # fmt: skip
        widgets = {
            "products": forms.SelectMultiple(attrs={"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["products"].help_text = _("Nothing chosen here and below: it serves everything.")
        self.fields["options"] = OptionsField(required=False, label=_("Options"))

    def clean_code(self) -> str:
        return self.cleaned_data["code"].strip().upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("valid_from") or clock.today(), data.get("valid_until")
        if until and until < since:
            self.add_error("valid_until", _("The last day is before the first."))
        if data.get("kind") == Promotion.Kind.PERCENT and (data.get("value") or 0) > 100:
            self.add_error("value", _("Percents end at a hundred."))
        if data.get("cycles") == 0:
            self.add_error("cycles", _("One cycle or more; empty means for life."))
        return data


class RiseForm(forms.Form):
    """Many prices by one percent; `seen` is the fingerprint of the preview the person looked at."""

    STEPS = [
        ("0.01", _("to the kopeck")), ("1", _("to the rouble")), ("5", _("to 5 roubles")),
        ("10", _("to 10 roubles")), ("50", _("to 50 roubles")), ("100", _("to 100 roubles")),
    ]  # fmt: skip
    products = forms.ModelMultipleChoiceField(
        Product.objects.filter(active=True), label=_("Products"),
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text=_("Their options go along."),
    )  # fmt: skip
    cycles = forms.MultipleChoiceField(
        label=_("Which cycles"), choices=Cycle.choices, required=False, help_text=_("Nothing chosen: all."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )  # fmt: skip
    percent = forms.DecimalField(
        label=_("By percent"), min_value=-99, max_value=1000, decimal_places=2, localize=True,
        help_text=_("With a minus: down."),
    )  # fmt: skip
    step = forms.ChoiceField(label=_("Rounding"), choices=STEPS, initial="1")
    valid_from = forms.DateField(label=_("Valid from"))
    seen = forms.CharField(required=False)

    def clean_step(self) -> Decimal:
        return Decimal(self.cleaned_data["step"])

    def clean_percent(self) -> Decimal:
        percent = self.cleaned_data["percent"]
        if not percent:
            raise forms.ValidationError(_("Zero changes nothing."))
        return percent
