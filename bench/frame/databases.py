"""Databases of the offices: one a size, made once and kept, so that a bench starts in seconds."""

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 2026


@dataclass(frozen=True)
class Size:
    """How many clients, invoices and tickets an office has."""

    clients: int
    invoices: int
    tickets: int

    @property
    def words(self) -> list[str]:
        return [
            *("--clients", str(self.clients)),
            *("--invoices", str(self.invoices)),
            *("--tickets", str(self.tickets)),
            *("--seed", str(SEED)),
            "--template",
        ]


SMALL = "small"  # the demo office
SIZES = {
    SMALL: None,
    "10k": Size(1_000, 10_000, 2_000),
    "100k": Size(10_000, 100_000, 20_000),
    "1m": Size(100_000, 1_000_000, 200_000),
}


def url_of(size: str) -> str:
    """Beside the configured database, on the same server."""
    return _beside(os.environ["DATABASE_URL"], f"bench_{size}")


def prepare(size: str) -> str:
    """The URL of an office of this size, with the newest migrations; made when there is none."""
    url = url_of(size)
    if _exists(url):
        _manage(url, "set_up")
    else:
        _make(size, url)
    return url


def _make(size: str, url: str) -> None:
    """Made aside and renamed: an interrupted making leaves no half an office."""
    _say(f"Making the office of {size}, once…")
    aside = f"{url}_unfinished"
    forget(aside)
    _serve("CREATE DATABASE {}", aside)
    wanted = SIZES[size]
    _manage(aside, "demo", *(wanted.words if wanted else []))
    _serve("ALTER DATABASE {} RENAME TO {}", aside, url)
    settle(url)


def forget(url: str) -> None:
    """Drops the database, if there is one."""
    _serve("DROP DATABASE IF EXISTS {}", url)


def settle(url: str) -> None:
    """What autovacuum does to an office some time after its rows were written."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _exists(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError as trouble:
        if "does not exist" not in str(trouble):
            raise
        return False
    return True


def _serve(statement: str, *urls: str) -> None:
    """A statement about whole databases, with their names in place of {}."""
    connection = psycopg2.connect(_beside(urls[0], "postgres"))
    connection.autocommit = True
    names = [sql.Identifier(urlsplit(url).path.strip("/")) for url in urls]
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*names))


def _manage(url: str, *words: str) -> None:
    subprocess.run(
        [sys.executable, ROOT / "manage.py", *words],
        env={**os.environ, "DATABASE_URL": url},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _beside(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
