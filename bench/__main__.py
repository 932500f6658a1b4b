"""./run bench [NAME …] [--size SIZE …] [--list] [--json] [--keep]"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.frame import budget, databases, drawing, results
from bench.frame.databases import ROOT, SIZES

BENCHES = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))
USUAL = "10k"


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="./run bench", description="Measure the panel.")
    known.add_argument("names", nargs="*", metavar="NAME", help=f"all of them, or: {', '.join(BENCHES)}")
    known.add_argument(
        "--size", action="append", choices=list(SIZES), help=f"invoices of the office ({USUAL})"
    )
    known.add_argument("--list", action="store_true", help="print the names of the benches")
    known.add_argument("--json", action="store_true", help="print a JSON object a measurement, no table")
    known.add_argument("--keep", action="store_true", help="keep the figures in bench/results and README.md")
    known.add_argument("--budget", action="store_true", help="what is measured becomes the budget of ratios")
    return known


def main(words: list[str]) -> int:
    asked = parser().parse_args(words)
    if asked.list:
        print("\n".join(BENCHES))
        return 0
    if unknown := set(asked.names) - set(BENCHES):
        print(f"{', '.join(sorted(unknown))}: no such bench, see --list", file=sys.stderr)
        return 2
    failed = []
    for size in asked.size or [USUAL]:
        url = databases.prepare(size)
        for name in asked.names or BENCHES:
            measured, database, code = measure(name, size, url, asked)
            if code:
                failed.append(f"{name} at {size}")
            if not asked.json:
                print(f"\n{name} at {size}\n{results.table(measured)}", flush=True)
            if asked.keep:
                results.keep(measured, database)
                drawing.rewrite()
            if asked.budget:
                budget.renew(measured)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def measure(
    name: str, size: str, url: str, asked: argparse.Namespace
) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Runs one bench in a process of its own; what it measured, in which database, its exit code."""
    measured: list[dict[str, Any]] = []
    database: dict[str, Any] = {}
    words = (sys.executable, "-m", "bench.frame.inside", name, size)
    environment = {**os.environ, "DATABASE_URL": url, "BENCH_KEEP": "1" if asked.keep else ""}
    with subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            said = json.loads(line)
            if "what" in said:
                measured.append(said)
                if asked.json:
                    print(json.dumps(said, ensure_ascii=False), flush=True)
            database |= said.get("database", {})
    return measured, database, process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
