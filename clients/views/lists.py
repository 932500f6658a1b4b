from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters.models import Hold
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import Bulk, FormPage, ListPage, Page
from clients.actions import called, create_client
from clients.client_filters import MINE, NOBODY, ClientFilter
from clients.filters import find_clients
from clients.forms import NewClientForm
from clients.models import Client
from clients.queries import Similar, similar_clients, with_main_facts, with_more_facts
from clients.tables import ClientTable
from invoices.models import CreditAccount, Invoice, Payment
from products.models import Service

MONEY = DecimalField(max_digits=14, decimal_places=2)


def with_services_and_debt(rows: QuerySet) -> QuerySet:
    """Clients with `live_services` and `due`; worked out for the rows of the page only."""
    services = Service.objects.live().filter(client=OuterRef("pk")).order_by().values("client")
    unpaid = Invoice.objects.unpaid().filter(client=OuterRef("pk")).order_by().values("client")
    open_sum = ExpressionWrapper(Sum(F("total") - F("paid")), output_field=MONEY)
    return rows.annotate(
        live_services=Coalesce(
            Subquery(services.annotate(n=Count("*")).values("n"), output_field=IntegerField()), 0
        ),
        due=Subquery(unpaid.annotate(s=open_sum).values("s"), output_field=MONEY),
    )


def with_money_facts(rows: QuerySet) -> QuerySet:
    """Clients with `credit`, `last_payment`, `on_hold`."""
    credits = CreditAccount.objects.filter(payer__client=OuterRef("pk")).order_by().values("payer__client")
    payments = Payment.objects.filter(client=OuterRef("pk")).order_by("-received_on")
    return rows.annotate(
        credit=Subquery(credits.annotate(s=Sum("balance")).values("s"), output_field=MONEY),
        last_payment=Subquery(payments.values("received_on")[:1]),
        on_hold=Exists(Hold.objects.filter(client_no=OuterRef("pk"))),
    )


class ClientList(ListPage):
    permission, title, menu = "clients.view_client", _("Clients"), "clients"
    queryset = with_money_facts(with_services_and_debt(with_main_facts(Client.objects.all())))
    table = ClientTable
    filterset = ClientFilter
    default_order = ("name_key", "id")
    search_fields = ("name_key",)
    search_hint = _("Name, e-mail, INN, phone, number")
    create = ("client-new", "clients.add_client", _("New client"))
    tabs = (
        (_("All"), ""),
        (_("Active"), "status=active"),
        (_("Mine"), f"manager={MINE}"),
        (_("Without a manager"), f"status=active&manager={NOBODY}"),
        (_("Closed"), "status=closed"),
    )
    bulk = (
        Bulk("client-bulk-manager", "clients.change_client", _("Manager")),
        Bulk("client-bulk-group", "clients.change_client", _("Client group")),
        Bulk("client-bulk-status", "clients.change_client", _("Status")),
    )
    empty_text = _("No clients yet. Create the first one.")

    def get_queryset(self) -> QuerySet:
        return with_more_facts(super().get_queryset(), clock.today())

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return find_clients(queryset, typed)


def refuse_double(found: list[Similar], by: Any) -> None:
    """Raises Refused at "because" when one of these is so much the same that a reason is needed."""
    doubles = [f"{called(one.client, by)} ({', '.join(map(str, one.why))})" for one in found if one.double]
    if doubles:
        raise Refused(
            _t("There is one like this: %(clients)s. If yours is another one, say why.")
            % {"clients": "; ".join(doubles)},
            "because",
        )


class ClientNew(FormPage):
    permission, title, menu = "clients.add_client", _("New client"), "clients"
    crumbs = ((_("Clients"), "client-list"),)
    template_name = "clients/new.html"
    form_class = NewClientForm
    submit_label, success_message = _("Create the client"), _("Client created.")

    def perform(self, form: NewClientForm, by: Any) -> Client:
        wanted = form.values()
        if not wanted["because"]:
            refuse_double(
                similar_clients(inn=form["inn"].value() or "", phone=wanted["phone"], name=wanted["name"]), by
            )
        return create_client(by=by, **wanted)

    def get_success_url(self, obj: Client) -> str:
        return reverse("client-detail", args=[obj.pk])


class ClientSimilar(Page):
    """Clients that look like the one being typed in: a fragment beside the form."""

    permission = "clients.add_client"

    def get(self, request: PanelRequest) -> HttpResponse:
        typed = {name: request.GET.get(name, "")[:200] for name in ("email", "inn", "phone", "name")}
        found = similar_clients(**typed)
        visible = Client.objects.visible_to(request.user).filter(pk__in=[one.client.pk for one in found])
        context = {"found": found, "visible": set(visible.values_list("pk", flat=True))}
        return render(request, "clients/_similar.html", context)
