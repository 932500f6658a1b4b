"""The profile of a client: everything about it that isn't an address, a payer, a contract or a contact."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.office.models import User
from billing_site.pages.formats import SIGNS
from clients.forms import FLAGS, NameField, PhoneField, staff_field, text_field, visible
from clients.models import Client

UTM = ("source", "medium", "campaign", "term", "content")
SECRETS = {"portal_password": "portal_login", "security_answer": "security_question"}  # secret: its owner


def line_field(label: Any, length: int, help_text: Any = "") -> forms.CharField:
    """One optional line."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return NameField(label=label, max_length=length, required=False, help_text=help_text, widget=widget)


def secret_field(label: Any) -> forms.CharField:
    """A secret to be written and never shown: empty keeps what is stored."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(
        label=label, max_length=200, required=False, widget=widget,
        help_text=_("Empty keeps what is stored. It is kept encrypted and shown on demand only."),
    )  # fmt: skip


class ProfileForm(forms.ModelForm):
    """What staff may correct in a client; the main e-mail and payers have pages of their own."""

    name = NameField(label=_("Client"), max_length=200)
    company = line_field(_("Company"), 200, _("How the client calls itself in advertisements and letters."))
    phone = PhoneField()
    version = forms.IntegerField(widget=forms.HiddenInput)
    account_manager = staff_field(_("Account manager"))
    sales_manager = staff_field(_("Sales manager"))
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, f"{code} {sign}") for code, sign in SIGNS.items()],
        required=False,
    )  # fmt: skip
    postal_address = line_field(
        _("Postal address"), 250, _("Where papers go by post, if not to the payer's own address.")
    )
    office_name = line_field(_("Brought by office"), 80)
    source = line_field(_("Source"), 80, _("How the client heard of us: an exhibition, a partner, the site."))
    lead = line_field(_("Lead"), 80, _("Number or name of the lead in the sales system."))
    utm_source = line_field("utm_source", 120)
    utm_medium = line_field("utm_medium", 120)
    utm_campaign = line_field("utm_campaign", 120)
    utm_term = line_field("utm_term", 120)
    utm_content = line_field("utm_content", 120)
    cloud_login = line_field(
        _("Login in the cloud"), 80, _("The client's user on our servers: the search finds it.")
    )
    portal_login = line_field(_("Login on the 1C portal"), 80, _("Emptying it forgets the password as well."))
    portal_password = secret_field(_("Password on the 1C portal"))
    security_question = line_field(_("Security question"), 200, _("Emptying it forgets the answer as well."))
    security_answer = secret_field(_("Answer"))
    admin_notes = text_field(_("For us only"), 4, required=False)
    sections = [
        (_("Who"), [("name", "company"), ("phone", "language"), "client_group"]),
        (_("Papers"), [("billing_contact", "postal_address"), ("payment_method", "currency")]),
        (_("Our side"), [("account_manager", "sales_manager")]),
        (_("Rules for this client"), [FLAGS[:2], FLAGS[2:4], FLAGS[4:6], FLAGS[6:]]),
        (
            _("Where the client came from"),
            [
                ("department", "office_name"), ("source", "lead"), ("utm_source", "utm_medium"),
                ("utm_campaign", "utm_term"), ("utm_content",),
            ],
        ),
        (_("Logins"), ["cloud_login", ("portal_login", "portal_password"),
                       ("security_question", "security_answer")]),
        (_("Notes"), ["admin_notes"]),
    ]  # fmt: skip

    class Meta:
        model = Client
        fields = (
            "name", "company", "phone", "language", "client_group", "billing_contact", "postal_address",
            "payment_method", "currency", "account_manager", "sales_manager", *FLAGS, "department",
            "office_name", "source", "lead", "cloud_login", "portal_login", "security_question",
            "admin_notes",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial["phone"] = requisites.shown_phone(self.instance.phone, self.instance.extension)
        if self.instance.phone:  # R2.3; an empty one may be filled in here
            self.fields["phone"].disabled = True
            self.fields["phone"].help_text = _t("Changes by proof, on the tab of contacts.")
        if self.instance.services.exists() or self.instance.invoices.exists():
            self.fields["currency"].disabled = True  # prices and debts stand in it
            self.fields["currency"].help_text = _t("It stays: there are services or invoices in it.")
        for mark in UTM:
            self.initial[f"utm_{mark}"] = self.instance.utm.get(mark, "")
        for name in ("account_manager", "sales_manager"):  # who left stays chosen until somebody is chosen
            kept = User.objects.filter(pk=getattr(self.instance, f"{name}_id"))
            self._choice(name).queryset = User.objects.filter(is_active=True) | kept
        self._choice("billing_contact").queryset = self.instance.contacts.all()
        self._choice("billing_contact").help_text = _t("Whom we ask about invoices and debts.")
        for name in ("client_group", "billing_contact", "department"):
            self._choice(name).empty_label = "—"

    def _choice(self, name: str) -> Any:
        return self.fields[name]

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or self.instance.currency

    def clean_security_answer(self) -> str:
        return visible(self.cleaned_data["security_answer"])

    def clean(self) -> dict[str, Any]:
        got = self.cleaned_data
        for secret, owner in SECRETS.items():
            if got.get(secret) and not got.get(owner):
                self.add_error(owner, _t("Fill this in as well: alone the secret says nothing."))
        return got

    def _post_clean(self) -> None:
        """The verb writes; the instance stays as it was read."""

    def values(self) -> dict[str, Any]:
        """Arguments of clients.actions.change_client."""
        got = dict(self.cleaned_data)
        phone, extension = got.pop("phone")
        utm = {mark: text for mark in UTM if (text := got.pop(f"utm_{mark}"))}
        for secret, owner in SECRETS.items():
            typed = got.pop(secret)
            if typed or not got[owner]:
                got[secret] = typed
        return {**got, "phone": phone, "extension": extension, "utm": utm}
