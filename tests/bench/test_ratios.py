"""No page takes twice as many times its floor as bench/budget.json says."""

import json
import subprocess
import sys

import pytest

from bench.frame import budget
from bench.frame.databases import ROOT


def measured(*names: str) -> list[dict]:
    """What these benches measure in the small office now."""
    words = (sys.executable, "-m", "bench", *names, "--size", "small", "--json")
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.mark.all
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["lists", "pages"])
def test_no_page_doubled_its_ratio(name):
    once = budget.doubled(measured(name))
    again = budget.doubled(measured(name)) if once else {}  # a busy neighbour is not there twice
    assert {what: again[what] for what in once.keys() & again.keys()} == {}
