import django_filters
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import Seller, User
from clients.models import Client


class DebtorFilter(django_filters.FilterSet):
    """Manager narrows the clients; seller and "with what is not due yet" change the sums (see the page)."""

    manager = django_filters.ModelChoiceFilter(
        label=_("Manager"), field_name="account_manager", queryset=User.objects.filter(is_active=True)
    )
    unmanaged = django_filters.BooleanFilter(
        label=_("Without a manager"), field_name="account_manager", lookup_expr="isnull"
    )
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), method="as_it_is"
    )
    all = django_filters.BooleanFilter(label=_("With what is not due yet"), method="as_it_is")

    class Meta:
        model = Client
        fields = ()

    def as_it_is(self, queryset, name, value):
        """The query was made with it already: see reports.views."""
        return queryset
