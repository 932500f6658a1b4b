"""Filters of the lists of payers and contacts over all clients."""

from functools import partial

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages.filtering import Cases, Conditions, PanelFilter, Switch
from clients.client_filters import NONE, of_person, staff
from clients.models import (
    Client,
    ClientGroup,
    Contact,
    Contract,
    EmailAddress,
    MailClass,
    Payer,
    Power,
)
from invoices.models import CreditAccount, Invoice


def _of(rows: QuerySet) -> Q:
    """Payers of whom there is one of these."""
    return Q(pk__in=rows.order_by().values("payer"))


def in_state(state: Contract.State) -> Q:
    return _of(Contract.objects.filter(state=state))


STATE = {
    "now": (_("today"), lambda: Q(pk__in=Payer.objects.live(clock.today()).values("pk"))),
    "past": (_("no longer"), lambda: Q(valid_until__lte=clock.today())),
    "later": (_("from a later day"), lambda: Q(valid_from__gt=clock.today())),
}
CODE = {
    "with": (_("given"), lambda: ~Q(counterparty_code="")),
    "without": (_("not given"), lambda: Q(counterparty_code="")),
}
INN = {"with": (_("given"), lambda: ~Q(inn="")), "without": (_("not given"), lambda: Q(inn=""))}
ACCOUNT = {
    "with": (_("given"), lambda: ~Q(account="")), "without": (_("not given"), lambda: Q(account="")),
}  # fmt: skip
DEBT = {
    "any": (_("has a debt"), lambda: _of(Invoice.objects.unpaid())),
    "overdue": (_("overdue"), lambda: _of(Invoice.objects.overdue())),
    NONE: (_("none"), lambda: ~Exists(Invoice.objects.unpaid().filter(payer=OuterRef("pk")))),
}
CREDIT = {"yes": (_("yes"), lambda: _of(CreditAccount.objects.filter(balance__gt=0)))}
CONTRACT: Conditions = {
    **{state.value: (state.label, partial(in_state, state)) for state in Contract.State},
    NONE: (_("none"), lambda: ~Exists(Contract.objects.filter(payer=OuterRef("pk")))),
}
ADDRESS = {
    EmailAddress.Kind.EXCLUSIVE.value: (
        EmailAddress.Kind.EXCLUSIVE.label, lambda: Q(address_kind=EmailAddress.Kind.EXCLUSIVE),
    ),
    EmailAddress.Kind.SHARED.value: (
        EmailAddress.Kind.SHARED.label, lambda: Q(address_kind=EmailAddress.Kind.SHARED),
    ),
    "bounced": (
        _("bounced"),
        lambda: Q(pk__in=EmailAddress.objects.filter(bounced_at__isnull=False).values("contact")),
    ),
    NONE: (_("none"), lambda: Q(address_kind="")),
}  # fmt: skip
PHONE = {"with": (_("given"), lambda: ~Q(phone="")), "without": (_("not given"), lambda: Q(phone=""))}


class ClientsOwn(PanelFilter):
    """What is asked of the client that a payer or contact belongs to."""

    manager = django_filters.ChoiceFilter(
        label=_("Manager"), choices=staff, method="by_person", field_name="client__account_manager",
        empty_label=_("any"),
    )  # fmt: skip
    sales = django_filters.ChoiceFilter(
        label=_("Sales manager"), choices=staff, method="by_person", field_name="client__sales_manager",
        empty_label=_("any"),
    )  # fmt: skip
    client_status = django_filters.ChoiceFilter(
        label=_("Status of the client"), field_name="client__status", choices=Client.Status.choices,
        empty_label=_("any"),
    )  # fmt: skip
    group = django_filters.ModelChoiceFilter(
        label=_("Client group"), queryset=ClientGroup.objects.all(), field_name="client__client_group",
        empty_label=_("any"), null_label=_("no group"), null_value=NONE,
    )  # fmt: skip

    def by_person(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return of_person(rows, name, value, self.request.user)


class PayerFilter(ClientsOwn):
    bar = ("kind", "code", "state", "manager")
    more = (
        (_("Payer"), ("is_default", "inn", "account", "contract", "since", "until")),
        (_("Money"), ("debt", "credit")),
        (_("Client"), ("client_status", "group", "sales")),
    )

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Payer.Kind.choices, empty_label=_("any"))
    code = Cases(_("Code in Union"), CODE)
    state = Cases(_("Valid"), STATE)
    is_default = Switch(_("Default payer"), "is_default")
    inn = Cases(_("INN"), INN)
    account = Cases(_("Settlement account"), ACCOUNT)
    contract = Cases(_("Contract"), CONTRACT)
    since = django_filters.DateFilter(label=_("Valid since"), field_name="valid_from", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("Begins until"), field_name="valid_from", lookup_expr="lte")
    debt = Cases(_("Debt"), DEBT)
    credit = Cases(_("Credit balance"), CREDIT)

    class Meta:
        model = Payer
        fields = ("kind",)


class ContactFilter(ClientsOwn):
    """`address_kind` is an annotation of the list's rows."""

    bar = ("power", "mail", "address", "manager")
    more = (
        (_("Contact"), ("phone", "post")),
        (_("Client"), ("client_status", "group", "sales")),
    )

    power = django_filters.ChoiceFilter(
        label=_("May ask for"), choices=Power.choices, method="by_power", empty_label=_("any")
    )
    mail = django_filters.ChoiceFilter(
        label=_("Gets letters about"), choices=MailClass.choices, method="by_mail", empty_label=_("any")
    )
    address = Cases(_("E-mail"), ADDRESS)
    phone = Cases(_("Phone"), PHONE)
    post = django_filters.CharFilter(label=_("Post"), lookup_expr="icontains")

    class Meta:
        model = Contact
        fields = ()

    def by_power(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(powers__contains=[value])

    def by_mail(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(classes__contains=[value])
