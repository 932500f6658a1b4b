"""Filters of the list of clients: one for every field that staff look by.

A condition is a set that an index serves; what must be absent is asked by NOT EXISTS, never by NOT IN.
"""

from datetime import date, timedelta
from functools import partial
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.letters.models import Hold
from billing_site.office.models import Department, User
from billing_site.pages.filtering import Cases, Conditions, PanelFilter, Switch
from billing_site.pages.formats import SIGNS
from clients.forms import label_of
from clients.licensing import active_licences, owners, renters
from clients.models import (
    Client,
    ClientGroup,
    ClientOption,
    CompanyGroup,
    Contact,
    Contract,
    EmailAddress,
    LicenceItem,
    Note,
    Payer,
    Referral,
)
from invoices.models import CreditAccount, Invoice, Payment
from products.models import Product, Service

NOBODY, NONE, MINE = "nobody", "none", "mine"
Words = list[tuple[str, str | Promise]]


def no(rows: QuerySet, path: str = "client") -> Any:
    """Clients of whom there is none of these."""
    return ~Exists(rows.filter(**{path: OuterRef("pk")}))


def of(rows: QuerySet, path: str = "client") -> Q:
    """Clients of whom there is one of these at least."""
    return Q(pk__in=rows.order_by().values(path))


def staff() -> Words:
    """Who may be chosen as a manager: the reader himself, nobody, a person."""
    people = User.objects.filter(is_active=True).values_list("pk", "name")
    return [(MINE, _("I")), (NOBODY, _("nobody")), *((str(pk), name) for pk, name in people)]


def of_person(rows: QuerySet, field: str, value: str, reader: User) -> QuerySet:
    """Rows where this relation to a member of staff is `value` of `staff`."""
    chosen = {MINE: reader.pk, NOBODY: None}.get(value, value)
    return rows.filter(**{field: chosen})


def without_code() -> QuerySet[Payer]:
    return Payer.objects.live(clock.today()).filter(counterparty_code="")


def named_people() -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(contact__isnull=False).exclude(kind=EmailAddress.Kind.FORMER)


def current_options(on: date) -> QuerySet[ClientOption]:
    """The newest row of each client's option that has begun."""
    later = ClientOption.objects.filter(
        client=OuterRef("client"), kind=OuterRef("kind"), since__lte=on, since__gt=OuterRef("since")
    )
    return ClientOption.objects.filter(~Exists(later), since__lte=on)


def in_state(state: Contract.State) -> Q:
    return of(Contract.objects.filter(state=state))


def paid_by(kind: Payer.Kind) -> Q:
    return of(Payer.objects.live(clock.today()).filter(kind=kind))


DEBT = {
    "any": (_("has a debt"), lambda: of(Invoice.objects.unpaid())),
    "overdue": (_("overdue"), lambda: of(Invoice.objects.overdue())),
    "collections": (_("in collections"), lambda: of(Invoice.objects.filter(status="collections"))),
    NONE: (_("none"), lambda: no(Invoice.objects.unpaid())),
}
SERVICES = {
    "live": (_("has live ones"), lambda: of(Service.objects.live())),
    "suspended": (_("suspended"), lambda: of(Service.objects.filter(status=Service.Status.SUSPENDED))),
    NONE: (_("no live ones"), lambda: no(Service.objects.live())),
}
LICENCES = {
    LicenceItem.Ownership.RENT: (
        LicenceItem.Ownership.RENT.label, lambda: Q(pk__in=renters(clock.today())),
    ),
    LicenceItem.Ownership.OWN: (LicenceItem.Ownership.OWN.label, lambda: Q(pk__in=owners(clock.today()))),
    NONE: (_("none"), lambda: no(active_licences(clock.today()))),
}  # fmt: skip
HOLD = {
    "yes": (_("nothing leaves"), lambda: of(Hold.objects.all(), "client_no")),
    "no": (_("letters leave"), lambda: no(Hold.objects.all(), "client_no")),
}
IMPORTANT = {
    "yes": (_("yes"), lambda: of(Note.objects.filter(important=True))),
    "no": (_("no"), lambda: no(Note.objects.filter(important=True))),
}
CODE = {
    "without": (_("not given"), lambda: of(without_code())),
    "with": (_("given"), lambda: of(Payer.objects.live(clock.today()).exclude(counterparty_code=""))),
}
MAIL = {
    "no_main": (_("no main address"), lambda: no(EmailAddress.objects.filter(kind="profile"))),
    "no_contact": (_("no contact with an e-mail"), lambda: no(named_people())),
    "bounced": (_("bounced"), lambda: of(EmailAddress.objects.filter(bounced_at__isnull=False))),
}
CONTACTS = {
    "some": (_("there are"), lambda: of(Contact.objects.all())),
    NONE: (_("none"), lambda: no(Contact.objects.all())),
}
CREDIT = {
    "yes": (_("yes"), lambda: of(CreditAccount.objects.filter(balance__gt=0), "payer__client")),
    "no": (_("no"), lambda: no(CreditAccount.objects.filter(balance__gt=0), "payer__client")),
}
REFERRAL = {
    "brought": (_("brought by a client"), lambda: of(Referral.objects.all())),
    "own": (_("came by itself"), lambda: no(Referral.objects.all())),
    "brings": (_("brings others"), lambda: of(Referral.objects.all(), "referrer")),
}
GROUPED = {
    "yes": (_("in a group"), lambda: Q(company_group__isnull=False)),
    "no": (_("on its own"), lambda: Q(company_group=None)),
}
CONTRACT: Conditions = {
    **{state.value: (state.label, partial(in_state, state)) for state in Contract.State},
    NONE: (_("none"), lambda: no(Contract.objects.all())),
}
PAYER_KIND: Conditions = {kind.value: (kind.label, partial(paid_by, kind)) for kind in Payer.Kind}


def text_filter(label: str | Promise, field: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(label=label, field_name=field, lookup_expr="icontains")


def day_filter(label: str | Promise, *args: Any, **kwargs: Any) -> django_filters.DateFilter:
    return django_filters.DateFilter(*args, label=label, **kwargs)


def flag(name: str) -> Switch:
    return Switch(label_of(Client, name), name)


class ClientFilter(PanelFilter):
    """`manager` and `sales` are a number of a member of staff, "mine" or "nobody"."""

    bar = ("status", "manager", "debt", "services")
    more = (
        (_("Who"), ("group", "grouped", "company_group", "payer_kind", "language", "currency",
                    "payment_method", "hold", "important")),
        (_("Contacts and papers"), ("mail", "contacts", "code", "contract")),
        (_("Our side"), ("sales", "department", "office", "since", "until")),
        (_("Where from"), ("source", "lead", "referral", "referrer", "utm_source", "utm_campaign")),
        (_("Money and services"), ("credit", "paid_since", "unpaid_since", "product")),
        (_("1C"), ("licences", "option", "option_state", "option_until", "its_since", "its_until",
                   "registration")),
        (_("Rules for this client"), (
            "reliable_payer", "never_suspend", "recovery", "tax_exempt", "no_late_fee", "no_overdue_notices",
            "separate_invoices", "no_auto_card",
        )),
    )  # fmt: skip

    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Client.Status.choices, empty_label=_("any")
    )
    manager = django_filters.ChoiceFilter(
        label=_("Manager"), choices=staff, method="by_person", field_name="account_manager",
        empty_label=_("any"),
    )  # fmt: skip
    debt = Cases(_("Debt"), DEBT)
    services = Cases(_("Services"), SERVICES)
    licences = Cases(_("Licences"), LICENCES)

    group = django_filters.ModelChoiceFilter(
        label=_("Client group"), queryset=ClientGroup.objects.all(), field_name="client_group",
        empty_label=_("any"), null_label=_("no group"), null_value=NONE,
    )  # fmt: skip
    grouped = Cases(_("Group of companies"), GROUPED)
    company_group = django_filters.CharFilter(label=_("Name of the group"), method="by_company_group")
    payer_kind = Cases(_("Payer is a"), PAYER_KIND)
    language = django_filters.ChoiceFilter(
        label=_("Language"), choices=Client._meta.get_field("language").choices, empty_label=_("any")
    )
    currency = django_filters.ChoiceFilter(
        label=_("Currency"), choices=[(one, one) for one in SIGNS],
        empty_label=_("any"),
    )  # fmt: skip
    payment_method = django_filters.ChoiceFilter(
        label=capfirst(_("payment method")), choices=Client.PaymentMethod.choices, empty_label=_("any")
    )
    hold = Cases(_("Hold of letters"), HOLD)
    important = Cases(_("Important note"), IMPORTANT)

    mail = Cases(_("E-mail"), MAIL)
    contacts = Cases(_("Contacts"), CONTACTS)
    code = Cases(_("Code in Union"), CODE)
    contract = Cases(_("Contract"), CONTRACT)

    sales = django_filters.ChoiceFilter(
        label=_("Sales manager"), choices=staff, method="by_person", field_name="sales_manager",
        empty_label=_("any"),
    )  # fmt: skip
    department = django_filters.ModelChoiceFilter(
        label=_("Brought by department"), queryset=Department.objects.all(), empty_label=_("any"),
        null_label=_("none"), null_value=NONE,
    )  # fmt: skip
    office = text_filter(_("Brought by office"), "office_name")
    since = day_filter(_("Client since"), field_name="registered_on", lookup_expr="gte")
    until = day_filter(_("Client until"), field_name="registered_on", lookup_expr="lte")

    source = text_filter(_("Source"), "source")
    lead = text_filter(_("Lead"), "lead")
    referral = Cases(_("Referral"), REFERRAL)
    referrer = django_filters.NumberFilter(
        label=_("Brought by client No."), field_name="referral__referrer", min_value=1
    )
    utm_source = text_filter("utm_source", "utm__source")
    utm_campaign = text_filter("utm_campaign", "utm__campaign")

    credit = Cases(_("Credit balance"), CREDIT)
    paid_since = day_filter(_("Paid since"), method="by_payment")
    unpaid_since = day_filter(_("No payment since"), method="by_no_payment")
    product = django_filters.ModelChoiceFilter(
        label=_("Has the product"), queryset=Product.objects.all(), method="by_product", empty_label=_("any")
    )

    option = django_filters.ChoiceFilter(
        label=capfirst(_("1C option")),
        choices=ClientOption.Kind.choices,
        method="by_option",
        empty_label=_("any"),
    )
    option_state = django_filters.ChoiceFilter(
        label=_("State of the option"), choices=ClientOption.State.choices, method="by_option",
        empty_label=_("any"),
    )  # fmt: skip
    option_until = day_filter(_("Option ends until"), method="by_option")
    its_since = day_filter(_("ITS ends since"), method="by_its")
    its_until = day_filter(_("ITS ends until"), method="by_its")
    registration = django_filters.CharFilter(label=_("Registration number"), method="by_registration")

    reliable_payer = flag("reliable_payer")
    never_suspend = flag("never_suspend")
    recovery = flag("recovery")
    tax_exempt = flag("tax_exempt")
    no_late_fee = flag("no_late_fee")
    no_overdue_notices = flag("no_overdue_notices")
    separate_invoices = flag("separate_invoices")
    no_auto_card = flag("no_auto_card")

    class Meta:
        model = Client
        fields = ("status",)

    def by_person(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return of_person(rows, name, value, self.request.user)

    def by_company_group(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        text = " ".join(value.lower().replace("ё", "е").split())
        return rows.filter(company_group__in=CompanyGroup.objects.named(text).values("pk"))

    def by_payment(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        return rows.filter(of(Payment.objects.filter(received_on__gte=day)))

    def by_no_payment(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        return rows.filter(no(Payment.objects.filter(received_on__gte=day)))

    def by_product(self, rows: QuerySet, _name: str, value: Product) -> QuerySet:
        return rows.filter(of(Service.objects.live().filter(product=value)))

    def by_option(self, rows: QuerySet, name: str, _value: Any) -> QuerySet:
        """Kind, state and term are asked of the same option; the first of those that are set asks."""
        wanted = {"option": "kind", "option_state": "state", "option_until": "until__lte"}
        got = {key: self.form.cleaned_data.get(key) for key in wanted}
        asked = [key for key, value in got.items() if value]
        if name != asked[0]:
            return rows
        conditions = {wanted[key]: got[key] for key in asked}
        if "until__lte" in conditions:  # stored is the first day after it
            conditions["until__lte"] += timedelta(days=1)
        return rows.filter(of(current_options(clock.today()).filter(**conditions)))

    def by_its(self, rows: QuerySet, name: str, _value: Any) -> QuerySet:
        """One licence must end in between."""
        since, until = (self.form.cleaned_data.get(key) for key in ("its_since", "its_until"))
        if name == "its_until" and since:
            return rows
        items = active_licences(clock.today()).filter(its_until__isnull=False)
        if since:
            items = items.filter(its_until__gte=since)
        if until:
            items = items.filter(its_until__lte=until)
        return rows.filter(of(items))

    def by_registration(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(of(LicenceItem.objects.filter(registration_number=value.strip())))
