"""A backup is a folder: the database, the client files, the keys without which encrypted fields are lost."""

import os
import shutil
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from deploy.machine import LaunchError, locked, read_json
from deploy.place import place_of_panel
from deploy.postgres import debian_binaries, major_of, wheel_folder
from deploy.supervisor import say

DATABASE, FILES, KEYS = "database.dump", "files.tar.gz", "secrets.json"


def make(words: list[str]) -> int:
    """``./run backup [DIR]``: a new folder in DIR, readable by its owner alone. The panel may run."""
    place = place_of_panel()
    target = Path(words[0] if words else place.var / "backups") / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.mkdir(mode=0o700, parents=True)
    with place.serving():
        url = place.environment()["DATABASE_URL"]
        # Before the files: then every file that a row names is among them.
        _postgres_tool(
            url, "pg_dump", "--format=custom", f"--file={unfinished / DATABASE}", f"--dbname={url}"
        )
    with tarfile.open(unfinished / FILES, "w:gz") as archive:
        if (place.var / "files").exists():
            archive.add(place.var / "files", arcname="files")
    (unfinished / KEYS).touch(mode=0o600)
    shutil.copyfile(place.var / KEYS, unfinished / KEYS)
    unfinished.rename(target)
    say(f"{target}")
    return 0


def restore(words: list[str]) -> int:
    """``./run restore DIR [--replace]``: what a backup holds, into an empty office or over this one."""
    folders = [Path(word) for word in words if word != "--replace"]
    if len(folders) != 1 or not (folders[0] / DATABASE).is_file():
        raise LaunchError(
            f"./run restore DIR [--replace]: DIR is a folder that ./run backup made, with {DATABASE} in it"
        )
    source = folders[0]
    place = place_of_panel()
    with locked(place.var / "run.lock", busy="The panel runs: stop it first"), place.serving():
        url = place.environment()["DATABASE_URL"]
        if "--replace" not in words and _holds_tables(url):
            raise LaunchError(
                "The database is not empty. To replace all it holds: ./run restore DIR --replace"
            )
        _restore_database(url, source / DATABASE, place.var / "restore.sql")
        _restore_files(source / FILES, place.var)
        place.keep_secrets({key: read_json(source / KEYS)[key] for key in ("secret_key", "field_keys")})
    say(f"Restored from {source}. Client files of before, if any: {place.var / 'files.former'}")
    return 0


def _restore_database(url: str, dump: Path, script: Path) -> None:
    """All or nothing, in one transaction."""
    script.touch(mode=0o600)
    try:
        _postgres_tool(url, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump))
        # The first lines set what servers before 17 don't know.
        subprocess.run(["sed", "-i", "1,60{/^SET transaction_timeout/d}", script], check=True)
        _postgres_tool(
            url,
            "psql",
            *("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--dbname={url}"),
            *("--command=DROP SCHEMA public CASCADE", "--command=CREATE SCHEMA public", f"--file={script}"),
        )
    finally:
        script.unlink()


def _restore_files(archive: Path, var: Path) -> None:
    former = var / "files.former"
    if (var / "files").exists():
        shutil.rmtree(former, ignore_errors=True)
        (var / "files").rename(former)
    with tarfile.open(archive) as files:
        files.extractall(var)


def _holds_tables(url: str) -> bool:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')")
        return bool(cursor.fetchone()[0])


def _postgres_tool(url: str, name: str, *options: str) -> None:
    """Runs pg_dump and its kin of the server's own version; when it fails or is not here, of newer ones."""
    with closing(psycopg2.connect(url)) as connection:
        server = connection.server_version // 10000
    wheel = wheel_folder()
    folders = [*([wheel / "pginstall" / "bin"] if wheel else []), *debian_binaries()]
    able = [(major, folder) for folder in folders if (major := major_of(folder / name)) and major >= server]
    trouble = f"no {name} for PostgreSQL {server} here: apt-get install postgresql-client-{server}"
    for _major, folder in sorted(able):
        done = subprocess.run(
            [folder / name, *options],
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode == 0:
            return
        trouble = f"{name} failed: {done.stderr}"
    raise LaunchError(trouble)
