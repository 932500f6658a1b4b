"""What was measured: a table for people, JSON by commit for later."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.frame.databases import ROOT

FOLDER = ROOT / "bench" / "results"
HEADS = ("what", "n", "median", "p95", "cpu", "sql", "templ.", "rest", "queries", "MiB", "ratio", "goal", "")


def commit() -> str:
    """The short name of the commit that stands here; `+` behind it when files differ from it."""
    name = _git("rev-parse", "--short=10", "HEAD") or "unknown"
    return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}


def keep(measured: list[dict[str, Any]], database: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Adds to what this commit was measured at before; the same thing at the same size is replaced."""
    file = folder / f"{commit()}.json"
    kept = json.loads(file.read_text())["measurements"] if file.exists() else []
    fresh = {_key(one): one for one in (*kept, *measured)}
    facts = {
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "database": database,
    }
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in fresh.values())
    head = json.dumps(facts, ensure_ascii=False)[:-1]
    file.write_text(f'{head},\n"measurements": [\n{lines}\n]}}\n')
    return file


def _key(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["bench"], one["size"], one["what"]


def table(measured: list[dict[str, Any]]) -> str:
    """For a terminal; milliseconds."""
    rows = [HEADS, *(_row(one) for one in measured)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in (0, len(HEADS) - 2) else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    parts = one["parts"]
    figures = (
        one["median"],
        one["p95"],
        parts.get("cpu"),
        parts.get("sql"),
        parts.get("template"),
        parts.get("rest"),
    )
    return (
        one["what"],
        str(one["n"]),
        *(shown(figure) for figure in figures),
        *(shown(one[name]) for name in ("queries", "memory", "ratio")),
        one["goal"],
        "" if one["met"] in (None, True) else "missed",
    )


def shown(figure: float | None) -> str:
    """Three digits are as much as such a figure knows."""
    if figure is None:
        return ""
    if isinstance(figure, int) or figure >= 100:
        return f"{figure:.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
