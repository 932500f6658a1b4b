"""Forms about old prices."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from products.models import Batch


class OldPriceForm(forms.Form):
    """What the address of an old price says."""

    on = forms.DateField(required=False)
    product = forms.IntegerField(required=False)
    option = forms.IntegerField(required=False)
    choice = forms.IntegerField(required=False)
    cycle = forms.CharField(required=False)
    was = forms.DecimalField(required=False, max_digits=14, decimal_places=2)


class RepriceForm(forms.Form):
    """Which batches move and from when; `seen` is the fingerprint of the preview the person looked at."""

    on = forms.DateField(
        label=_("New price from"), help_text=_("The first period that starts then or later.")
    )
    letter = forms.BooleanField(
        label=_("A letter to each client"), required=False,
        help_text=_("It is held until a person lets it go."),
    )  # fmt: skip
    ids = forms.ModelMultipleChoiceField(Batch.objects.none(), required=False)
    seen = forms.CharField(required=False)

    def __init__(self, *args: Any, batches: QuerySet[Batch], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["ids"] = forms.ModelMultipleChoiceField(batches, required=False)
