"""Large offices kept as template databases, so that a bench starts in seconds.

`clone(size, name)` is what benches use: it answers the address of a fresh database.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.apps import apps
from django.conf import settings
from psycopg2 import sql

from billing_site.home.large.sizes import Size

ROOT = Path(settings.BASE_DIR)
GENERATOR = ("billing_site/home/large", "billing_site/home/demo/office.py", "billing_site/home/demo/bank.py")
# Copying files beats logging every block, and needs one checkpoint only.
STRATEGY = "FILE_COPY"


def name_of(size: Size) -> str:
    """The name of a size's template: its figures, and a digest of what decides its content.

    A size without a day of its own keeps the day on which it was built.
    """
    figures = f"{size.clients}_{size.invoices}_{size.tickets}_{size.seed}"
    day = f"_{size.on:%Y%m%d}" if size.on else ""
    return f"office_{figures}{day}_{_digest()}"


def _digest() -> str:
    """Of the migrations and of the generator's source."""
    seen = hashlib.sha256()
    for path in sorted(_sources()):
        seen.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return seen.hexdigest()[:10]


def _sources() -> Iterator[Path]:
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(ROOT) and ".venv" not in Path(app.path).parts:
            yield from (Path(app.path) / "migrations").glob("*.py")
    for place in GENERATOR:
        path = ROOT / place
        yield from path.glob("*.py") if path.is_dir() else [path]


def exists(name: str) -> bool:
    with maintenance() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def keep(size: Size) -> str:
    """The template of a size, built when it isn't there; an unfinished one never bears the name."""
    size.check()
    name = name_of(size)
    with maintenance() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])  # held while another builds it
        if not exists(name):
            _make(size, name)
            forget_older(name)
    return name


def _make(size: Size, name: str) -> None:
    making = f"{name}_new"
    drop(making)
    with maintenance() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
    sizes = [f"--{word}={getattr(size, word)}" for word in ("clients", "invoices", "tickets", "seed")]
    day = [f"--on={size.on}"] if size.on else []
    subprocess.run(  # noqa: S603 - our own command with figures
        [sys.executable, str(ROOT / "manage.py"), "demo", *sizes, *day],
        env={**os.environ, "DATABASE_URL": address(making)}, check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with maintenance() as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
        )
        cursor.execute(
            sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(sql.Identifier(name))
        )


def forget_older(name: str) -> None:
    """Templates of the same figures from other migrations or another generator: gigabytes for nothing."""
    figures, _, _digest = name.rpartition("_")
    with maintenance() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s AND datistemplate",
            [f"^{figures}_[0-9a-f]{{10}}$"],
        )
        for older in {row[0] for row in cursor.fetchall()} - {name}:
            cursor.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(older)))
            drop(older)


def clone(size: Size, name: str) -> str:
    """DATABASE_URL of the database `name`, made anew from the kept template of a size."""
    template = keep(size)
    drop(name)
    with maintenance() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.SQL(STRATEGY)
            )
        )
    return address(name)


def drop(name: str) -> None:
    """A clone goes, with whoever is connected to it. Templates stay."""
    with maintenance() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def is_taken(name: str) -> bool:
    """Whether somebody works in a database of this name; what isn't there is free."""
    if not exists(name):
        return False
    with connected(name) as cursor:
        cursor.execute("SELECT to_regclass('clients_client') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM clients_client) OR EXISTS (SELECT FROM office_user)")
        return cursor.fetchone()[0]


def address(name: str) -> str:
    """This server's URL of a database."""
    place = settings.DATABASES["default"]
    url = os.environ.get("DATABASE_URL", "")
    if url:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(path=f"/{name}"))
    return f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{name}"


@contextmanager
def connected(name: str) -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(re.sub(r"^\w+://", "postgresql://", address(name)))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def maintenance():
    return connected("postgres")
