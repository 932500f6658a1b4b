from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.letters.actions import FilePart
from billing_site.office.models import Department, User
from billing_site.pages.fields import FilesField
from clients.models import Client
from tickets.models import Ticket


class AddressesField(forms.CharField):
    """E-mail addresses with commas, semicolons or spaces between them; the clean value is a list."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "placeholder": " "})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value).replace(",", " ").replace(";", " ")
        addresses = []
        for word in text.split():
            try:
                addresses.append(requisites.normal_address(word))
            except requisites.BadRequisite as wrong:
                raise forms.ValidationError(f"{word}: {wrong}") from wrong
        return list(dict.fromkeys(addresses))


class StaffField(forms.ModelChoiceField):
    """A member of staff, with the department behind the name."""

    def __init__(self, **kwargs: Any):
        staff = User.objects.filter(is_active=True).select_related("department")
        super().__init__(staff, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} — {obj.department}" if obj.department else obj.name


def _department(label: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Department.objects.all(), label=label, empty_label="—")


class AnswerForm(forms.Form):
    """`seen` is the last message that stood on the page when the answer was begun."""

    text = forms.CharField(label=_("Answer"), widget=forms.Textarea(attrs={"rows": 8}))
    attachments = FilesField(label=_("Files"), required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_attachments(self) -> list[FilePart]:
        return [
            FilePart(file.name, file.content_type or "application/octet-stream", file.read())
            for file in self.cleaned_data["attachments"]
        ]


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Internal note"), widget=forms.Textarea(attrs={"rows": 4}))


class TicketForm(forms.Form):
    """A conversation that we begin. Without "send" or without addressees it stays in the house.

    `draft` is the name under which the browser keeps the text.
    """

    client = forms.ModelChoiceField(Client.objects.none(), label=_("Client"), required=False)
    to = AddressesField(
        label=_("To whom"), required=False, help_text=_("Several: with commas. Empty: an internal ticket.")
    )
    send = forms.BooleanField(label=_("Send by e-mail"), required=False)
    subject = forms.CharField(label=_("Subject"), max_length=250)
    department = _department(_("Department"))
    assignee = StaffField(label=_("Assigned to"), required=False, empty_label=_("nobody"))
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Ticket.Priority.choices, initial=Ticket.Priority.NORMAL
    )
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 10}))

    def __init__(self, *args: Any, clients: QuerySet, draft: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["client"]
        chosen.queryset = clients
        self.fields["text"].widget.attrs["data-draft"] = draft

    def clean(self) -> dict[str, Any]:
        got = self.cleaned_data
        if got.get("send") and "to" in got and not got["to"]:
            self.add_error("to", _t("Say to whom, or untick “Send by e-mail”."))
        return got

    def values(self) -> dict[str, Any]:
        """Arguments of tickets.answering.open_ticket."""
        got = {name: value for name, value in self.cleaned_data.items() if name != "send"}
        return {**got, "to": got["to"] if self.cleaned_data["send"] else ()}


class AssignForm(forms.Form):
    assignee = StaffField(label=_("Assigned to"), required=False, empty_label=_("nobody"))


class HandForm(forms.Form):
    department = _department(_("To department"))
    assignee = StaffField(label=_("To a person in it"), required=False, empty_label=_("anybody"))
    text = forms.CharField(
        label=_("What they should know"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("An internal note: the client doesn't see it."),
    )  # fmt: skip


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=_("Priority"), choices=Ticket.Priority.choices)


class BindForm(forms.Form):
    client = forms.ModelChoiceField(
        Client.objects.none(), label=_("Client"), error_messages={"required": _("Choose a client.")}
    )

    def __init__(self, *args: Any, clients: QuerySet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["client"]
        chosen.queryset = clients
