"""Groups of companies with what they owe together, groups of clients, who brought whom."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import User
from billing_site.pages.views import DetailPage, FormPage, ListPage, PanelView
from clients import grouping
from clients.group_forms import ClientGroupForm, CompanyGroupForm, JoinForm, ReferralForm
from clients.models import Client, ClientGroup, CompanyGroup, clients_seen_by
from clients.tables import ClientGroupTable, CompanyGroupTable
from clients.views.edits import ClientForm
from clients.views.lists import MONEY, with_services_and_debt
from invoices.models import Invoice
from products.models import Service
from tickets.models import Ticket

SHOWN = 10


def _counted(rows: QuerySet, by: str) -> Coalesce:
    """How many `rows` stand behind one object; `by` leads from them to it."""
    found = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("*"))
    return Coalesce(Subquery(found.values("n"), output_field=IntegerField()), 0)


def open_tickets() -> QuerySet:
    return Ticket.objects.exclude(status=Ticket.Status.CLOSED)


def with_sums(groups: QuerySet, user: User) -> QuerySet:
    """Groups with companies, live services, open tickets and debt in roubles, inside the user's scope."""
    seen = clients_seen_by(user, "client__")
    unpaid = Invoice.objects.unpaid().filter(seen, client__company_group=OuterRef("pk"), currency="RUB")
    owed = unpaid.order_by().values("client__company_group").annotate(s=Sum(F("total") - F("paid")))
    path = "client__company_group"
    return groups.annotate(
        companies=_counted(Client.objects.visible_to(user), "company_group"),
        live_services=_counted(Service.objects.live().filter(seen), path),
        tickets=_counted(open_tickets().filter(seen), path),
        due=Subquery(owed.values("s"), output_field=MONEY),
    )


def groups_seen_by(user: User) -> QuerySet:
    """Groups that have a client of the user's scope, and empty ones."""
    groups = CompanyGroup.objects.all()
    if user.is_superuser or user.scope == User.Scope.ALL:
        return groups
    grouped = Client.objects.filter(company_group__isnull=False)
    mine, taken = grouped.visible_to(user).values("company_group"), grouped.values("company_group")
    return groups.filter(Q(pk__in=mine) | ~Q(pk__in=taken))


class CompanyGroupList(ListPage):
    permission, title, menu = "clients.view_companygroup", _("Groups of companies"), "clients"
    table = CompanyGroupTable
    default_order = ("name", "id")
    search_fields = ("name__icontains",)
    create = ("company-group-new", "clients.add_companygroup", _("New group"))
    empty_text = _("No groups yet: put companies of one owner together, their debts are seen at once.")

    def get_queryset(self) -> QuerySet:
        return with_sums(groups_seen_by(self.request.user), self.request.user)


class CompanyGroupCard(DetailPage):
    """What the companies of one owner have and owe, company by company and in all."""

    permission, menu = "clients.view_companygroup", "clients"
    crumbs = ((_("Clients"), "client-list"), (_("Groups of companies"), "company-group-list"))
    template_name = "clients/company_group.html"

    def get_queryset(self) -> QuerySet:
        return groups_seen_by(self.request.user)

    def get_context(self, obj: CompanyGroup) -> dict[str, Any]:
        clients = Client.objects.visible_to(self.request.user).filter(company_group=obj)
        rows = with_services_and_debt(clients).annotate(tickets_open=_counted(open_tickets(), "client"))
        companies = list(rows.select_related("account_manager").order_by("name_key"))
        debts: dict[str, Decimal] = defaultdict(Decimal)
        for company in companies:
            debts[company.currency] += company.due or 0
        return {
            "companies": companies,
            "debts": list(debts.items()),
            "live_services": sum(company.live_services for company in companies),
            "tickets": sum(company.tickets_open for company in companies),
        }


class CompanyGroupNew(FormPage):
    permission, title, menu = "clients.add_companygroup", _("New group of companies"), "clients"
    crumbs = CompanyGroupCard.crumbs
    form_class = CompanyGroupForm

    def perform(self, form: CompanyGroupForm, by: Any) -> CompanyGroup:
        return grouping.save_company_group(self.object or CompanyGroup(), by=by, **form.cleaned_data)

    def get_success_url(self, obj: CompanyGroup) -> str:
        return reverse("company-group-detail", args=[obj.pk])


class CompanyGroupEdit(CompanyGroupNew):
    permission, title = "clients.change_companygroup", _("Group of companies")

    def get_queryset(self) -> QuerySet:
        return groups_seen_by(self.request.user)

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.object.name, "note": self.object.note}


class ClientGroupList(ListPage):
    """The office's own sorting of clients."""

    permission, title, menu = "clients.view_clientgroup", _("Client groups"), "clients"
    table = ClientGroupTable
    default_order = ("name", "id")
    create = ("client-group-new", "clients.add_clientgroup", _("New group"))

    def get_queryset(self) -> QuerySet:
        mine = Client.objects.visible_to(self.request.user)
        return ClientGroup.objects.annotate(members=_counted(mine, "client_group"))


class ClientGroupNew(FormPage):
    permission, title, menu = "clients.add_clientgroup", _("New client group"), "clients"
    crumbs = ((_("Clients"), "client-list"), (_("Client groups"), "client-group-list"))
    form_class = ClientGroupForm

    def perform(self, form: ClientGroupForm, by: Any) -> ClientGroup:
        return grouping.save_client_group(self.object or ClientGroup(), by=by, **form.cleaned_data)

    def get_success_url(self, obj: ClientGroup) -> str:
        return reverse("client-group-list")


class ClientGroupEdit(ClientGroupNew):
    permission, title, model = "clients.change_clientgroup", _("Client group"), ClientGroup

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.object.name, "colour": self.object.colour}


class ClientJoin(ClientForm):
    """The group of companies a client belongs to."""

    title, form_class, tab = _("Group of companies"), JoinForm, "summary"

    def get_initial(self) -> dict[str, Any]:
        return {"group": self.object.company_group_id}

    def perform(self, form: JoinForm, by: Any) -> Client:
        return grouping.join_group(self.object, by=by, **form.cleaned_data)


class ClientReferral(ClientForm):
    """Who brought the client."""

    title, form_class, tab = _("Who brought the client"), ReferralForm, "summary"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        referral = getattr(self.object, "referral", None)
        if referral is None:
            return {}
        return {"referrer": referral.referrer_id, "since": referral.since, "note": referral.note}

    def perform(self, form: ReferralForm, by: Any) -> Any:
        return grouping.refer(self.object, by=by, **form.cleaned_data)


class ClientLinks(PanelView):
    """The client's group of companies, who brought it, whom it brought."""

    permission, template_name = "clients.view_client", "clients/_links.html"
    queryset = Client.objects.select_related("company_group", "referral__referrer")

    def get_context(self, obj: Client) -> dict[str, Any]:
        seen = Client.objects.visible_to(self.request.user)
        referral = getattr(obj, "referral", None)
        siblings = seen.filter(company_group=obj.company_group_id).exclude(pk=obj.pk)
        known = referral and seen.filter(pk=referral.referrer_id).exists()
        return {
            "client": obj,
            "siblings": siblings.order_by("name_key")[:SHOWN] if obj.company_group_id else [],
            "referral": referral,
            "referrer_seen": known,
            "brought": seen.filter(referral__referrer=obj)
            .select_related("referral")
            .order_by("name_key")[:SHOWN],
        }
