import django_filters
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import Seller, User
from clients.models import Client
from invoices.models import Invoice


def managers() -> list[tuple[int, str]]:
    """Staff who may have debtors: also those who have left, for as long as clients are theirs."""
    keeps = Exists(Client.objects.filter(account_manager=OuterRef("pk")))
    return list(User.objects.filter(Q(is_active=True) | keeps).values_list("pk", "name"))


class DebtorFilter(django_filters.FilterSet):
    """`manager` is the client's manager now; seller and what is not due yet change the sums
    (see the page)."""

    manager = django_filters.ChoiceFilter(
        label=_("Manager"), field_name="manager", choices=managers, empty_label=_("any"),
        null_label=_("without a manager"), null_value="none",
    )  # fmt: skip
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), empty_label=_("any"), method="as_it_is"
    )
    all = django_filters.ChoiceFilter(
        label=_("Not due yet"), choices=[("true", _("shown too"))], empty_label=_("left out"),
        method="as_it_is",
    )  # fmt: skip

    class Meta:
        model = Invoice
        fields = ()

    def as_it_is(self, queryset, name, value):
        """The query was made with it already: see reports.views."""
        return queryset
