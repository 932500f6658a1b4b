"""What a start costs: the app imported, a command, the panel up a second time."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from bench.frame.databases import ROOT
from bench.frame.measuring import Goal, Measurement, in_turn
from bench.frame.offices import Office

RUNS = 5
BARE = "python with Django alone"
PATIENCE = 120  # seconds for a panel to come up
ASKED = "import django; from django.conf import settings; settings.configure(); django.setup()"
OURS = "import billing_site.wsgi; from django.urls import get_resolver; get_resolver().url_patterns"


def measure(office: Office) -> Iterator[Measurement]:
    for what, words, goal in (
        ("the app with all pages imported", ("-c", OURS), Goal()),
        ("manage.py check", ("manage.py", "check"), Goal()),
        ("manage.py set_up, nothing to do", ("manage.py", "set_up"), Goal()),
    ):
        times, floors = in_turn(_python(*words), _python("-c", ASKED), least=RUNS, most=RUNS)
        yield Measurement(what, times, BARE, floors, goal=goal)
    with tempfile.TemporaryDirectory() as folder:
        start_panel(folder)  # the first start makes its secrets and catalogues
        times, floors = in_turn(
            lambda: start_panel(folder), _python("-c", ASKED), warm=0, least=RUNS, most=RUNS
        )
    yield Measurement("./run a second time, until it answers", times, BARE, floors)


def _python(*words: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)

    return run


def start_panel(folder: str) -> None:
    """Up with servers that run already, and down again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "VAR_DIR": folder, "BILLING_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy", "up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        _until_up(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def _until_up(process: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    for line in process.stdout or ():
        if "The panel is up" in line:
            return
        if time.monotonic() - began > PATIENCE:
            break
    raise RuntimeError("the panel did not come up")
