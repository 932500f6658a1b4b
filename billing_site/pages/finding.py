"""Rows that are found in any of several ways, each by an index of its own."""

from typing import Any

from django.db.models import Model, Q, QuerySet


def any_of(model: type[Model], *ways: Q | QuerySet[Any, Any]) -> Q:
    """A union of keys: an OR that reaches over tables would read them whole.

    A way is a condition on the model, or the keys themselves as a queryset of one column.
    """
    keys = [
        (model._base_manager.filter(way).values("pk") if isinstance(way, Q) else way).order_by()
        for way in ways
    ]
    return Q(pk__in=keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0])
