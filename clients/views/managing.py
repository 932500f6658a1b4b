"""Who looks after a client: the page that gives it to a manager (R1.6)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing_site.office.models import User
from clients.models import Client
from clients.views.card import header_of
from clients.views.deeds import ClientDeed
from tickets import managing


class PersonField(forms.ModelChoiceField):
    """A manager with the number of clients he has already."""

    def label_from_instance(self, obj: Any) -> str:
        count = obj.portfolio_size
        told = ngettext("%(n)s client", "%(n)s clients", count) % {"n": count}
        return f"{obj.name} — {told}"


class AppointForm(forms.Form):
    """A person, or the rule that finds one."""

    rule = forms.ChoiceField(
        label=_("Who"), choices=[("", _("the person picked below")), *managing.Rule.choices],
        required=False, widget=forms.RadioSelect,
    )  # fmt: skip
    account_manager = PersonField(
        queryset=User.objects.none(), label=_("Account manager"), required=False, empty_label="—"
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        person: Any = self.fields["account_manager"]
        person.queryset = managing.managers()

    def clean(self) -> dict[str, Any]:
        got = self.cleaned_data
        if not got.get("rule") and not got.get("account_manager") and not self.errors:
            self.add_error("account_manager", _t("Pick a person or a rule."))
        return got


class ClientManager(ClientDeed):
    """By hand or by rule; shows what goes along and who looked after the client before."""

    permission, form_class, template_name = "clients.change_client", AppointForm, "clients/manager.html"
    title, submit_label = _("Give to a manager"), _("Give")
    success_message = _(
        "The manager has got a to-do; the letter to the client waits for a look among the held ones."
    )
    explanation = _(
        "Open tickets follow. The manager gets a to-do with what sales wrote; the letter «your personal "
        "manager» is drafted and held until somebody lets it go."
    )

    def get_context(self, obj: Client) -> dict[str, Any]:
        return {
            **header_of(obj),
            "sales_notes": managing.sales_notes(obj),
            "history": managing.history_of(obj),
            "tickets": managing.following(obj, obj.account_manager, None)[: managing.LATEST],
        }

    def perform(self, obj: Client, by: Any, data: dict[str, Any]) -> Client:
        manager = managing.chosen(data["rule"], obj) if data["rule"] else data["account_manager"]
        return managing.appoint(obj, manager, by=by)
