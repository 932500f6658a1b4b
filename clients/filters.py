from datetime import date, timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock, requisites
from billing_site.office.models import User
from billing_site.pages.finding import any_of
from clients.models import (
    Client,
    Contact,
    EmailAddress,
    Note,
    Payer,
    Todo,
)


def _phone(text: str) -> str:
    try:
        return requisites.read_phone(text)[0]
    except requisites.BadRequisite:
        return ""


def find_clients(rows: QuerySet, typed: str) -> QuerySet:
    """Clients by what people type into the list: name, e-mail, INN, payer, contact, phone or number."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    ways: list[Q | QuerySet] = [
        Q(name_key__contains=text),
        EmailAddress.objects.filter(address__contains=text).values("client"),
    ]
    digits = "".join(sign for sign in text if sign.isdecimal())
    if digits and not set(text) - set("0123456789 +-()#№"):
        ways.append(Payer.objects.filter(inn=digits).values("client"))
        if len(digits) <= 9:
            ways.append(Q(pk=int(digits)))
        if phone := _phone(text):
            ways += [Q(phone=phone), Contact.objects.filter(phone=phone).values("client")]
    else:
        ways += [Payer.objects.named(text).values("client"), Contact.objects.named(text).values("client")]
    return rows.filter(any_of(Client, *ways))


class NoteFilter(django_filters.FilterSet):
    important = django_filters.BooleanFilter(
        label=_("Important"),
        widget=forms.Select(choices=[("", _("any")), ("true", _("yes")), ("false", _("no"))]),
    )
    author = django_filters.ModelChoiceFilter(
        label=_("Author"), queryset=lambda _request: User.objects.filter(is_active=True), empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("Created since"), method="by_since")
    until = django_filters.DateFilter(label=_("until"), method="by_until")

    class Meta:
        model = Note
        fields = ("important", "author")

    def by_since(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        return rows.filter(created_at__gte=clock.midnight(day))

    def by_until(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        return rows.filter(created_at__lt=clock.midnight(day + timedelta(days=1)))


class TodoFilter(django_filters.FilterSet):
    """`whose`: given (to others), all (open), done; without it the list shows the reader's own."""

    whose = django_filters.ChoiceFilter(
        label=_("Whose"),
        choices=[("given", _("given to others")), ("all", _("all open")), ("done", _("done"))],
        method="by_whose",
        empty_label=_("mine"),
    )
    assignee = django_filters.ModelChoiceFilter(
        label=_("Who does it"),
        queryset=lambda _request: User.objects.filter(is_active=True),
        empty_label=_("any"),
    )
    until = django_filters.DateFilter(label=_("until"), field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Todo
        fields = ("assignee",)

    def by_whose(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "done":
            return rows.filter(done_at__isnull=False)
        if value == "given":
            return rows.filter(done_at=None, author=self.request.user).exclude(assignee=self.request.user)
        return rows.filter(done_at=None)


def find_payers(rows: QuerySet, typed: str) -> QuerySet:
    """Payers by name, any of their numbers, the code in Union, or the client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    bare = text.replace(" ", "")
    ways: list[Q | QuerySet] = [
        Payer.objects.named(text).values("pk"),
        Q(client__in=Client.objects.filter(name_key__contains=text)),
        Q(counterparty_code__in={typed.strip(), text, text.upper()} - {""}),
    ]
    if bare.isdecimal():
        ways.append(Q(inn=bare) | Q(kpp=bare) | Q(ogrn=bare) | Q(bic=bare) | Q(account=bare))
    return rows.filter(any_of(Payer, *ways))


def find_contacts(rows: QuerySet, typed: str) -> QuerySet:
    """Contacts by name, e-mail, phone, or the client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    ways: list[Q | QuerySet] = [
        Contact.objects.named(text).values("pk"),
        Q(client__in=Client.objects.filter(name_key__contains=text)),
        EmailAddress.objects.filter(address__contains=text, contact__isnull=False).values("contact"),
    ]
    if phone := _phone(text):
        ways.append(Q(phone=phone))
    return rows.filter(any_of(Contact, *ways))
