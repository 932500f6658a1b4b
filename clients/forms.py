import unicodedata
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.kit.validators import (
    valid_account,
    valid_bic,
    valid_code,
    valid_inn,
    valid_kpp,
    valid_ogrn,
)
from billing_site.office.models import User
from clients.models import Client, EmailAddress, Payer

TEXT_LIMIT = 20_000  # characters of a note: ten pages
TOO_LONG = _("The text is too long: at most 20 000 characters. Attach what is longer as a file.")
ADDRESS_LIMIT, EXTENSION_LIMIT = 254, 8
JOINERS = "\u200c\u200d"  # hold Persian letters apart and an emoji of several signs together
INN_LENGTH = {Payer.Kind.LEGAL: 10, Payer.Kind.SOLE: 12, Payer.Kind.PERSON: 12}


def visible(text: str) -> str:
    """Text on one line without signs nobody sees: controls, turned directions, marks of zero width."""
    kinds = ((sign, unicodedata.category(sign)) for sign in text)
    seen = (" " if kind == "Cc" else sign for sign, kind in kinds if sign in JOINERS or kind != "Cf")
    return " ".join("".join(seen).split()).strip(JOINERS)


class NameField(forms.CharField):
    """A name in any script, on one line, as it can be searched for."""

    def to_python(self, value: Any) -> str:
        return visible(super().to_python(value) or "")


def text_field(label: Any, rows: int, *, required: bool = True) -> forms.CharField:
    """A text of several lines with a limit that is told at the field; what is longer belongs into a file.

    No `maxlength`: a browser cuts what is pasted without a word. js/panel.js tells before it is sent.
    """
    widget = forms.Textarea(attrs={"rows": rows, "data-limit": TEXT_LIMIT, "data-limit-says": TOO_LONG})
    field = forms.CharField(label=label, required=required, widget=widget)
    field.validators.append(MaxLengthValidator(TEXT_LIMIT, TOO_LONG))
    return field


class AddressField(forms.CharField):
    """An e-mail address; clean value is lower-cased with its domain in IDNA."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            address = requisites.normal_address(text) if text else ""
        except requisites.BadRequisite as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        if len(address) > ADDRESS_LIMIT:  # a Cyrillic domain grows when it is written in IDNA
            raise forms.ValidationError(_t("This address is longer than mail allows."))
        return address


class PhoneField(forms.CharField):
    """A phone in any usual form, with its extension; clean value is (E.164, extension)."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label", _("Phone"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", _("With an extension if there is one: +7 495 540-51-51 ext. 2207"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> tuple[str, str]:
        text = super().clean(value)
        try:
            phone, extension = requisites.read_phone(text) if text else ("", "")
        except requisites.BadRequisite as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        if len(extension) > EXTENSION_LIMIT:
            raise forms.ValidationError(
                _t("An extension has at most %(limit)s digits.") % {"limit": EXTENSION_LIMIT}
            )
        return phone, extension


class DigitsField(forms.CharField):
    """A requisite as people paste it: spaces inside are left out. A maxlength would cut a paste short."""

    def to_python(self, value: Any) -> str:
        return visible(super().to_python(value) or "").replace(" ", "")


def label_of(model: type[Model], name: str) -> Any:
    """What a column is called, as a label."""
    column: Any = model._meta.get_field(name)
    return capfirst(column.verbose_name)


def staff_field(label: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=label, required=False, empty_label=_("nobody")
    )


def _digits_field(label: Any, validator: Any, help_text: Any = "") -> DigitsField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return DigitsField(
        label=label, required=False, validators=[validator], help_text=help_text, widget=widget
    )


def check_payer(form: forms.BaseForm) -> None:
    """What kind of payer has which numbers; errors go to the fields."""
    kind, inn, kpp, ogrn = (form.cleaned_data.get(name, "") for name in ("kind", "inn", "kpp", "ogrn"))
    if not kind:
        return
    word = Payer.Kind(kind).label
    if inn and len(inn) != INN_LENGTH[kind]:
        form.add_error(
            "inn",
            _t("The INN of a %(kind)s has %(length)s digits, here are %(here)s.")
            % {"kind": word, "length": INN_LENGTH[kind], "here": len(inn)},
        )
    if kpp and kind != Payer.Kind.LEGAL:
        form.add_error("kpp", _t("Only a legal entity has a KPP: leave it empty."))
    if ogrn and kind == Payer.Kind.PERSON:
        form.add_error("ogrn", _t("A person has no OGRN: leave it empty."))
    elif ogrn and len(ogrn) != {Payer.Kind.LEGAL: 13, Payer.Kind.SOLE: 15}[kind]:
        form.add_error("ogrn", _t("A legal entity has an OGRN of 13 digits, a sole trader one of 15."))


def check_bank(form: forms.BaseForm) -> None:
    """The key of a payer's account under its bank's BIC; the error goes to the field."""
    bic, account = (form.cleaned_data.get(name, "") for name in ("bic", "account"))
    if not account or "bic" in form.errors:
        return
    if not bic:
        form.add_error("bic", _t("The account is checked against the BIC of its bank: fill it in as well."))
        return
    try:
        valid_account(account, bic)
    except forms.ValidationError as wrong:
        form.add_error("account", wrong)


class PayerFields(forms.Form):
    """Requisites of a payer, checked; the ground of the forms below."""

    kind = forms.ChoiceField(label=_("Payer is a"), choices=Payer.Kind.choices, initial=Payer.Kind.LEGAL)
    inn = _digits_field(_("INN"), valid_inn)
    kpp = _digits_field(_("KPP"), valid_kpp)
    ogrn = _digits_field(_("OGRN"), valid_ogrn)
    legal_address = forms.CharField(label=_("Legal address"), max_length=250, required=False)
    counterparty_code = DigitsField(
        label=_("Counterparty code in Union"), max_length=20, required=False, validators=[valid_code],
        help_text=_("Without it the invoice is not exported to Union."),
    )  # fmt: skip
    bank_name = NameField(label=_("Bank"), max_length=120, required=False)
    bic = _digits_field(
        _("BIC"), valid_bic, _("Nine digits of the payer's bank; of banks they begin with 04.")
    )
    account = DigitsField(
        label=_("Settlement account"), required=False,
        help_text=_("Twenty digits, checked against the BIC."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        check_payer(self)
        check_bank(self)
        return self.cleaned_data


class NewClientForm(PayerFields):
    """Short first: what is needed to write to the client and to draw an invoice (R1.6)."""

    name = NameField(
        label=_("Client"), max_length=200, help_text=_("How we call the client: Romashka, Ivanov")
    )
    email = AddressField(
        label=_("Main e-mail"),
        max_length=254,
        help_text=_("The main contact. It can't repeat at another client."),
    )
    phone = PhoneField()
    payer_name = NameField(
        label=_("Name on papers"), max_length=250, required=False,
        help_text=_("As in the registry. Empty: the same as the client's."),
    )  # fmt: skip
    source = forms.CharField(label=_("Source"), max_length=80, required=False)
    because = NameField(
        label=_("Why it is another client"), max_length=200, required=False,
        help_text=_("Only when one with the same INN, phone or name is there: stands in a note."),
    )  # fmt: skip
    account_manager = staff_field(_("Account manager"))
    language = forms.ChoiceField(
        label=_("Language of letters"), choices=list(Client.language.field.choices or ())
    )
    sections = [
        ("", ["name", ("email", "phone"), "because"]),
        (_("Payer"), [("kind", "inn"), ("kpp", "ogrn"), "payer_name", "legal_address", "counterparty_code"]),
        (_("Our side"), [("account_manager", "source"), "language"]),
    ]

    def values(self) -> dict[str, Any]:
        """Arguments of clients.actions.create_client."""
        got = self.cleaned_data
        phone, extension = got["phone"]
        payer = {name: got[name] for name in PayerFields.base_fields}
        return {
            "name": got["name"],
            "email": got["email"],
            "phone": phone,
            "extension": extension,
            "source": got["source"],
            "account_manager": got["account_manager"],
            "language": got["language"],
            "because": got["because"],
            "payer": {**payer, "name": got["payer_name"] or got["name"]},
        }


FLAGS = (
    "never_suspend", "no_overdue_notices", "no_late_fee", "separate_invoices", "tax_exempt", "reliable_payer",
    "no_auto_card", "recovery",
)  # fmt: skip


class PayerForm(PayerFields):
    """One payer: drawn on invoices as written here."""

    name = NameField(label=_("Name on papers"), max_length=250)
    postal_address = forms.CharField(label=_("Postal address"), max_length=250, required=False)
    signatory_post = forms.CharField(label=_("Signatory's post"), max_length=120, required=False)
    signatory = forms.CharField(label=_("Signatory"), max_length=120, required=False)
    is_default = forms.BooleanField(
        label=_("Default payer"),
        required=False,
        help_text=_("Invoices are drawn to it unless a service says otherwise."),
    )
    sections = [
        ("", ["name", ("kind", "inn"), ("kpp", "ogrn"), "counterparty_code"]),
        (_("Addresses"), ["legal_address", "postal_address"]),
        (_("Bank account"), ["bank_name", ("bic", "account")]),
        (_("Signatory"), [("signatory_post", "signatory"), "is_default"]),
    ]


class PayerEditForm(PayerForm):
    """The same with the version it was read at; the page draws it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class StatusForm(forms.Form):
    """The states a client may go to from where it is."""

    status = forms.ChoiceField(label=_("New status"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        allowed = Client.MOVES[Client.Status(client.status)]
        status: Any = self.fields["status"]
        status.choices = [(value, word) for value, word in Client.Status.choices if value in allowed]


class LetterForm(forms.Form):
    """A letter of a person to a client: to which of its addresses, about what, what it says."""

    to = forms.MultipleChoiceField(label=_("To whom"), widget=forms.CheckboxSelectMultiple)
    subject = NameField(
        label=_("Subject"), max_length=200, widget=forms.TextInput(attrs={"data-drafted": True})
    )
    text = text_field(_("Text"), 12)

    def __init__(self, *args: Any, addresses: list[EmailAddress], **kwargs: Any):
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.choices = [
            (one.address, f"{one.address} — {one.contact or one.get_kind_display()}") for one in addresses
        ]


class HoldForm(forms.Form):
    because = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("Colleagues will see it on the card.")
    )


class LiftForm(forms.Form):
    """What becomes of each letter that was held meanwhile."""

    FATES = (("send", _("send")), ("keep", _("keep held")), ("drop", _("never send")))

    def __init__(self, *args: Any, held: list, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for letter in held:
            self.fields[f"letter_{letter.pk}"] = forms.ChoiceField(
                label=letter.subject, choices=self.FATES, initial="send", help_text=", ".join(letter.to)
            )

    def clean(self) -> dict[str, Any]:
        """Numbers of the letters by fate: {"send": […], "keep": […], "drop": […]}."""
        chosen: dict[str, list[int]] = {fate: [] for fate, _word in self.FATES}
        for name, fate in self.cleaned_data.items():
            chosen[fate].append(int(name.removeprefix("letter_")))
        return chosen
