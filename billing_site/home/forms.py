from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.office.models import User


class ProfileForm(forms.ModelForm):
    sections = (
        ("", ["name", ("phone", "extension"), "signature"]),
        (_("The panel"), [("language", "theme")]),
    )

    class Meta:
        model = User
        fields = ("name", "phone", "extension", "signature", "language", "theme")
        labels = {"name": _("Your name")}
        help_texts = {"signature": _("Stands under your answers in tickets.")}
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}

    def clean_phone(self) -> str:
        """Kept as +7…: clients see it on the invoice's page."""
        typed = self.cleaned_data["phone"]
        try:
            return requisites.read_phone(typed)[0] if typed else ""
        except requisites.BadRequisite as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
