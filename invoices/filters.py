import django_filters
from django.utils.translation import gettext_lazy as _

from invoices.models import BankLine


class BankLineFilter(django_filters.FilterSet):
    """Lines of statements: by outcome, days, amount, statement."""

    outcome = django_filters.ChoiceFilter(label=_("Outcome"), choices=BankLine.Outcome.choices)
    since = django_filters.DateFilter(label=_("From"), field_name="posted_on", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("To"), field_name="posted_on", lookup_expr="lte")
    amount = django_filters.NumberFilter(label=_("Amount"))
    statement = django_filters.NumberFilter(label=_("Statement No."), field_name="statement_id")

    class Meta:
        model = BankLine
        fields = ()
