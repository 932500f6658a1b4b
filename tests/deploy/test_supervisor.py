"""The supervisor on real processes."""

import asyncio
import os
import signal
import sys

from deploy import supervisor
from deploy.machine import marked
from deploy.supervisor import Part, Supervisor

STAYS = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(60)",
)


def run(parts, tmp_path, *, missing=lambda: "", revive=lambda: "", after=None) -> int:
    """Runs the parts; ``after`` seconds from the start this process gets SIGTERM."""

    async def ready() -> None:
        if after is not None:
            await asyncio.sleep(after)
            os.kill(os.getpid(), signal.SIGTERM)

    environment = {**os.environ, "TEST_MARK": str(tmp_path)}
    crew = Supervisor(parts, environment=environment, folder=tmp_path)
    code = asyncio.run(crew.run(missing=missing, revive=revive, ready=ready))
    assert marked(f"TEST_MARK={tmp_path}") == []
    return code


def test_signal_stops_all(tmp_path, capsys):
    assert run([Part("one", STAYS), Part("second", STAYS)], tmp_path, after=1) == 0
    said = capsys.readouterr().out
    assert "one    | here" in said
    assert "second | here" in said
    assert "Stopping…" in said


def test_end_of_one_is_the_end_of_all_and_is_named(tmp_path, capsys):
    dies = (sys.executable, "-c", "import sys; sys.exit(3)")
    assert run([Part("stays", STAYS), Part("dies", dies)], tmp_path) == 1
    assert "dies ended by itself (exit code 3): stopping the rest" in capsys.readouterr().out


def test_what_ignores_the_request_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "PATIENCE", 0.5)
    assert run([Part("stubborn", STUBBORN)], tmp_path, after=1) == 0


def test_server_may_be_away_for_a_while(tmp_path, capsys):
    states = iter(["Redis is down", "Redis is down"])
    assert run([Part("stays", STAYS)], tmp_path, missing=lambda: next(states, ""), after=3.5) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "here" not in line] == [
        "Redis is down",
        "All servers are up again",
        "Stopping…",
    ]


def test_server_that_stays_away_stops_the_parts(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(supervisor, "ABSENCE", 0.5)
    assert run([Part("stays", STAYS)], tmp_path, missing=lambda: "PostgreSQL is down") == 1
    assert "PostgreSQL is down: stopping the rest" in capsys.readouterr().out


def test_server_that_does_not_come_back_is_started(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(supervisor, "PAUSE", 1.5)
    away, answers = ["Redis is down"], ["It does not start again: no memory", ""]

    def revive() -> str:
        answer = answers.pop(0)
        if not answer:
            away.clear()
        return answer

    parts = [Part("stays", STAYS)]
    assert run(parts, tmp_path, missing=lambda: away[0] if away else "", revive=revive, after=7) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "here" not in line] == [
        "Redis is down",
        "It does not start again: no memory",
        "Started it again",
        "All servers are up again",
        "Stopping…",
    ]
