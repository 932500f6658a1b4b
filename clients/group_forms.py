"""Forms of groups and of who brought whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User
from clients.forms import NameField, text_field
from clients.models import Client, ClientGroup, CompanyGroup
from clients.note_forms import seen_client


class CompanyGroupForm(forms.Form):
    name = NameField(label=_("Name"), max_length=120)
    note = text_field(_("Remark"), 3, required=False)


class ClientGroupForm(forms.Form):
    name = NameField(label=_("Name"), max_length=80)
    colour = forms.ChoiceField(label=_("Colour"), choices=ClientGroup.Colour.choices)


class JoinForm(forms.Form):
    """The group of companies a client belongs to: one that is there, or a new one."""

    group = forms.ModelChoiceField(
        CompanyGroup.objects.all(), label=_("Group of companies"), required=False, empty_label=_("none")
    )
    new = NameField(
        label=_("Or a new group"), max_length=120, required=False,
        help_text=_("Debts, services and tickets of its companies are seen together."),
    )  # fmt: skip


class ReferralForm(forms.Form):
    """Who brought the client: a number, empty for nobody."""

    referrer = forms.IntegerField(
        label=_("Brought by client, number"), required=False, min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}), help_text=_("Empty: nobody brought it."),
    )  # fmt: skip
    since = forms.DateField(label=_("Since"), required=False)
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    sections = [("", [("referrer", "since"), "note"])]

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_referrer(self) -> Client | None:
        return seen_client(self.cleaned_data["referrer"], self.user)
