"""Fields of a client that are edited on its card, where nothing depends on them."""

from billing_site.office.models import User
from billing_site.pages.inline import InlineField
from clients import actions
from clients.models import Client
from clients.profile_forms import ProfileForm

HARMLESS = ("company", "language", "client_group", "source", "lead", "office_name", "cloud_login")


class ClientField(InlineField):
    permission, model = "clients.change_client", Client
    form_class, fields = ProfileForm, HARMLESS

    def perform(self, obj: Client, name: str, value: object, by: User) -> Client:
        return actions.change_client(obj, by=by, version=obj.version, **{name: value})
