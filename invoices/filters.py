import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import Seller, User
from clients.models import Client, Payer
from invoices.evidence import OPEN
from invoices.models import BankLine, Drifted, Invoice, Payment
from products.drift import Kind

INN_DIGITS = (10, 12)


def find_invoices(rows: QuerySet, typed: str) -> QuerySet:
    """Invoices by number, payer's INN, or client's name: the shape of what is typed chooses one index."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    digits = text.lstrip("#№ ")
    if digits.isdecimal() and len(digits) in INN_DIGITS:
        return rows.filter(payer__in=Payer.objects.filter(inn=digits))
    if digits.isdecimal() and len(digits) <= 18:
        return rows.filter(number=int(digits))
    return rows.filter(client__in=Client.objects.filter(name_key__contains=text))


def find_payments(rows: QuerySet, typed: str) -> QuerySet:
    """Payments by the number of the payment order, the payer's INN, or the client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    if text.isdecimal() and len(text) in INN_DIGITS:
        return rows.filter(Q(payer__in=Payer.objects.filter(inn=text)) | Q(bank_line__payer_inn=text))
    if text.isdecimal():
        return rows.filter(bank_line__number=text)
    return rows.filter(client__in=Client.objects.filter(name_key__contains=text))


class BankLineFilter(django_filters.FilterSet):
    """Lines of statements: by outcome, days, amount, statement."""

    outcome = django_filters.ChoiceFilter(
        label=_("Outcome"), choices=BankLine.Outcome.choices, empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("From"), field_name="posted_on", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("To"), field_name="posted_on", lookup_expr="lte")
    amount = django_filters.NumberFilter(label=_("Amount"))
    statement = django_filters.NumberFilter(label=_("Statement No."), field_name="statement_id")

    class Meta:
        model = BankLine
        fields = ()


def staff() -> list[tuple[int, str]]:
    return list(User.objects.filter(is_active=True).values_list("pk", "name"))


class InvoiceFilter(django_filters.FilterSet):
    """`state` is derived from status, due date and what is paid; `manager` is the client's manager now."""

    STATES = (("overdue", _("overdue")), ("partly", _("partly paid")), ("open", _("not paid in full")))

    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Invoice.Status.choices, empty_label=_("any")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("any"), method="by_state"
    )
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), empty_label=_("any")
    )
    manager = django_filters.ChoiceFilter(label=_("Manager"), choices=staff, empty_label=_("any"))
    role = django_filters.ChoiceFilter(label=_("Kind"), choices=Invoice.Role.choices, empty_label=_("any"))
    due_since = django_filters.DateFilter(label=_("Due from"), field_name="due_on", lookup_expr="gte")
    due_until = django_filters.DateFilter(label=_("until"), field_name="due_on", lookup_expr="lte")
    issued_since = django_filters.DateFilter(
        label=_("Issued from"), field_name="issued_on", lookup_expr="gte"
    )
    issued_until = django_filters.DateFilter(label=_("until"), field_name="issued_on", lookup_expr="lte")
    client = django_filters.NumberFilter(label=_("Client No."), field_name="client_id")

    class Meta:
        model = Invoice
        fields = ("status",)

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "overdue":
            return rows.filter(status=Invoice.Status.ISSUED, due_on__lt=clock.today())
        if value == "partly":
            return rows.filter(status=Invoice.Status.ISSUED, paid__gt=0)
        return rows.filter(status__in=OPEN)


class PaymentFilter(django_filters.FilterSet):
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("Received from"), field_name="received_on", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("until"), field_name="received_on", lookup_expr="lte")
    client = django_filters.NumberFilter(label=_("Client No."), field_name="client_id")

    class Meta:
        model = Payment
        fields = ("seller",)


class ProofFilter(django_filters.FilterSet):
    """What is on control, what has been; `others` are main and one-off ones, nobody has to look at them."""

    STATES = {
        "unseen": Q(role=Invoice.Role.ADDON, proof_waits=True),
        "unpaid": Q(role=Invoice.Role.ADDON, status=Invoice.Status.ISSUED, proof_waits=False),
        "seen": Q(proof__seen_at__isnull=False),
        "others": ~Q(role=Invoice.Role.ADDON) & Q(proof__isnull=False, proof__seen_at__isnull=True),
    }

    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[
            ("unseen", _("paid, not looked through")),
            ("unpaid", _("additional, unpaid")),
            ("seen", _("looked through")),
            ("others", _("not additional")),
        ],
        empty_label=_("on control"),
        method="by_state",
    )
    manager = django_filters.ChoiceFilter(label=_("Manager"), choices=staff, empty_label=_("any"))

    class Meta:
        model = Invoice
        fields = ()

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(self.STATES[value])


class DriftFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        label=_("What is wrong"), choices=Kind.choices, empty_label=_("whatever is wrong")
    )
    manager = django_filters.ChoiceFilter(
        label=_("Manager"), field_name="service__client__account_manager", choices=staff,
        empty_label=_("any"),
    )  # fmt: skip
    client = django_filters.NumberFilter(label=_("Client No."), field_name="service__client")

    class Meta:
        model = Drifted
        fields = ()


class UnpaidFilter(django_filters.FilterSet):
    given = django_filters.ChoiceFilter(
        label=_("Units"),
        choices=[("true", _("given")), ("false", _("not handed over"))],
        empty_label=_("any"),
        method="by_given",
    )
    manager = django_filters.ChoiceFilter(label=_("Manager"), choices=staff, empty_label=_("any"))

    class Meta:
        model = Invoice
        fields = ()

    def by_given(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(unpaid_units=Invoice.Units.GIVEN if value == "true" else Invoice.Units.ORDERED)
