"""Forms of contact data with what proves the change (R2.3)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.letters.actions import FilePart
from clients.forms import AddressField, NameField, PhoneField
from clients.models import MailClass, Power
from clients.proving import CallBack, Evidence, OnPaper, StandingPhone

PAPER_LIMIT = 10 * 1024 * 1024
PAPERS = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".heic", ".doc", ".docx")


class ProofFields(forms.Form):
    """Who asked and what proves it. `phones` are those that stood in the card for 30 days."""

    because = forms.CharField(
        label=_("Why it changes"), max_length=200, required=False,
        help_text=_("Who asked and how we know: stands in the note with the old values."),
    )  # fmt: skip
    called = forms.ChoiceField(
        label=_("Called back"), required=False,
        help_text=_("Only phones that stood in the card for 30 days."),
    )  # fmt: skip
    whom = forms.CharField(label=_("Spoke with"), max_length=120, required=False)
    paper = forms.FileField(
        label=_("Letter on letterhead"), required=False,
        help_text=_("With signature and stamp: a scan or a photo, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ",".join(PAPERS)}),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    PROOFS: tuple[Any, list[str | tuple[str, ...]]] = (_("Proof"), [("called", "whom"), "paper"])

    def __init__(self, *args: Any, phones: Sequence[StandingPhone] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        called: Any = self.fields["called"]
        called.choices = [
            ("", _("nobody was called") if phones else _("no phone stood here for 30 days")),
            *((one.phone, one.shown) for one in phones),
        ]

    def clean_paper(self) -> FilePart | None:
        file = self.cleaned_data["paper"]
        if not file:
            return None
        if file.size > PAPER_LIMIT:
            raise forms.ValidationError(_t("The file is larger than 10 MB: make a smaller scan."))
        if not file.name.lower().endswith(PAPERS):
            raise forms.ValidationError(_t("A scan or a photo of the letter: PDF, JPEG, PNG, TIFF or Word."))
        return FilePart(file.name, file.content_type or "application/octet-stream", file.read())

    def clean(self) -> dict[str, Any]:
        got = super().clean() or self.cleaned_data
        if got.get("whom") and not got.get("called"):
            self.add_error("called", _t("Choose the phone that was called."))
        return got

    def evidence(self) -> list[Evidence]:
        """What was brought forward, for the verbs of clients.contacting."""
        return evidence_of(self.cleaned_data)


def evidence_of(got: dict[str, Any]) -> list[Evidence]:
    """Proofs among clean values of a form with ProofFields."""
    found: list[Evidence] = []
    if got["called"]:
        found.append(CallBack(got["called"], got["whom"]))
    if got["paper"]:
        found.append(OnPaper(got["paper"]))
    return found


class ContactsForm(ProofFields):
    """The main e-mail and the phone of a client."""

    email = AddressField(label=_("Main e-mail"))
    phone = PhoneField()
    sections = [("", [("email", "phone"), "because"]), ProofFields.PROOFS]

    def wanted(self) -> dict[str, Any]:
        phone, extension = self.cleaned_data["phone"]
        return {"email": self.cleaned_data["email"], "phone": phone, "extension": extension}


class ContactForm(ProofFields):
    """A person at the client, with powers and kinds of letters (R2.2)."""

    name = NameField(label=_("Name"), max_length=120)
    post = forms.CharField(label=_("Post"), max_length=120, required=False)
    email = AddressField(label=_("E-mail"), required=False)
    phone = PhoneField()
    shared = forms.BooleanField(
        label=_("The address is shared by several clients"), required=False,
        help_text=_("An outside accountant, for example: may ask for papers only."),
    )  # fmt: skip
    powers = forms.MultipleChoiceField(
        label=_("May ask for"), choices=Power.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    classes = forms.MultipleChoiceField(
        label=_("Gets letters about"), choices=MailClass.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    sections = [
        ("", [("name", "post"), ("email", "phone"), "shared", ("powers", "classes"), "because"]),
        ProofFields.PROOFS,
    ]

    def clean(self) -> dict[str, Any]:
        got = super().clean()
        if got.get("shared") and set(got.get("powers", [])) - {Power.PAPERS}:
            self.add_error("powers", _t("Who writes from a shared address may ask for papers only (R2.1)."))
        if got.get("classes") and not got.get("email") and "email" not in self.errors:
            self.add_error("email", _t("Letters need an address: write it, or untick the kinds of letters."))
        return got

    def wanted(self) -> dict[str, Any]:
        """Fields of clients.contacting.introduce and change_person."""
        got = self.cleaned_data
        phone, extension = got["phone"]
        kept = ("name", "post", "email", "shared", "powers", "classes")
        return {**{name: got[name] for name in kept}, "phone": phone, "extension": extension}
