"""The floor of what writes: the very same rows, put into the same tables by plain SQL.

What a deed wrote is taken down inside its transaction, which is then undone. Put in again by INSERT … SELECT
and UPDATE … FROM, the rows meet the same indexes, constraints and triggers; but nothing is read, worked out
or locked, and each row is touched once. History rows are left to the triggers that write them.
"""

import gc
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import connection, transaction
from django.db.models import IntegerField, Model
from psycopg2 import sql

from bench.frame.measuring import Goal, Measurement, clocked, listened, peak

FLOOR = "the same rows by plain SQL"
Put = Callable[["list[Rows]"], None]
INSERT = "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage}"
LONG = 60_000  # ms after which a run is not repeated


@dataclass
class Rows:
    """Rows of one table as COPY writes them, new ones and changed ones."""

    model: type[Model]
    columns: list[str]
    fresh: io.StringIO = field(default_factory=io.StringIO)
    changed: io.StringIO = field(default_factory=io.StringIO)

    @property
    def key(self) -> str:
        return str(self.model._meta.pk.column)

    def named(self, text: str, **more: Any) -> sql.Composed:
        """A statement with {table}, {key} and {columns} filled in."""
        return sql.SQL(text).format(
            table=sql.Identifier(self.model._meta.db_table),
            key=sql.Identifier(self.key),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            **more,
        )


def written_models() -> list[type[Model]]:
    """In the order of the tower: what is pointed at comes first."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed
        and isinstance(model._meta.pk, IntegerField)
        and not issubclass(model, pghistory.models.Event)
    ]


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is checked to the end, then rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def compared(
    what: str,
    deed: Callable[[], Any],
    *,
    rows: int,
    goal: Goal,
    runs: int = 3,
    before: Callable[[], Any] = lambda: None,
    put: Put | None = None,
) -> Measurement:
    """A deed that writes, in turn with its floor. `before` belongs to both: reading a file, parsing.

    `put` is `one_by_one` for a deed whose rows come one after the other.
    """
    times: list[float] = []
    floors: list[float] = []
    memory, asked = 0.0, 0
    while len(times) < runs and sum(times) < LONG:
        gc.collect()
        with undone():
            highest, began = _highest(), _transaction()
            with listened() as queries:
                memory = max(memory, peak(lambda: times.append(clocked(lambda: _to_the_end(deed)))))
            asked = len(queries.asked)
            taken = take_down(highest, began)
        _clean(taken)
        with undone():
            _stage(taken)
            floors.append(clocked(before) + clocked(partial(_to_the_end, partial(put or at_once, taken))))
        _clean(taken)
    return Measurement(
        what, times, FLOOR, floors, queries=asked, memory=memory, rows=rows, goal=goal,
        parts={"sql": queries.ms, "rest": times[-1] - queries.ms},
    )  # fmt: skip


def _to_the_end(deed: Callable[[], Any]) -> None:
    """With the checks that wait for the commit."""
    deed()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _highest() -> dict[type[Model], int]:
    """The highest key of each table before the deed."""
    found = {}
    with connection.cursor() as cursor:
        for model in written_models():
            rows = Rows(model, [])
            cursor.execute(rows.named("SELECT max({key}) FROM {table}"))
            found[model] = cursor.fetchone()[0] or 0
    return found


def _transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint % 4294967296")
        return cursor.fetchone()[0]


def take_down(highest: dict[type[Model], int], began: int) -> list[Rows]:
    """What the running transaction has written so far."""
    touched = _touched()
    taken = []
    for model, key in highest.items():
        if model._meta.db_table not in touched:
            continue
        rows = Rows(model, _columns(model))
        _copy(rows, "{key} > {last}", rows.fresh, key, began)
        if touched[model._meta.db_table]:
            _copy(rows, "{key} <= {last} AND xmin::text::bigint >= {began}", rows.changed, key, began)
        taken.append(rows)
    return taken


def _touched() -> dict[str, int]:
    """Table → updates, of the tables that this transaction wrote to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_upd FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd > 0"
        )
        return dict(cursor.fetchall())


def _columns(model: type[Model]) -> list[str]:
    """Those that are written: generated ones write themselves."""
    fields = model._meta.concrete_fields
    return [str(one.column) for one in fields if not getattr(one, "generated", False)]


def _copy(rows: Rows, condition: str, into: io.StringIO, last: int, began: int) -> None:
    statement = rows.named(
        f"COPY (SELECT {{columns}} FROM {{table}} WHERE {condition} ORDER BY {{key}}) TO STDOUT",
        last=sql.Literal(last),
        began=sql.Literal(began),
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, into)


def _stage(taken: list[Rows]) -> None:
    """The rows lie ready on the server before the clock starts."""
    with connection.cursor() as cursor:
        for n, rows in enumerate(taken):
            for name, lines in (("fresh", rows.fresh), ("changed", rows.changed)):
                stage = sql.Identifier(f"{name}_{n}")
                like = (
                    "CREATE TEMP TABLE {stage} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
                )
                cursor.execute(rows.named(like, stage=stage))
                lines.seek(0)
                cursor.copy_expert(rows.named("COPY {stage} ({columns}) FROM STDIN", stage=stage), lines)
                cursor.execute(rows.named("ANALYZE {stage}", stage=stage))


def at_once(taken: list[Rows]) -> None:
    """One INSERT and one UPDATE a table."""
    with connection.cursor() as cursor:
        for n, rows in enumerate(taken):
            cursor.execute(rows.named(INSERT, stage=sql.Identifier(f"fresh_{n}")))
    _change(taken)


def one_by_one(taken: list[Rows]) -> None:
    """An INSERT for each row."""
    with connection.cursor() as cursor:
        for n, rows in enumerate(taken):
            stage = sql.Identifier(f"fresh_{n}")
            cursor.execute(rows.named("SELECT {key} FROM {stage} ORDER BY {key}", stage=stage))
            insert = rows.named(f"{INSERT} WHERE {{key}} = %s", stage=stage).as_string(cursor.cursor)
            for key in cursor.fetchall():
                cursor.execute(insert, key)
    _change(taken)


def _change(taken: list[Rows]) -> None:
    with connection.cursor() as cursor:
        for n, rows in enumerate(taken):
            if not rows.changed.getvalue():
                continue
            values = [sql.SQL("stage.{}").format(sql.Identifier(name)) for name in rows.columns]
            update = (
                "UPDATE {table} AS kept SET ({columns}) = ROW({values}) "
                "FROM {stage} AS stage WHERE kept.{key} = stage.{key}"
            )
            cursor.execute(
                rows.named(update, values=sql.SQL(", ").join(values), stage=sql.Identifier(f"changed_{n}"))
            )


def _clean(taken: list[Rows]) -> None:
    """The next run finds no dead rows of this one."""
    with connection.cursor() as cursor:
        for rows in taken:
            cursor.execute(rows.named("VACUUM {table}"))
