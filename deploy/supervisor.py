"""The panel's processes in one terminal: their lines get their name, the end of one is the end of all."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.machine import STOPPING

PATIENCE = 15.0  # seconds that an errand in work and open requests get to finish
PAUSE = 10.0  # seconds in which a server that is away may come back by itself: a restart by hand
ABSENCE = 120.0  # seconds that a server may be away: the panel lives through it


@dataclass(frozen=True)
class Part:
    """A process by its name in the output; ``descriptors`` are the open files that it inherits."""

    name: str
    argv: tuple[str | Path, ...]
    descriptors: tuple[int, ...] = ()


class Supervisor:
    """Starts parts together and stops them together."""

    def __init__(self, parts: list[Part], *, environment: Mapping[str, str], folder: Path) -> None:
        self.parts = parts
        self.environment = environment
        self.folder = folder
        self.width = max(len(part.name) for part in parts)
        self.processes: list[asyncio.subprocess.Process] = []

    async def run(
        self, *, missing: Callable[[], str], revive: Callable[[], str], ready: Callable[[], Awaitable[None]]
    ) -> int:
        """Returns when all have ended: 0 when a signal asked for it, 1 when one ended by itself.

        ``missing`` is asked every second and says which server is away, or nothing; when that lasts,
        ``revive`` starts it again or says why not, and at last the parts are stopped too. ``ready`` is
        awaited beside.
        """
        asked = asyncio.Event()
        for sign in STOPPING:
            asyncio.get_running_loop().add_signal_handler(sign, self._ask, asked)
        readers: list[asyncio.Task[str]] = []
        others: list[asyncio.Task[str]] = []
        try:
            for part in self.parts:
                lines = self._read(part.name, await self._start(part))
                readers.append(asyncio.create_task(lines, name=part.name))
            stop = asyncio.create_task(_asked(asked))
            others += [stop, asyncio.create_task(_watch(missing, revive)), asyncio.create_task(_after(ready))]
            done, _ = await asyncio.wait([*readers, *others[:2]], return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                say(ended.result())
            return 0 if stop in done else 1
        finally:
            for task in others:
                task.cancel()
            await self._stop(readers)

    def _ask(self, asked: asyncio.Event) -> None:
        if asked.is_set():  # asked twice: wait for nobody
            self._send(signal.SIGKILL)
        asked.set()

    async def _start(self, part: Part) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *part.argv,
            env=self.environment,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**20,  # bytes of one line
            pass_fds=part.descriptors,
            start_new_session=True,  # the terminal's Ctrl-C reaches us only: we stop them in order
        )
        self.processes.append(process)
        return process

    async def _read(self, name: str, process: asyncio.subprocess.Process) -> str:
        assert process.stdout
        async for line in process.stdout:
            say(f"{name:{self.width}} | {line.decode(errors='replace').rstrip()}")
        code = await process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{name} ended by itself ({how}): stopping the rest"

    async def _stop(self, readers: list[asyncio.Task[str]]) -> None:
        self._send(signal.SIGTERM)
        if readers:
            _, waiting = await asyncio.wait(readers, timeout=PATIENCE)
            for task in waiting:
                say(f"{task.get_name()} does not end within {PATIENCE:.0f} seconds: killing it")
            self._send(signal.SIGKILL)  # what ignored the request, and children that a dead parent left
            if waiting:
                await asyncio.wait(waiting, timeout=5)

    def _send(self, sign: signal.Signals) -> None:
        """SIGTERM to each part, which stops its children in order; SIGKILL to all of them."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                if sign == signal.SIGKILL:
                    os.killpg(process.pid, sign)
                elif process.returncode is None:
                    process.send_signal(sign)


async def _asked(asked: asyncio.Event) -> str:
    await asked.wait()
    return "Stopping…"


async def _watch(missing: Callable[[], str], revive: Callable[[], str]) -> str:
    told, since, tried = "", 0.0, 0.0
    while True:
        found, now = missing(), time.monotonic()
        if found != told:
            told, since, tried = found, now, now
            say(found or "All servers are up again")
        if told and now > since + ABSENCE:
            return f"{told}: stopping the rest"
        if told and now > tried + PAUSE:
            say(await asyncio.to_thread(revive) or "Started it again")
            tried = time.monotonic()
        await asyncio.sleep(1)


async def _after(ready: Callable[[], Awaitable[None]]) -> str:
    await ready()
    return ""


def say(line: str) -> None:
    """To the terminal at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
