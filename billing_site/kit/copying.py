"""Many rows at once by COPY: a fraction of what an INSERT of as many values costs (bench renewal)."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.db import connection, models
from django.db.backends.postgresql.psycopg_any import DateRange
from psycopg2 import sql

NOTHING = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
PLAIN = (
    models.AutoField, models.IntegerField, models.BooleanField, models.DecimalField, models.CharField,
    models.TextField, models.DateField, DateRangeField,
)  # fmt: skip


def fresh_keys(model: type[models.Model], n: int) -> list[int]:
    """`n` keys of rows to be: what points at each other can be written once, each row whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, n],
        )
        return [key for (key,) in cursor.fetchall()]


def copy_in(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model as they stand; the database gives a key to those without one, untold.

    Raises TypeError for a model with a field whose values it can't write.
    """
    if not rows:
        return
    meta = rows[0]._meta
    untold = () if rows[0].pk else (meta.pk,)
    fields = [field for field in meta.concrete_fields if not field.generated and field not in untold]
    writers = [(field.attname, _writer(field)) for field in fields]
    lines = ["\t".join([write(getattr(row, name)) for name, write in writers]) for row in rows]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
    )
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(statement, io.StringIO("\n".join([*lines, ""])))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _writer(field: models.Field) -> Callable[[Any], str]:
    if isinstance(field, models.ForeignKey):
        return _writer(field.target_field)
    if isinstance(field, models.JSONField):
        return _json
    # A kind of our own may keep its values in another shape (an encrypted text): its class is no Django's.
    if isinstance(field, PLAIN) and type(field).__module__.startswith("django."):
        return _written
    raise TypeError(f"{field} is not copied: {type(field).__name__}")


def _written(value: Any) -> str:
    return NOTHING if value is None else WRITTEN.get(type(value), _text)(value)


def _json(value: Any) -> str:
    return NOTHING if value is None else _text(json.dumps(value, ensure_ascii=False))


def _text(value: Any) -> str:
    return str(value).translate(ESCAPES)


def _range(value: DateRange) -> str:
    if value.isempty:
        return "empty"
    first, last = "[" if value.lower_inc else "(", "]" if value.upper_inc else ")"
    return f"{first}{value.lower or ''},{value.upper or ''}{last}"


WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "t" if value else "f",
    int: str,
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    DateRange: _range,
}
