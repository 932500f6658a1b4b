"""What the launcher asks of the machine: free ports, living processes, locks, small private files."""

import fcntl
import json
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OWN_PORTS = range(20000, 30000)  # below the kernel's range of outgoing connections


class LaunchError(Exception):
    """Something the person at the terminal must read; the launcher prints it and exits 1."""


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Ports:
    """Port numbers by name, chosen once and remembered in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def take(self, name: str, wanted: Iterable[int] = ()) -> int:
        """The remembered port if free, else the first free of ``wanted``, else any free one; remembers it."""
        known = read_json(self.file)
        anywhere = random.sample(OWN_PORTS, 200)
        for port in (*([known[name]] if name in known else []), *wanted, *anywhere):
            if port_is_free(port):
                self.remember(name, port)
                return port
        raise LaunchError(f"no free port on 127.0.0.1 for {name}")

    def remember(self, name: str, port: int) -> None:
        known = read_json(self.file)
        if known.get(name) != port:
            write_private(self.file, json.dumps({**known, name: port}))

    def known(self, name: str) -> int | None:
        return read_json(self.file).get(name)


def read_json(file: Path) -> dict[str, Any]:
    """The object in a file; empty when the file is absent."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return {}


def write_private(file: Path, text: str) -> None:
    """Writes a file that only its owner reads, whole or not at all."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    fresh.rename(file)


def pid_in(file: Path) -> int | None:
    """The number in the first line of a pid file; None when the file is absent or holds no number."""
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def runs_in(pid: int | None, folder: Path) -> bool:
    """Whether this process lives and works in this folder.

    Servers change into their data folder. A number in a stale pid file may meanwhile belong to anybody.
    """
    try:
        return pid is not None and Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve()
    except OSError:
        return False


def marked(mark: str) -> list[int]:
    """Processes of this user whose environment holds ``mark`` (NAME=value): what a killed launcher left."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # gone meanwhile, or another user's
            if mark.encode() in environment:
                found.append(int(folder.name))
    return found


def end(pids: Callable[[], list[int]], seconds: float) -> None:
    """Asks the processes to end, kills after so many seconds what remains."""
    for sign, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        for pid in pids():
            try:
                os.kill(pid, sign)
            except ProcessLookupError:
                continue
        if wait_until(lambda: not pids(), patience):
            return


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Polls ten times a second; False when the time is over."""
    last = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > last:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def locked(file: Path, *, busy: str = "") -> Iterator[None]:
    """Holds a file lock; when another process has it: waits, or raises LaunchError with the text ``busy``.

    The kernel lets go of it when its holder dies, however it dies.
    """
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise LaunchError(busy) from None
        yield


@contextmanager
def unhurried() -> Iterator[None]:
    """Signals that would stop us wait until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Users:
    """Counts, by a shared file lock, the processes that use the servers of one folder."""

    def __init__(self, file: Path) -> None:
        self.handle = file.open("a")

    def join(self) -> None:
        fcntl.flock(self.handle, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """True when nobody else is left."""
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            self.handle.close()
        return True
