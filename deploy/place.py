"""One folder of running things: its secrets, its servers, the environment that the panel gets."""

import hashlib
import json
import mailbox
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg2
from cryptography.fernet import Fernet

from deploy.machine import (
    LaunchError,
    Ports,
    Users,
    locked,
    port_is_free,
    read_json,
    unhurried,
    write_private,
)
from deploy.postgres import CARELESS, TUNING, Postgres
from deploy.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_FOLDER = Path("/var/lib")  # root's PostgreSQL data: another user must reach it
WEB_PORTS = range(8000, 8100)

Server = Postgres | Valkey


def place_of_panel() -> "Place":
    """The panel of this checkout: its ``var``, or another folder that VAR_DIR names."""
    return Place(Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute(), os.environ)


class Place:
    """``var`` for the panel, ``var/test`` for tests. What ``environ`` configures is used, not started."""

    def __init__(self, var: Path, environ: Mapping[str, str], *, careless: bool = False) -> None:
        self.var = var
        self.environ = environ
        self.careless = careless
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(var, os.W_OK):
            raise LaunchError(
                f"{var} belongs to {var.owner()}: start as that user, or from a checkout of your own"
            )
        (var / "static").mkdir(exist_ok=True)  # whitenoise warns of its absence
        self.ports = Ports(var / "ports.json")

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Made at the first start and kept: without field_keys the encrypted fields are lost."""
        known = read_json(self.var / "secrets.json")
        fresh = {
            "secret_key": secrets.token_urlsafe(48),
            "field_keys": Fernet.generate_key().decode(),
            "postgres_password": secrets.token_urlsafe(24),
            "redis_password": secrets.token_urlsafe(24),
            "demo_password": secrets.token_urlsafe(9),
        }
        if fresh.keys() - known.keys():
            self.keep_secrets({**fresh, **known})
        return {**fresh, **known}

    def keep_secrets(self, changed: Mapping[str, str]) -> None:
        """Writes these over those of the same names."""
        file = self.var / "secrets.json"
        write_private(file, json.dumps({**read_json(file), **changed}, indent=1))

    @cached_property
    def servers(self) -> list[Server]:
        """Those that nobody configured, in the order to start them."""
        found: list[Server] = []
        if "DATABASE_URL" not in self.environ:
            found.append(self._postgres())
        if "REDIS_URL" not in self.environ:
            found.append(Valkey(self.var / "redis", self.ports, self.secrets["redis_password"]))
        return found

    def _postgres(self) -> Postgres:
        password = self.secrets["postgres_password"]
        settings = (*TUNING, *CARELESS) if self.careless else TUNING
        link = self.var / "pg"
        if os.geteuid() != 0:
            return Postgres(link, self.ports, password, settings)
        if link.exists() and not link.is_symlink():
            raise LaunchError(f"{link} was made by {link.owner()}: start as that user, not as root")
        home = self._linked_home(link) if link.is_symlink() else None
        fresh = SYSTEM_FOLDER / f"billing-{hashlib.sha256(str(self.var).encode()).hexdigest()[:12]}"
        server = Postgres(home or fresh, self.ports, password, settings)
        if not home:
            self._set_aside(server)
            link.symlink_to(fresh)
        server.home.mkdir(parents=True, exist_ok=True)
        (server.home / "var").write_text(str(self.var))
        return server

    def _linked_home(self, link: Path) -> Path:
        """Where the link leads: also after the checkout was moved, but not from a copy of it."""
        home = link.readlink()
        note = home / "var"
        first = Path(note.read_text()) if note.exists() else self.var
        if first != self.var and (first / "pg").is_symlink():
            raise LaunchError(
                f"{link} leads to the data of {first}: remove {self.var} to begin with an empty office"
            )
        return home

    def _set_aside(self, server: Postgres) -> None:
        """Data of a var that was removed: its password and keys went with it, a fresh start is meant."""
        if server.data.exists():
            server.stop()
            former = server.home / "data.former"
            shutil.rmtree(former, ignore_errors=True)
            server.data.rename(former)
            print(f"Data of a former {self.var} kept in {former}")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Servers run inside; the last of several commands that use them stops them."""
        turn, users = self.var / "servers.turn", Users(self.var / "servers.users")
        try:
            with locked(turn):
                users.join()
                for server in self.servers:
                    server.start()
            self._ask_database()
            yield
        finally:
            with unhurried(), locked(turn):
                if users.leave():
                    for server in reversed(self.servers):
                        server.stop()

    def _ask_database(self) -> None:
        """A configured one that can't be used is said in a line; the panel can't begin without it."""
        if url := self.environ.get("DATABASE_URL"):
            try:
                psycopg2.connect(url, connect_timeout=10).close()
            except psycopg2.Error as trouble:
                raise LaunchError(f"The database of DATABASE_URL can't be used: {trouble}".strip()) from None

    def missing(self) -> str:
        """Which server should run and doesn't; nothing when all do."""
        return next((f"{one.name} is down, see {one.log}" for one in self.servers if not one.running), "")

    def revive(self) -> str:
        """Starts what should run and doesn't; says why that failed, or nothing."""
        try:
            with locked(self.var / "servers.turn"):
                for server in self.servers:
                    server.start()
        except (LaunchError, psycopg2.Error, OSError, subprocess.CalledProcessError) as trouble:
            return f"It does not start again: {trouble}"
        return ""

    @cached_property
    def web_port(self) -> int:
        """To listen on: BILLING_PORT, which must be free, else the remembered or next free one from 8000."""
        wanted = self.environ.get("BILLING_PORT")
        if not wanted:
            return self.ports.take("web", WEB_PORTS)
        if not wanted.isdigit() or not 0 < int(wanted) < 65536:
            raise LaunchError(f"BILLING_PORT={wanted} is not a port number")
        if not port_is_free(int(wanted)):
            raise LaunchError(f"port {wanted} (BILLING_PORT) is taken by another program")
        self.ports.remember("web", int(wanted))
        return int(wanted)

    @cached_property
    def web_socket(self) -> socket.socket:
        """Listens from now on: no other start takes the port while the panel comes up."""
        try:
            return socket.create_server(("127.0.0.1", self.web_port), backlog=1024)
        except OSError:
            raise LaunchError(f"port {self.web_port} was taken this very moment, start again") from None

    @cached_property
    def sink_port(self) -> int | None:
        """For the embedded SMTP to listen on; None when EMAIL_URL names a real one."""
        return None if "EMAIL_URL" in self.environ else self.ports.take("smtp")

    def environment(self) -> dict[str, str]:
        """What settings.py reads; what is configured stays.

        Ports of servers are known when these run; of the panel and the sink, once chosen.
        """
        ours = {
            "SECRET_KEY": self.secrets["secret_key"],
            "FIELD_KEYS": self.secrets["field_keys"],
            "DEMO_PASSWORD": self.secrets["demo_password"],
            "SITE_URL": f"http://127.0.0.1:{self.ports.known('web') or WEB_PORTS[0]}",
            "EMBEDDED": "1",
        }
        for server in self.servers:
            ours["DATABASE_URL" if isinstance(server, Postgres) else "REDIS_URL"] = server.url
        if sink := self.ports.known("smtp"):
            ours["EMAIL_URL"] = f"smtp://127.0.0.1:{sink}"
        if "MAILBOX_URL" not in self.environ:
            mailbox.Maildir(self.var / "mailbox")  # makes the folder: letters may be dropped in at once
            ours["MAILBOX_URL"] = f"maildir://{self.var / 'mailbox'}"
        return {**ours, **self.environ, "VAR_DIR": str(self.var)}
