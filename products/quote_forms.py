from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from products.forms import OrderForm
from products.offering import Terms, first_valid_until


def usual_end() -> date:
    return first_valid_until(clock.today())


class QuoteForm(OrderForm):
    """The form of an order that nobody has said yes to: how long it stands, a text for the client."""

    valid_until = forms.DateField(label=_("Valid until"), initial=usual_end)
    comment = forms.CharField(
        label=_("Text for the client"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands on the paper and on the client's page."),
    )

    def terms(self) -> Terms:
        data: dict[str, Any] = self.cleaned_data
        return Terms(
            starts_on=data["starts_on"],
            valid_until=data["valid_until"],
            payer=data["payer"],
            comment=data["comment"],
            promo=data["promo"],
        )


class DeclineForm(forms.Form):
    because = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
