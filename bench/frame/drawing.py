"""The generated part of bench/README.md: what was measured last, and how cost grows with the office."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.frame.curves import curve
from bench.frame.databases import ROOT, SIZES
from bench.frame.results import FOLDER, shown

README = ROOT / "bench" / "README.md"
BEGIN, END = "<!-- measured: ./run bench --keep writes from here -->", "<!-- to here -->"
OFFICES = [size for size in SIZES if size != "small"]
# A curve: its title, the benches and things in it, what is drawn.
DRAWN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "lists": ("First pages of lists, ms of CPU", "lists", (
        "client-list", "payer-list", "contact-list", "service-list", "invoice-list", "payment-list",
        "bank-line-list", "ticket-list", "letter-list", "journal-list", "debtors",
    )),
    "far": ("Pages in the middle of lists, ms of CPU", "lists", (
        "client-list, far page", "invoice-list, far page", "payment-list, far page", "service-list, far page",
        "ticket-list, far page", "letter-list, far page", "journal-list, far page",
    )),
    "cards": ("Cards, ms of CPU", "pages", (
        "home", "client-detail", "client-detail, heavy client", "client-log, heavy client",
        "client-invoices, heavy client", "invoice-detail", "service-detail", "ticket-detail", "bank-line",
    )),
    "search": ("The search box, ms", "search", (
        "number of an invoice", "INN", "phone", "part of an e-mail", "name", "two words", "typo",
        "wrong layout", "nothing found",
    )),
    "counters": ("Counters of the top bar, ms", "counters", (
        "counters, everything", "counters, a manager's own",
    )),
    "writing": ("Writing, ms a row", "", ("renewal run", "statement", "mails", "xlsx", "csv")),
}  # fmt: skip
HEADS = ("what", "median", "p95", "CPU", "SQL", "templates", "queries", "MiB", "× floor", "goal", "load")

Found = dict[tuple[str, str, str], dict[str, Any]]


def newest(folder: Path = FOLDER) -> Found:
    """The last measurement of each thing at each size, whatever commit it is of."""
    files = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    found: Found = {}
    for file in sorted(files, key=lambda one: one["at"]):
        for one in file["measurements"]:
            found[one["bench"], one["size"], one["what"]] = {**one, "commit": file["commit"]}
    return found


def rewrite(readme: Path = README, folder: Path = FOLDER) -> None:
    """Puts tables and curves between the marks of the page."""
    found = newest(folder)
    curves = [name for name in DRAWN if draw(name, found, readme.parent / "curves")]
    parts = [f"![{DRAWN[name][0]}](curves/{name}.svg)" for name in curves]
    for bench in sorted({bench for bench, _size, _what in found}):
        parts += _tables(bench, found)
    before, _begin, rest = readme.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after)


def draw(name: str, found: Found, folder: Path) -> bool:
    """Writes a curve; not one of a single size."""
    title, bench, things = DRAWN[name]
    lines = [(thing, [_cost(bench, thing, size, found) for size in OFFICES]) for thing in things]
    drawn = [(thing, points) for thing, points in lines if len(points) - points.count(None) > 1]
    if not drawn:
        return False
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.svg").write_text(curve(f"{title}, by invoices in the office", OFFICES, drawn))
    return True


def _cost(bench: str, thing: str, size: str, found: Found) -> float | None:
    """Milliseconds: of CPU where it is known; of one row for what is done in rows."""
    if bench:
        one = found.get((bench, size, thing))
        return (one["parts"].get("cpu") or one["median"]) if one else None
    of_size = (one for (_bench, at, what), one in found.items() if at == size and thing in what)
    one = next((one for one in of_size if one["rows"]), None)
    return one["median"] / one["rows"] if one else None


def _tables(bench: str, found: Found) -> Iterable[str]:
    for size in reversed(SIZES):
        rows = [one for (name, at, _what), one in found.items() if (name, at) == (bench, size)]
        if rows:
            commits = ", ".join(dict.fromkeys(one["commit"] for one in rows))
            missed = [one for one in rows if one["met"] is False]
            yield f"### {bench}, office of {size} ({commits})"
            if missed:
                yield f"Missed: {len(missed)} of {sum(one['met'] is not None for one in rows)}."
            yield "\n".join(
                [_line(HEADS), _line("---" for _head in HEADS), *(_line(_cells(o)) for o in rows)]
            )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    parts, goal = one["parts"], one["goal"] + (" **missed**" if one["met"] is False else "")
    figures = (one["median"], one["p95"], parts.get("cpu"), parts.get("sql"), parts.get("template"))
    rest = (one["queries"], one["memory"], one["ratio"])
    return (
        one["what"].replace("|", "\\|"),
        *(shown(figure) for figure in (*figures, *rest)),
        goal,
        str(one["load"]),
    )
