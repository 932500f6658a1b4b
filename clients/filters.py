from datetime import date, timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock, requisites
from billing_site.office.models import User
from clients.licensing import owners, renters
from clients.models import (
    Client,
    Contact,
    EmailAddress,
    LicenceItem,
    MailClass,
    Note,
    Payer,
    Power,
    Todo,
)

NOBODY, NONE = "nobody", "none"


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


class ClientFilter(django_filters.FilterSet):
    """`manager` is a number of a member of staff, or "nobody"."""

    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Client.Status.choices, empty_label=_("any")
    )
    manager = django_filters.ChoiceFilter(
        label=_("Manager"),
        choices=lambda: ClientFilter.managers(),
        method="by_manager",
        empty_label=_("any"),
    )
    licences = django_filters.ChoiceFilter(
        label=_("Licences"),
        choices=(*LicenceItem.Ownership.choices, (NONE, _("none"))),
        method="by_licences",
        empty_label=_("any"),
    )
    since = django_filters.DateFilter(label=_("Client since"), field_name="registered_on", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("until"), field_name="registered_on", lookup_expr="lte")

    class Meta:
        model = Client
        fields = ("status",)

    @staticmethod
    def managers() -> list[tuple[str, str | Promise]]:
        staff = User.objects.filter(is_active=True).values_list("pk", "name")
        return [(NOBODY, _("nobody")), *((str(pk), name) for pk, name in staff)]

    def by_manager(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == NOBODY:
            return rows.filter(account_manager=None)
        return rows.filter(account_manager=value)

    def by_licences(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """The computed badge: whoever rents anything is on rent (R1.4)."""
        today = clock.today()
        if value == NONE:
            return rows.exclude(pk__in=renters(today)).exclude(pk__in=owners(today))
        return rows.filter(pk__in=renters(today) if value == LicenceItem.Ownership.RENT else owners(today))


class NoteFilter(django_filters.FilterSet):
    important = django_filters.BooleanFilter(label=_("Important"))
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


def _of_manager(rows: QuerySet, value: str) -> QuerySet:
    """Rows whose client has this account manager, or none."""
    return rows.filter(client__account_manager=None if value == NOBODY else value)


def find_payers(rows: QuerySet, typed: str) -> QuerySet:
    """Payers by name, any of their numbers, the code in Union, or the client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    bare = text.replace(" ", "")
    numbers = Q(inn=bare) | Q(kpp=bare) | Q(ogrn=bare) | Q(counterparty_code__iexact=typed.strip())
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


class PayerFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Payer.Kind.choices, empty_label=_("any"))
    code = django_filters.ChoiceFilter(
        label=_("Code in Union"),
        choices=[("with", _("given")), ("without", _("not given"))],
        method="by_code",
        empty_label=_("any"),
    )
    state = django_filters.ChoiceFilter(
        label=_("Valid"),
        choices=[("now", _("today")), ("past", _("no longer")), ("later", _("from a later day"))],
        method="by_state",
        empty_label=_("any"),
    )
    is_default = django_filters.BooleanFilter(label=_("Default payer"))
    manager = django_filters.ChoiceFilter(
        label=_("Manager"), choices=ClientFilter.managers, method="by_manager", empty_label=_("any")
    )

    class Meta:
        model = Payer
        fields = ("kind", "is_default")

    def by_code(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(counterparty_code="") if value == "without" else rows.exclude(counterparty_code="")

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        today = clock.today()
        if value == "past":
            return rows.filter(valid_until__lte=today)
        live = Payer.objects.live(today).values("pk")
        return rows.filter(pk__in=live) if value == "now" else rows.filter(valid_from__gt=today)

    def by_manager(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return _of_manager(rows, value)


class ContactFilter(django_filters.FilterSet):
    power = django_filters.ChoiceFilter(
        label=_("May ask for"), choices=Power.choices, method="by_power", empty_label=_("any")
    )
    mail = django_filters.ChoiceFilter(
        label=_("Gets letters about"), choices=MailClass.choices, method="by_mail", empty_label=_("any")
    )
    address = django_filters.ChoiceFilter(
        label=_("E-mail"),
        choices=[
            (EmailAddress.Kind.EXCLUSIVE, EmailAddress.Kind.EXCLUSIVE.label),
            (EmailAddress.Kind.SHARED, EmailAddress.Kind.SHARED.label),
            (NONE, _("none")),
        ],
        method="by_address",
        empty_label=_("any"),
    )
    manager = django_filters.ChoiceFilter(
        label=_("Manager"), choices=ClientFilter.managers, method="by_manager", empty_label=_("any")
    )

    class Meta:
        model = Contact
        fields = ()

    def by_power(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(powers__contains=[value])

    def by_mail(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(classes__contains=[value])

    def by_address(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(address_kind="" if value == NONE else value)

    def by_manager(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return _of_manager(rows, value)
