from datetime import date, timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock, requisites
from billing_site.office.models import User
from clients.models import (
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
    found = Q(name_key__contains=text) | Q(
        pk__in=EmailAddress.objects.filter(address__contains=text).values("client")
    )
    digits = "".join(sign for sign in text if sign.isdecimal())
    if digits and not set(text) - set("0123456789 +-()#№"):
        found |= Q(pk__in=Payer.objects.filter(inn=digits).values("client"))
        if len(digits) <= 9:
            found |= Q(pk=int(digits))
        if phone := _phone(text):
            found |= Q(phone=phone) | Q(pk__in=Contact.objects.filter(phone=phone).values("client"))
    else:
        found |= Q(pk__in=Payer.objects.named(text).values("client"))
        found |= Q(pk__in=Contact.objects.named(text).values("client"))
    return rows.filter(found)


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
    numbers = Q(inn=bare) | Q(kpp=bare) | Q(ogrn=bare) | Q(counterparty_code__iexact=typed.strip())
    if bare.isdecimal():
        numbers |= Q(bic=bare) | Q(account=bare)
    return rows.filter(
        numbers | Q(pk__in=Payer.objects.named(text).values("pk")) | Q(client__name_key__contains=text)
    )


def find_contacts(rows: QuerySet, typed: str) -> QuerySet:
    """Contacts by name, e-mail, phone, or the client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    found = Q(pk__in=Contact.objects.named(text).values("pk")) | Q(client__name_key__contains=text)
    found |= Q(pk__in=EmailAddress.objects.filter(address__contains=text).values("contact"))
    if phone := _phone(text):
        found |= Q(phone=phone)
    return rows.filter(found)
