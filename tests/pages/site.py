"""Pages of a make-believe room, to try the framework on."""

import django_filters
from django import forms
from django.http import HttpResponse
from django.urls import include, path, reverse

from billing_site.kit.errors import Refused
from billing_site.pages import many
from billing_site.pages.bulk import BulkPage
from billing_site.pages.tables import DateColumn, LinkColumn, MoneyColumn, StatusColumn, Table, TextColumn
from billing_site.pages.views import (
    SIGNED_IN,
    ActionPage,
    Bulk,
    DetailPage,
    FormPage,
    ListPage,
    Page,
    public,
)
from billing_site.urls import handler400, handler403, handler404, handler500
from clients.models import Client

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class ClientFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Client.Status.choices)
    since = django_filters.DateFilter(field_name="registered_on", lookup_expr="gte")


class ClientTable(Table):
    columns = (
        LinkColumn(
            "name", "Name", sort="name_key", link=lambda row: reverse("client-detail", args=[row["id"]])
        ),
        StatusColumn("status", "Status", choices=Client.Status, of="clients.client"),
        TextColumn("phone", "Phone"),
        TextColumn("manager", "Manager", fields=("account_manager__name",)),
        MoneyColumn("number", "Number", fields=("id",), sum="id"),
        DateColumn("registered_on", "Since", sort="registered_on", hidden=True),
    )
    reads = ("status",)

    def css(self, row):
        return "muted" if row["status"] == "closed" else ""


class ClientList(ListPage):
    permission, title = "clients.view_client", "Clients"
    queryset = Client.objects.all()
    table, filterset = ClientTable, ClientFilter
    default_order = ("registered_on", "id")
    search_fields = ("name_key", "id")
    create = ("client-new", "clients.add_client", "New")
    bulk = (Bulk("client-bulk", "clients.change_client", "Do"),)
    page_size = 4


class SourceForm(forms.Form):
    source = forms.CharField()


class NameSource(many.Deed):
    kind, title, form_class = "test.source", "Name the source", SourceForm

    def rows(self, by):
        return Client.objects.visible_to(by)

    def stops(self, row, data):
        return "closed" if row.status == "closed" else ""

    def perform(self, row, data, by):
        if row.name.endswith("2"):
            raise Refused("Not this one.")
        Client.objects.filter(pk=row.pk).update(source=data["source"])


class ClientBulk(BulkPage):
    permission, list_name, deed = "clients.change_client", "client-list", many.offer(NameSource())


class ClientForm(forms.Form):
    name = forms.CharField()
    file = forms.FileField(required=False)


class ClientNew(FormPage):
    permission, title, form_class = "clients.add_client", "New", ClientForm

    def perform(self, form, by):
        if form.cleaned_data["name"] == "taken":
            raise Refused("This name is taken.", "name")
        return Client.objects.create(
            name=form.cleaned_data["name"], registered_on="2026-01-01", source=by.email
        )

    def get_success_url(self, obj):
        return reverse("client-detail", args=[obj.pk])


class ClientClose(ActionPage):
    permission, title, model = "clients.change_client", "Close", Client

    def perform(self, obj, by, data):
        raise Refused("Not today.")

    def get_success_url(self, obj):
        return reverse("client-detail", args=[obj.pk])


class ClientCard(DetailPage):
    permission, model = "clients.view_client", Client
    crumbs = (("Clients", "client-list"),)


class Home(Page):
    permission = SIGNED_IN

    def get(self, request, **_about):
        return HttpResponse("home")


@public
class Open(Page):
    def get(self, request):
        return HttpResponse(request.LANGUAGE_CODE)


def broken(request):
    raise ZeroDivisionError


urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("open/", Open.as_view()),
    path("broken/", broken),
    path("clients/", ClientList.as_view(), name="client-list"),
    path("clients/bulk/", ClientBulk.as_view(), name="client-bulk"),
    path("jobs/<int:pk>/", Home.as_view(), name="job-detail"),
    path("clients/new/", ClientNew.as_view(), name="client-new"),
    path("clients/<int:pk>/", ClientCard.as_view(), name="client-detail"),
    path("clients/<int:pk>/close/", ClientClose.as_view(), name="client-close"),
    path("", include("billing_site.pages.urls")),
    path("account/", include("allauth.account.urls")),
]
