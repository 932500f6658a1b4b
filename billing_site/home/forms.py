from django import forms
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User


class ProfileForm(forms.ModelForm):
    sections = (
        ("", ["name", ("phone", "extension"), "signature"]),
        (_("The panel"), [("language", "theme")]),
    )

    class Meta:
        model = User
        fields = ("name", "phone", "extension", "signature", "language", "theme")
        help_texts = {"signature": _("Stands under your answers in tickets.")}
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}
