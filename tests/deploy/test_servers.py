"""The embedded servers and what the launcher asks of the machine, on real processes, sockets and files."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from deploy.machine import (
    LaunchError,
    Ports,
    end,
    locked,
    marked,
    pid_in,
    port_is_free,
    runs_in,
    wait_until,
    write_private,
)
from deploy.postgres import CARELESS, TUNING, Postgres
from deploy.valkey import Valkey


@pytest.fixture
def ports(tmp_path):
    return Ports(tmp_path / "ports.json")


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def sleeper(tmp_path):
    """A process that works in tmp_path and carries a mark in its environment."""
    process = subprocess.Popen(["sleep", "60"], cwd=tmp_path, env={**os.environ, "TEST_MARK": str(tmp_path)})
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def open_folder():
    """A folder that the server's unprivileged user can reach, unlike pytest's own when root runs it."""
    folder = Path(tempfile.mkdtemp(prefix="billing-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


class TestPorts:
    def test_choice_is_remembered(self, ports):
        first = ports.take("web")
        assert Ports(ports.file).take("web") == first
        assert ports.known("web") == first

    def test_taken_port_is_passed_over(self, ports, listener):
        taken = listener.getsockname()[1]
        assert not port_is_free(taken)
        ports.remember("web", taken)
        chosen = ports.take("web", [taken])
        assert chosen != taken
        assert ports.known("web") == chosen

    def test_wanted_port_comes_first(self, ports, listener):
        taken = listener.getsockname()[1]
        wanted = Ports(ports.file.with_name("other.json")).take("any")
        assert ports.take("web", [taken, wanted]) == wanted

    def test_names_keep_their_own(self, ports):
        web, smtp = ports.take("web"), ports.take("smtp")
        assert (ports.known("web"), ports.known("smtp")) == (web, smtp)


class TestProcesses:
    def test_dead_process_does_not_run(self, tmp_path):
        assert not runs_in(dead_pid(), tmp_path)
        assert not runs_in(None, tmp_path)

    def test_stranger_with_the_same_number_does_not_count(self, tmp_path, sleeper):
        assert runs_in(sleeper.pid, tmp_path)
        assert not runs_in(sleeper.pid, tmp_path / "elsewhere")

    def test_pid_file(self, tmp_path):
        file = tmp_path / "server.pid"
        assert pid_in(file) is None
        file.write_text("")
        assert pid_in(file) is None
        file.write_text("4711\n/some/folder\n")
        assert pid_in(file) == 4711

    def test_marked_process_is_found_and_ended(self, tmp_path, sleeper):
        mark = f"TEST_MARK={tmp_path}"
        assert marked(mark) == [sleeper.pid]
        assert marked(mark + "-other") == []
        end(lambda: [pid for pid in marked(mark) if sleeper.poll() is None], 5)
        assert sleeper.wait(5) == -15

    def test_lock_is_refused_and_freed_by_death(self, tmp_path):
        file = tmp_path / "lock"
        program = "from deploy.machine import *; import time\nwith locked(Path(sys.argv[1])): time.sleep(60)"
        holder = subprocess.Popen([sys.executable, "-c", f"import sys\n{program}", file])

        def refused() -> bool:
            try:
                with locked(file, busy="somebody works here"):
                    return False
            except LaunchError as error:
                return str(error) == "somebody works here"

        assert wait_until(refused, 20)
        holder.kill()
        holder.wait()
        assert not refused()

    def test_private_file_is_private(self, tmp_path):
        file = tmp_path / "secret"
        write_private(file, "first")
        write_private(file, "second")
        assert file.read_text() == "second"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_postgres_keeps_data_through_stop_and_crash(open_folder, ports):
    server = Postgres(open_folder / "home", ports, "secret", (*TUNING, *CARELESS))
    try:
        server.start()
        assert server.running
        execute(server.url, "CREATE TABLE fact (n integer)")
        execute(server.url, "INSERT INTO fact VALUES (72815)")
        server.stop()
        assert not server.running

        again = Postgres(open_folder / "home", ports, "secret", (*TUNING, *CARELESS))
        again.start()
        again.start()  # twice is once
        assert execute(again.url, "SELECT n FROM fact") == [(72815,)]
        os.kill(pid_in(again.data / "postmaster.pid"), 9)
        assert wait_until(lambda: not again.running, 10)
        # The number of the crashed server now belongs to somebody who lives.
        lines = (again.data / "postmaster.pid").read_text().split("\n")
        (again.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))

        server = Postgres(open_folder / "home", ports, "secret", (*TUNING, *CARELESS))
        server.start()
        assert execute(server.url, "SELECT n FROM fact") == [(72815,)]
    finally:
        server.stop()


def test_postgres_asks_for_the_password_and_listens_on_loopback_only(open_folder, ports):
    server = Postgres(open_folder / "home", ports, "secret", (*TUNING, *CARELESS))
    server.start()
    try:
        assert execute(server.url, "SHOW listen_addresses") == [("127.0.0.1",)]
        execute(server.url, "CREATE EXTENSION pg_trgm")
        alike = "SELECT similarity('ромашка трейд', 'ромашка-трейд')"
        assert execute(server.url, alike) == [(1.0,)]  # names are searched in Russian
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            execute(server.url.replace("secret", "guess"), "SELECT 1")
    finally:
        server.stop()


def test_valkey_keeps_data_through_stop_and_crash(tmp_path, ports):
    server = Valkey(tmp_path / "redis", ports, "secret")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as connection:
            connection.set("first", 1)
        server.stop()
        assert not server.running

        server = Valkey(tmp_path / "redis", ports, "secret")
        server.start()
        with redis.Redis.from_url(server.url) as connection:
            assert connection.get("first") == b"1"
            assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            connection.set("second", 2)
            time.sleep(1.1)  # appendfsync everysec
        os.kill(pid_in(tmp_path / "redis" / "valkey.pid"), 9)
        assert wait_until(lambda: not server.running, 10)
        (tmp_path / "redis" / "valkey.pid").write_text(str(os.getpid()))

        server = Valkey(tmp_path / "redis", ports, "secret")
        server.start()
        with redis.Redis.from_url(server.url) as connection:
            assert connection.get("second") == b"2"
    finally:
        server.stop()


def execute(url: str, statement: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
