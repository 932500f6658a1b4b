"""Forms of notes and to-dos."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.letters.actions import FilePart
from billing_site.office.models import User
from billing_site.pages.fields import FilesField
from clients.forms import text_field
from clients.models import Client, Note

FILES_LIMIT = 15 * 1024 * 1024


class NoteForm(forms.ModelForm):
    """A note with files; `version` is what a change was typed upon, `once` marks a new one."""

    text = text_field(_("Text"), 3)
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    class Meta:
        model = Note
        fields = ("text", "important")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = _t("@Surname calls a colleague: the note comes to his bell.")
        self.initial.update(version=self.instance.version, once=uuid.uuid4().hex)

    def _post_clean(self) -> None:
        """The verb writes; the instance stays as it was read."""

    def clean_files(self) -> list[FilePart]:
        files = self.cleaned_data["files"]
        if sum(file.size for file in files) > FILES_LIMIT:
            raise forms.ValidationError(_t("All files together may have 15 MB."))
        return [
            FilePart(file.name, file.content_type or "application/octet-stream", file.read())
            for file in files
        ]


class TodoForm(forms.Form):
    """What is to be done, by whom, until when, about which client."""

    text = text_field(_("What is to be done"), 3)
    due_on = forms.DateField(label=_("Until"), required=False)
    assignee = forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=_("Who does it"), empty_label=None
    )
    client = forms.IntegerField(
        label=_("Client number"), required=False, min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    sections = [("", ["text", ("assignee", "due_on"), "client"])]

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_client(self) -> Client | None:
        return seen_client(self.cleaned_data["client"], self.user)


def seen_client(number: int | None, user: User) -> Client | None:
    """The client of a typed number, inside the user's scope. Raises ValidationError when there is none."""
    if number is None:
        return None
    found = Client.objects.visible_to(user).filter(pk=min(number, 2**62)).first()
    if found is None:
        raise forms.ValidationError(_t("There is no client with this number."))
    return found
