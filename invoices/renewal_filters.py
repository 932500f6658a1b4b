import django_filters
from django.utils.translation import gettext_lazy as _

from billing_site.office.models import Seller
from invoices.filters import staff
from invoices.models import ParkedRenewal


class ParkedFilter(django_filters.FilterSet):
    reason = django_filters.ChoiceFilter(
        label=_("Reason"), choices=ParkedRenewal.Reason.choices, empty_label=_("any")
    )
    manager = django_filters.ChoiceFilter(
        label=_("Manager"), choices=staff, empty_label=_("any"), field_name="client__account_manager"
    )
    seller = django_filters.ModelChoiceFilter(
        label=_("Seller"), queryset=Seller.objects.all(), empty_label=_("any")
    )

    class Meta:
        model = ParkedRenewal
        fields = ()
