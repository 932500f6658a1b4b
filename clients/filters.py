import django_filters
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit import requisites
from billing_site.office.models import User
from clients.models import Client, Contact, EmailAddress, Payer

NOBODY = "nobody"


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
