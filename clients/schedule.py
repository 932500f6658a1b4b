"""Deeds for many clients and long imports: pages offer them, the worker does them when there are many."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal import jobs
from billing_site.journal.models import Job
from billing_site.office.models import User
from billing_site.pages.many import Deed, offer
from clients import actions, importing
from clients.models import Client, ClientGroup
from invoices import billing
from tickets import managing


class ManagerForm(forms.Form):
    """A person, or the rule for those whom nobody looks after."""

    rule = forms.ChoiceField(
        label=_("Who"), choices=[("", _("the person picked below")), *managing.Rule.choices], required=False
    )
    account_manager = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        label=_("New account manager"),
        required=False,
        empty_label=_("nobody"),
    )
    introduce = forms.BooleanField(
        label=_("Let them know each other"), required=False,
        help_text=_("A to-do for the manager and a held letter to each client."),
    )  # fmt: skip


class GroupForm(forms.Form):
    client_group = forms.ModelChoiceField(
        ClientGroup.objects.all(), label=_("Client group"), required=False, empty_label=_("no group")
    )


class StatusForm(forms.Form):
    status = forms.ChoiceField(label=_("New status"), choices=Client.Status.choices)


class ClientDeed(Deed):
    """A column of clients set to one value; who has it already is left out."""

    column = ""
    same: str | Promise = ""

    def rows(self, by: User) -> QuerySet[Client]:
        return Client.objects.visible_to(by)

    def stops(self, row: Client, data: dict[str, Any]) -> str | Promise:
        return self.same if getattr(row, self.column) == data[self.column] else ""

    def perform(self, row: Client, data: dict[str, Any], by: User) -> None:
        actions.change_client(row, by=by, version=row.version, **{self.column: data[self.column]})


class GiveManager(ClientDeed):
    kind, title, form_class = "clients.manager", _("Change the account manager"), ManagerForm
    column, same = "account_manager", _("this manager already")

    def rows(self, by: User) -> QuerySet[Client]:
        return super().rows(by).select_related("account_manager", "sales_manager")

    def stops(self, row: Client, data: dict[str, Any]) -> str | Promise:
        if row.status == Client.Status.CLOSED:
            return _("closed clients keep their manager")
        if data.get("rule"):
            return _("somebody looks after them already") if row.account_manager_id else ""
        return super().stops(row, data)

    def perform(self, row: Client, data: dict[str, Any], by: User) -> None:
        rule = data.get("rule")
        manager = managing.chosen(rule, row) if rule else data["account_manager"]
        if manager and data.get("introduce"):
            managing.appoint(row, manager, by=by)
        else:
            managing.give_manager(row, manager, by=by)


class PutIntoGroup(ClientDeed):
    kind, title, form_class = "clients.group", _("Change the client group"), GroupForm
    column, same = "client_group", _("in this group already")

    def rows(self, by: User) -> QuerySet[Client]:
        return super().rows(by).select_related("client_group")


class MoveStatus(ClientDeed):
    kind, title, form_class = "clients.status", _("Change the status"), StatusForm
    column, same = "status", _("in this status already")

    def stops(self, row: Client, data: dict[str, Any]) -> str | Promise:
        if data["status"] in Client.MOVES[Client.Status(row.status)]:
            return ""
        return super().stops(row, data) or _("cannot go there from its status")

    def perform(self, row: Client, data: dict[str, Any], by: User) -> None:
        billing.change_client_status(row, data["status"], by=by)


GIVE_MANAGER, PUT_INTO_GROUP, MOVE_STATUS = (
    offer(GiveManager()), offer(PutIntoGroup()), offer(MoveStatus()),
)  # fmt: skip


@jobs.work("clients.import")
def import_clients(job: Job) -> None:
    """The kept file row by row. Twice is harmless: a client that is there is refused by its e-mail."""
    by = job.author
    assert by is not None
    with translation.override(by.language):
        for row in importing.check(importing.kept(job.params["file"]), by).rows:
            why = "; ".join(row.errors) or importing.carry_out(row, by, managing.change_client)
            failure = {_t("row %(n)s") % {"n": row.number}: why} if why else None
            if not jobs.advance(job, failure=failure):
                return
