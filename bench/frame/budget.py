"""How many times its floor a page may take: bench/budget.json, held by ./run test --all."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.frame.databases import ROOT

FILE = ROOT / "bench" / "budget.json"
DOUBLED = 2


def known(file: Path = FILE) -> dict[str, float]:
    """What was measured → its ratio to the floor."""
    return json.loads(file.read_text()) if file.exists() else {}


def renew(measured: Iterable[dict[str, Any]], file: Path = FILE) -> None:
    """These ratios become the budget; others stay."""
    fresh = {one["what"]: one["ratio"] for one in measured if one["ratio"] is not None}
    file.write_text(json.dumps({**known(file), **fresh}, indent=0, sort_keys=True, ensure_ascii=False) + "\n")


def doubled(measured: Iterable[dict[str, Any]], file: Path = FILE) -> dict[str, tuple[float, float]]:
    """What takes twice its budget or more: what it takes, and the budget."""
    budget = known(file)
    return {
        one["what"]: (one["ratio"], budget[one["what"]])
        for one in measured
        if one["what"] in budget and one["ratio"] and one["ratio"] >= DOUBLED * budget[one["what"]]
    }
