"""What ``./run`` does after the set-up: servers, migrations, demo office, processes; tests; commands."""

import asyncio
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy import backup, checks
from deploy.machine import STOPPING, LaunchError, end, locked, marked, unhurried
from deploy.place import ROOT, Place, place_of_panel
from deploy.supervisor import Part, Supervisor, say

MANAGE = (sys.executable, ROOT / "manage.py")
RUSSIAN = ROOT / "locale" / "ru"


def up(words: list[str]) -> int:
    """Brings the panel up and stays until Ctrl-C, SIGTERM, or the end of one of its processes."""
    if words:
        raise LaunchError(f"{words[0]}: no such command, see ./run help")
    place = place_of_panel()
    known = place.ports.known("web")
    with locked(
        place.var / "run.lock", busy=f"The panel of this checkout runs already: http://127.0.0.1:{known}"
    ):
        say("Starting…" if known else "Starting for the first time: the demo office takes a minute or two…")
        compiling = compile_messages()
        with place.serving(), alone(f"BILLING_RUN={place.var}"):
            parts = parts_of(place)
            environment = {**place.environment(), "BILLING_RUN": str(place.var)}
            finish(compiling)
            login = manage(environment, "demo", "--if-empty")  # migrates first, like set_up
            supervisor = Supervisor(parts, environment=environment, folder=ROOT)
            welcome = f"\nThe panel is up: {environment['SITE_URL']}\n{login}Ctrl-C stops it.\n"
            return asyncio.run(
                supervisor.run(
                    missing=place.missing, revive=place.revive, ready=lambda: greet(place, welcome)
                )
            )


@contextmanager
def alone(mark: str) -> Iterator[None]:
    """Ends what a killed launcher left, and what an interrupted one of ours would leave."""
    end(lambda: marked(mark), 10)
    try:
        yield
    finally:
        with unhurried():
            end(lambda: marked(mark), 5)


async def greet(place: Place, welcome: str) -> None:
    """Says ``welcome`` as soon as the panel answers."""
    place.web_socket.close()  # web has its own: when it ends, who connects is refused and doesn't wait
    while not await asyncio.to_thread(answers, place.web_port):
        await asyncio.sleep(0.2)
    say(welcome)


def parts_of(place: Place) -> list[Part]:
    """Web, worker, beat, and the SMTP sink when no mail server is configured."""
    python = sys.executable
    listening = place.web_socket.fileno()
    web = (
        "-m gunicorn --preload --worker-class gthread --workers 2 --threads 4"
        " --log-level warning --no-control-socket"
    )
    # Celery's word about root at each start; everything the worker is sent is JSON of our own.
    quiet = "ignore:You're running the worker"
    celery = ("-W", quiet, "-m", "celery", "--quiet", "--app", "billing_site")
    worker = "worker --concurrency 2 --loglevel WARNING --without-gossip"
    beat = "beat --loglevel WARNING --pidfile= --schedule"
    parts = [
        # No buffering proxy stands in front: threads keep idle browser connections from holding a worker.
        Part("web", (python, *web.split(), "--bind", f"fd://{listening}", "billing_site.wsgi"), (listening,)),
        Part("worker", (python, *celery, *worker.split())),
        Part("beat", (python, *celery, *beat.split(), place.var / "beat")),
    ]
    if sink := place.sink_port:
        words = (
            f"-m aiosmtpd --nosetuid --smtputf8 --listen 127.0.0.1:{sink} --class aiosmtpd.handlers.Mailbox"
        )
        parts.append(Part("sink", (python, *words.split(), place.var / "sent")))
    return parts


def answers(port: int) -> bool:
    """Whether the panel gives any HTTP answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()


def test(words: list[str]) -> int:
    """The checks, then pytest on servers of its own, whose summary is said last; ``words`` go to pytest."""
    place = Place(ROOT / "var" / "test", os.environ, careless=True)
    with locked(place.var / "run.lock", busy="./run test works in this checkout already"):
        finish(compile_messages())
        failed = checks.run()
        if failed:
            say(f"Failed checks: {', '.join(failed)}. The tests all the same:")
        with place.serving():
            code = attend([sys.executable, *pytest_words(words)], place.environment(), ROOT)
    return code or bool(failed)


def pytest_words(words: list[str]) -> list[str]:
    """What pytest is told: ``--all`` is ours, ``--`` may part it from words that are pytest's."""
    everything = "--all" in words
    theirs = [word for word in words if word not in ("--all", "--")]
    return ["-m", "pytest", "-n", "2", *([] if everything else ["-m", "not all"]), *theirs]


def bench(words: list[str]) -> int:
    """The benches on servers of their own, which keep their power-cut promises as the panel's do."""
    place = Place(ROOT / "var" / "bench", os.environ)
    with locked(place.var / "run.lock", busy="./run bench works in this checkout already"):
        finish(compile_messages())
        with place.serving():
            return attend([sys.executable, "-m", "bench", *words], place.environment(), ROOT)


def check(words: list[str]) -> int:
    """All static checks; 1 when any failed."""
    finish(compile_messages())
    return bool(checks.run())


def manage_beside(words: list[str]) -> int:
    """A command of manage.py where the caller stands, with the panel's servers, started if they don't run."""
    place = place_of_panel()
    with place.serving():
        return attend([*MANAGE, *words], place.environment(), None)


def compile_messages() -> subprocess.Popen[str] | None:
    """Begins to make the catalogue of translations where its parts are newer; needs no server."""
    made, parts = RUSSIAN / "LC_MESSAGES" / "django.mo", RUSSIAN / "parts"
    changed = max(file.stat().st_mtime for file in (parts, *parts.iterdir()))
    if made.exists() and made.stat().st_mtime > changed:
        return None
    return subprocess.Popen(
        [*MANAGE, "messages", "--compile"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str] | None) -> None:
    if process is None:
        return
    said, _ = process.communicate()
    if process.returncode:
        raise LaunchError(f"{said}{' '.join(str(word) for word in process.args)} failed")  # type: ignore[union-attr]


def manage(environment: Mapping[str, str], *words: str) -> str:
    """What the command prints; LaunchError when it fails."""
    done = subprocess.run(
        [*MANAGE, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to answer: we kill it, its transaction is rolled back
    )
    if done.returncode:
        raise LaunchError(f"{done.stdout}manage.py {' '.join(words)} failed")
    return done.stdout


def attend(argv: Sequence[str | Path], environment: Mapping[str, str], folder: Path | None) -> int:
    """Gives the terminal to a command, returns its exit code."""
    process = subprocess.Popen(argv, env=environment, cwd=folder)
    signal.signal(signal.SIGINT, lambda *_: None)  # the terminal sends Ctrl-C to the command as well
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _: process.send_signal(number))
    code = process.wait()
    return 128 - code if code < 0 else code


def interrupt(sign: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "up": up,
    "test": test,
    "check": check,
    "bench": bench,
    "manage": manage_beside,
    "backup": backup.make,
    "restore": backup.restore,
}


def main() -> int:
    os.environ.pop("PYTHONPATH", None)  # ./run set it for this process alone
    for sign in STOPPING:
        signal.signal(sign, interrupt)
    try:
        return COMMANDS[sys.argv[1]](sys.argv[2:])
    except LaunchError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    except KeyboardInterrupt:
        return 130
