"""Bank statements: the list, loading, one statement against the bank's own totals."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing_site.kit.errors import Refused
from billing_site.pages.page import ObjectPage
from billing_site.pages.views import ActionPage, DetailPage, FormPage, ListPage, send_file
from invoices import matching
from invoices.forms import StatementForm
from invoices.models import BankLine, Statement
from invoices.tables import StatementTable
from invoices.views.desk import shown, with_sums

LIST = ((_("Bank statements"), "statement-list"),)
SUMS = ("opening", "in", "stated_in", "out", "stated_out", "closing")
SHOWN = 100  # lines of a group on the statement's page; the list has all of them


class StatementList(ListPage):
    permission, title, menu = "invoices.view_statement", _("Bank statements"), "billing"
    table = StatementTable
    create = ("statement-new", "invoices.add_statement", _("Load a statement"))
    empty_text = _("No statements yet. Load the first one: kl_to_1c.txt from the bank's client.")

    def get_queryset(self) -> QuerySet[Statement]:
        return Statement.objects.with_counts()


class StatementNew(FormPage):
    """One or several files; each is kept at once and read by a worker."""

    permission, title, menu = "invoices.add_statement", _("Load a statement"), "billing"
    crumbs = LIST
    form_class = StatementForm
    submit_label, success_message = _("Load"), ""

    def perform(self, form: StatementForm, by: Any) -> list[Statement]:
        loaded = [
            matching.receive_statement(file.read(), file.name, by=by) for file in form.cleaned_data["files"]
        ]
        fresh = [one for one in loaded if not one.again]
        for one in loaded:
            if one.again:
                messages.warning(self.request, matching.told_again(one))
        if fresh:
            text = ngettext("%(n)s file is loaded.", "%(n)s files are loaded.", len(fresh))
            messages.success(self.request, text % {"n": len(fresh)})
        return loaded

    def get_success_url(self, obj: list[Statement]) -> str:
        if len(obj) == 1:
            return reverse("statement-detail", args=[obj[0].pk])
        return reverse("statement-list")


class StatementPage(DetailPage):
    """Totals against the bank's own, what was wrong in the file, its lines in three groups."""

    permission, menu, crumbs = "invoices.view_statement", "billing", LIST
    queryset = Statement.objects.select_related("author").with_counts()
    template_name = "invoices/desk/statement.html"

    def get_context(self, obj: Statement) -> dict[str, Any]:
        lines = BankLine.objects.filter(statement=obj).select_related("account__seller").order_by("id")
        undecided = BankLine.objects.exclude(outcome__in=BankLine.SETTLED)
        groups = (
            ("applied", _("Applied"), lines.applied()),
            ("look", _("Needs a look"), lines.filter(pk__in=undecided.values("pk"))),
            ("aside", _("Not a client's payment"), lines.aside()),
        )
        return {
            "groups": [
                {"key": key, "label": label, "count": rows.count(), "shown": shown(list(rows[:SHOWN]))}
                for key, label, rows in groups
            ],
            "limit": SHOWN,
            "accounts": [with_sums(one, SUMS) for one in obj.accounts],
        }


class StatementFile(ObjectPage):
    """The file as it came."""

    permission, model = "invoices.view_statement", Statement

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        statement = self.get_object()
        return send_file(statement.storage_name, statement.name)


class ReadAgain(ActionPage):
    permission, model, menu = "invoices.add_statement", Statement, "billing"
    crumbs = LIST
    title, submit_label, success_message = _("Read the file again"), _("Read"), _("The file is being read.")
    explanation = _("The bytes are kept; the reader tries once more.")

    def perform(self, obj: Statement, by: Any, data: dict[str, Any]) -> Statement:
        if obj.status != Statement.Status.FAILED:
            raise Refused(_t("The file is read already."))
        return matching.read_again(obj, by=by)

    def get_success_url(self, obj: Statement) -> str:
        return reverse("statement-detail", args=[obj.pk])
