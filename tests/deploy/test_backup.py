"""A backup and its way back, by the tools of the server."""

import stat
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from deploy import backup
from deploy.machine import LaunchError
from deploy.place import Place, place_of_panel
from deploy.postgres import major_of


def execute(place: Place, statement: str) -> list[tuple]:
    url = place.environment()["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def office(own_var):
    """Running servers, one row, one client file."""
    place = place_of_panel()
    with place.serving():
        execute(place, "CREATE TABLE fact (n integer)")
        execute(place, "INSERT INTO fact VALUES (72815)")
        (own_var / "files").mkdir()
        (own_var / "files" / "paper.pdf").write_bytes(b"%PDF")
        yield place


def made(folder: Path) -> Path:
    assert backup.make([str(folder)]) == 0
    (one,) = folder.iterdir()
    return one


def test_what_was_lost_comes_back(office, tmp_path):
    kept = made(tmp_path / "kept")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    keys = office.secrets["field_keys"]
    execute(office, "DELETE FROM fact")
    execute(office, "CREATE TABLE later (n integer)")
    (office.var / "files" / "paper.pdf").unlink()
    office.keep_secrets({"field_keys": "other"})

    with pytest.raises(LaunchError, match="not empty"):
        backup.restore([str(kept)])
    assert execute(office, "SELECT n FROM fact") == []

    assert backup.restore([str(kept), "--replace"]) == 0
    assert execute(office, "SELECT n FROM fact") == [(72815,)]
    assert execute(office, "SELECT to_regclass('later')") == [(None,)]
    assert (office.var / "files" / "paper.pdf").read_bytes() == b"%PDF"
    assert place_of_panel().secrets["field_keys"] == keys


def test_a_spoiled_backup_changes_nothing(office, tmp_path):
    kept = made(tmp_path / "kept")
    whole = (kept / backup.DATABASE).read_bytes()
    (kept / backup.DATABASE).write_bytes(whole[: len(whole) // 2])
    execute(office, "INSERT INTO fact VALUES (72816)")
    with pytest.raises(LaunchError, match="pg_restore failed"):
        backup.restore([str(kept), "--replace"])
    assert execute(office, "SELECT n FROM fact ORDER BY n") == [(72815,), (72816,)]
    assert (office.var / "files" / "paper.pdf").exists()


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ("pg_dump (PostgreSQL) 18.1", 18),
        ("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("pg_dump (PostgreSQL) 19beta1", 19),
        ("something else", None),
    ],
)
def test_major_version_is_read(tmp_path, said, major):
    program = tmp_path / "pg_dump"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    assert major_of(program) == major
