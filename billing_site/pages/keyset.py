"""Pages of a list by keyset: the place in the list is the last row's sort values, not a number.

A page costs the same at row 50 and at row 5,000,000, and rows that come in meanwhile move nothing.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

COUNT_LIMIT = 10_000


@dataclass(frozen=True)
class Slice:
    """Rows of one page, and where its neighbours begin."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    after: str | None = None
    before: str | None = None


def bare(name: str) -> str:
    return name.removeprefix("-")


def is_descending(name: str) -> bool:
    return name.startswith("-")


def opposite(name: str) -> str:
    return bare(name) if is_descending(name) else f"-{name}"


def place_of(row: dict[str, Any], order: Sequence[str]) -> str:
    """The row's sort values as one word for the address."""
    values = json.dumps([row[bare(name)] for name in order], cls=DjangoJSONEncoder, ensure_ascii=False)
    return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


def field_of(model: type[Model], path: str):
    """The model's field at "client__name"; None for an annotation or a lookup ("name__icontains")."""
    *relations, last = path.split(LOOKUP_SEP)
    holder: Any = model
    try:
        for relation in relations:
            holder = holder._meta.get_field(relation).related_model
            if holder is None:
                return None
        return holder._meta.get_field(last)
    except FieldDoesNotExist:
        return None


def read_place(word: str, order: Sequence[str], model: type[Model]) -> list[Any] | None:
    """The values of `place_of`; None for a word that somebody bent, which then means the start."""
    try:
        values = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        fields = [field_of(model, bare(name)) for name in order]
        return [_clean(value, known) for value, known in zip(values, fields, strict=True)]
    except (ValueError, TypeError, RecursionError, binascii.Error, ValidationError):
        return None


def _clean(value: Any, known: Any) -> Any:
    """A sort value as its column holds it. Raises what read_place takes for a bent word."""
    if isinstance(value, (dict, list)):
        raise ValueError("a place holds plain values")
    if value is not None and known is not None:
        value = known.to_python(value)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("the database keeps no NUL")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("no column is so wide")
    return value


def _beyond(name: str, value: Any) -> Q:
    """Rows strictly behind `value` in this column; NULLs stand last ascending, first descending."""
    path = bare(name)
    if is_descending(name):
        return Q(**{f"{path}__isnull": False}) if value is None else Q(**{f"{path}__lt": value})
    if value is None:
        return Q(**{f"{path}__in": []})
    return Q(**{f"{path}__gt": value}) | Q(**{f"{path}__isnull": True})


def _same(name: str, value: Any) -> Q:
    return Q(**{f"{bare(name)}__isnull": True}) if value is None else Q(**{bare(name): value})


def _comparable(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> bool:
    """Whether one comparison finds all rows behind: one direction, and no NULLs among them.

    Descending, NULLs stand before every value: none is behind.
    """
    fields = [field_of(model, bare(name)) for name in order]
    if len(order) < 2 or None in fields or None in values or len({is_descending(one) for one in order}) > 1:
        return False
    return is_descending(order[0]) or not any(known.null for known in fields)


def beyond(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Any:
    """The condition for rows behind the place `values`: a comparison of rows when one index can serve it."""
    if _comparable(model, order, values):
        compare = TupleLessThan if is_descending(order[0]) else TupleGreaterThan
        return compare(Tuple(*(F(bare(name)) for name in order)), tuple(values))
    wanted, equal = Q(), Q()  # of the order's columns only: others would split grouped rows
    for name, value in zip(order, values, strict=True):
        wanted |= equal & _beyond(name, value)
        equal &= _same(name, value)
    return wanted


def cut(
    queryset: QuerySet, order: Sequence[str], fields: Sequence[str], size: int, *, after: str, before: str
) -> Slice:
    """One page: `size` rows as dicts of `fields`, behind `after` or before `before`, else the first ones."""
    names = list(dict.fromkeys([*fields, *(bare(name) for name in order)]))
    backwards = bool(before) and not after
    way = [opposite(name) for name in order] if backwards else list(order)
    place = read_place(after or before, way, queryset.model) if after or before else None
    if place is not None:
        queryset = queryset.filter(beyond(queryset.model, way, place))
    found = list(queryset.order_by(*way).values(*names)[: size + 1])
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (place is not None, more) if backwards else (more, place is not None)
    return Slice(
        rows,
        after=place_of(rows[-1], order) if rows and has_next else None,
        before=place_of(rows[0], order) if rows and has_previous else None,
    )


def bounded_count(queryset: QuerySet, limit: int = COUNT_LIMIT, *, key: str = "pk") -> int:
    """How many rows, counted no further than `limit` + 1, without annotations that no filter asks for.

    `key` is what a row is one of.
    """
    return queryset.order_by().values(key)[: limit + 1].count()
