from datetime import date, timedelta

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.letters.actions import STOPPED
from billing_site.letters.kinds import kinds
from billing_site.letters.models import Letter


class LetterFilter(django_filters.FilterSet):
    """`state=stopped`: held, failed or uncertain, so a person must decide."""

    status = django_filters.ChoiceFilter(
        label=_("State"), choices=Letter.Status.choices, empty_label=_("any")
    )
    state = django_filters.ChoiceFilter(
        label=_("Stopped"),
        choices=[("stopped", _("needs a decision"))],
        method="by_state",
        empty_label=_("any"),
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=lambda: list(kinds().items()), empty_label=_("any")
    )
    since = django_filters.DateFilter(label=_("Written since"), method="by_since")
    until = django_filters.DateFilter(label=_("until"), method="by_until")
    client = django_filters.NumberFilter(label=_("Client No."), field_name="client_no")

    class Meta:
        model = Letter
        fields = ("status",)

    def by_state(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        return rows.filter(status__in=STOPPED)

    def by_since(self, rows: QuerySet, _name: str, value: date) -> QuerySet:
        return rows.filter(created_at__gte=clock.midnight(value))

    def by_until(self, rows: QuerySet, _name: str, value: date) -> QuerySet:
        return rows.filter(created_at__lt=clock.midnight(value + timedelta(days=1)))
