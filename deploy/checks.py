"""What must hold without running the panel. Every check runs, also after one has failed."""

import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from deploy.place import ROOT
from deploy.supervisor import say

CHECKS = {
    "format": "-m ruff format --check --quiet .",
    "lint": "-m ruff check --quiet .",
    "types": "-m mypy",
    "templates": "-m djlint --check --lint templates",
    "layers": "-c 'from importlinter.cli import lint_imports_command as run; run()'",
    "dependencies": "-m deptry .",
    "migrations": "-W ignore manage.py makemigrations --check --dry-run",
    "translations": "manage.py messages --check",
}

ENOUGH = 200  # last lines of what a failed check said


def run() -> list[str]:
    """Runs all checks, two at a time; prints seconds and what a failed one said; returns the failed names."""
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for name, (code, said, seconds) in zip(CHECKS, pool.map(_time, CHECKS.values()), strict=True):
            say(f"{name:12} {seconds:5.1f} s  {'FAILED' if code else 'ok'}")
            if code:
                say("\n".join(said.strip().splitlines()[-ENOUGH:]) + "\n")
                failed.append(name)
    return failed


def _time(words: str) -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *shlex.split(words)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout, time.monotonic() - began
