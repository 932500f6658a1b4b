"""Forms of provisioning: programs, domains, what is switched off."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from products.models import ModuleEndpoint


class EndpointForm(forms.ModelForm):
    """A program and its secret; an empty secret keeps the stored one, or makes one."""

    url = forms.CharField(
        label=_("Address"), max_length=200, widget=forms.URLInput(attrs={"placeholder": "https://"})
    )
    new_secret = forms.CharField(
        label=_("Secret"), max_length=200, min_length=16, required=False, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty keeps what is stored; a new program gets one by itself."),
    )  # fmt: skip
    sections = [("", ["name", "url", "new_secret", "allow_private"])]

    class Meta:
        model = ModuleEndpoint
        fields = ("name", "url", "allow_private")

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        host = urlsplit(url).hostname if "//" in url else None
        try:
            # A machine of the office's own network may have a name without dots.
            URLValidator(schemes=["http", "https"])(
                url.replace(f"//{host}", "//a.example", 1) if host else url
            )
        except ValidationError as wrong:
            raise ValidationError(_("An address begins with http:// or https://.")) from wrong
        if urlsplit(url).username:
            raise ValidationError(_("No login in the address: requests are signed with the secret."))
        return url

    def values(self) -> dict[str, Any]:
        """Arguments of products.cataloguing.save_endpoint."""
        return {"secret": self.cleaned_data["new_secret"]}


class DomainForm(forms.Form):
    """What is known of a domain; an empty code keeps the stored one."""

    registrar = forms.CharField(label=_("Registrar"), max_length=80, required=False)
    expires_on = forms.DateField(label=_("Registered until"), required=False)
    auth_code = forms.CharField(
        label=_("Transfer code"), max_length=200, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty keeps what is stored. It is kept encrypted and shown on demand only."),
    )  # fmt: skip
    sections = [("", [("registrar", "expires_on"), "auth_code"])]

    def values(self) -> dict[str, Any]:
        """Arguments of products.domains.change_domain."""
        got = dict(self.cleaned_data)
        code = got.pop("auth_code")
        return {**got, **({"auth_code": code} if code else {})}


class SwitchOffForm(forms.Form):
    because = forms.CharField(
        label=_("Why"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
