from datetime import date, timedelta
from typing import Any, cast

import django_filters
from django.apps import apps
from django.db.models import Field, QuerySet
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Entry, Job
from billing_site.kit import clock
from billing_site.office.models import User
from billing_site.pages.telling import verb_words

SYSTEM = "system"


def actors() -> list[tuple[str, Any]]:
    people = User.objects.order_by("name").values_list("pk", "name")
    return [(SYSTEM, _("the panel")), *((str(pk), name) for pk, name in people)]


def verbs() -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything the journal can tell, by room: sentences first, then moves of state."""
    rooms: dict[str, list[tuple[str, str]]] = {}
    for verb, words in verb_words().items():
        rooms.setdefault(verb.partition(".")[0], []).append((verb, words))
    for model in apps.get_models():
        if not hasattr(model, "MOVES"):
            continue
        what, field = str(model._meta.verbose_name), cast(Field, model._meta.get_field("status"))
        rooms.setdefault(model._meta.app_label, []).extend(
            (f"{model._meta.label_lower}.{state}", f"{what[:1].upper()}{what[1:]}: {word}")
            for state, word in field.flatchoices
        )
    return [(str(apps.get_app_config(room).verbose_name), found) for room, found in rooms.items()]


class EntryFilter(django_filters.FilterSet):
    who = django_filters.ChoiceFilter(
        label=_("Who"), choices=actors, method="by_actor", empty_label=_("anybody")
    )
    verb = django_filters.ChoiceFilter(label=_("What"), choices=verbs, empty_label=_("anything"))
    since = django_filters.DateFilter(label=_("From"), method="by_since")
    until = django_filters.DateFilter(label=_("To"), method="by_until")
    client = django_filters.NumberFilter(label=_("Client No."), field_name="client_no")
    subject = django_filters.CharFilter(label=_("Key"), lookup_expr="exact")

    class Meta:
        model = Entry
        fields = ("verb",)

    def by_actor(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(actor_id=None if value == SYSTEM else int(value))

    def by_since(self, rows: QuerySet, _name: str, value: date) -> QuerySet:
        return rows.filter(at__gte=clock.midnight(value))

    def by_until(self, rows: QuerySet, _name: str, value: date) -> QuerySet:
        return rows.filter(at__lt=clock.midnight(value + timedelta(days=1)))


class JobFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=Job.State.choices, empty_label=_("any"))

    class Meta:
        model = Job
        fields = ("state",)
