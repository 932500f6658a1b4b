"""What every set is made with: the hash, the staging schema, and inserts that know the models' defaults."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

from billing_site.home.large.sizes import Size

log = logging.getLogger(__name__)
SETTINGS = {
    "synchronous_commit": "off",
    "work_mem": "192MB",
    "maintenance_work_mem": "512MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
FUNCTIONS = """
    CREATE FUNCTION large.roll(n bigint, salt int, sides bigint) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT ((hashint8extended(n, {seed}::bigint * 1000 + salt) & 4611686018427387903) % sides)::int $$;
    CREATE FUNCTION large.word(list text[], n bigint, salt int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT list[1 + large.roll(n, salt, cardinality(list))] $$;
    CREATE FUNCTION large.month(m int) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT make_date(m / 12, m % 12 + 1, 1) $$;
    CREATE FUNCTION large.at(day date, n bigint, salt int) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (day + make_interval(secs => 32400 + large.roll(n, salt, 30000))) AT TIME ZONE INTERVAL '3 hours' $$;
"""  # noqa: E501


def lay(size: Size) -> None:
    """The staging schema with its functions; `strike` takes it away."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS large CASCADE; CREATE SCHEMA large")
        cursor.execute(FUNCTIONS.format(seed=size.seed))


def strike() -> None:
    run("DROP SCHEMA large CASCADE")


def settle_session() -> None:
    """Settings of this connection alone; every law of the database stays on."""
    for name, value in SETTINGS.items():
        run(f"SET {name} = '{value}'")


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    log.info("large office: %s, %.1f s", what, time.monotonic() - started)


def run(statement: str, params: Sequence[Any] | None = None) -> int:
    """Execute; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def plan(table: str, query: str, *, key: str = "") -> int:
    """Keep a query's rows in the staging schema, with statistics and an index on `key`."""
    with timed(f"plan {table}"):
        rows = run(f"CREATE UNLOGGED TABLE large.{table} AS {query}")
        if key:
            run(f"CREATE INDEX ON large.{table} ({key})")
        run(f"ANALYZE large.{table}")
    return rows


def fill(model: type[models.Model], source: str, columns: Mapping[str, str]) -> int:
    """INSERT … SELECT into a model's table; what `columns` don't name gets the model's default.

    `columns` are SQL expressions by attname over `source` (FROM and what follows). The sequence of the
    primary key is left at its last number.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.generated}
    unknown = set(columns) - set(fields)
    if unknown:
        raise KeyError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    values = dict(columns)
    for name, field in fields.items():
        if name not in values and not isinstance(field, models.AutoField):
            values[name] = _default(field)
    names = ", ".join(f'"{fields[name].column}"' for name in values)
    with timed(f"fill {model._meta.db_table}"):
        rows = run(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values.values())} {source}'
        )
    if isinstance(model._meta.pk, models.AutoField) and "id" in columns:
        table = model._meta.db_table
        run(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) > 0"
        )
    return rows


def _default(field: models.Field) -> str:
    """The default a model's field would get in Python, as an SQL literal."""
    value = field.get_db_prep_save(field.get_default(), connection)
    with connection.cursor() as cursor:
        literal = cursor.mogrify("%s", [value])
    return literal.decode() if isinstance(literal, bytes) else literal


def array(words: Sequence[str]) -> str:
    """Words as an SQL array."""
    with connection.cursor() as cursor:
        literal = cursor.mogrify("%s::text[]", [list(words)])
    return literal.decode() if isinstance(literal, bytes) else literal
