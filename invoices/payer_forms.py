"""Forms of a legal entity or a KPP that becomes another one from a date on (R1.2)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.validators import valid_kpp
from clients.forms import DigitsField, PayerForm


class EntityForm(PayerForm):
    """The new legal entity, from when and why; the default stays with whoever goes on."""

    is_default = None  # type: ignore[assignment]
    on = forms.DateField(
        label=_("From which day"), initial=clock.today,
        help_text=_("The first day of the new payer. A later day: it takes over by itself on that day."),
    )  # fmt: skip
    because = forms.CharField(
        label=_("Why it changes"), max_length=200,
        help_text=_("Stands in the important note: a letter, its date, from whom."),
    )  # fmt: skip
    sections = [
        ("", [("on", "because")]),
        (_("New payer"), ["name", ("kind", "inn"), ("kpp", "ogrn"), "counterparty_code"]),
        (_("Addresses"), ["legal_address", "postal_address"]),
        (_("Bank account"), ["bank_name", ("bic", "account")]),
        (_("Signatory"), [("signatory_post", "signatory")]),
    ]


class KppForm(forms.Form):
    kpp = DigitsField(label=_("New KPP"), validators=[valid_kpp])
    on = forms.DateField(
        label=_("From which day"), initial=clock.today,
        help_text=_("Papers of this day and later have the new KPP."),
    )  # fmt: skip
    sections: list[tuple[Any, list[str | tuple[str, ...]]]] = [("", [("kpp", "on")])]
