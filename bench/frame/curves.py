"""A curve as SVG: cost against the size of the office, both growing by factors."""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 270, 44, 44
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17a2b8", "#8c564b", "#e377c2", "#555555")
DASHES = ("", "6 3")  # a tenth line has the first colour again
STEPS = (1, 2, 5)
LEGEND = 18  # between two names

Line = tuple[str, Sequence[float | None]]  # its name and a point over each place, None where nothing is known


def curve(title: str, places: Sequence[str], lines: Sequence[Line]) -> str:
    """The picture; the scale of costs goes by 1, 2, 5."""
    figures = [figure for _name, points in lines for figure in points if figure]
    marks = _marks(min(figures), max(figures))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for mark in marks:
        at = _y(mark, marks)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{mark:g}</text>')
    for n, place in enumerate(places):
        x = _x(n, len(places))
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 18}" text-anchor="middle">{escape(place)}</text>')
    for n, line in enumerate(lines):
        parts += _drawn(n, line, len(places), marks)
    return "\n".join([*parts, "</svg>", ""])


def _drawn(n: int, line: Line, places: int, marks: Sequence[float]) -> list[str]:
    """The line, its points, its name in the legend with the last figure."""
    name, points = line
    colour, dash = COLOURS[n % len(COLOURS)], DASHES[n // len(COLOURS) % len(DASHES)]
    spots = [(_x(i, places), _y(point, marks)) for i, point in enumerate(points) if point]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    look = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
    at = TOP + 10 + n * LEGEND
    known = [point for point in points if point]
    return [
        f'<polyline points="{path}" fill="none" {look}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots),
        f'<path d="M{WIDTH - RIGHT + 16} {at - 4}h22" {look}/>',
        f'<text x="{WIDTH - RIGHT + 44}" y="{at}">{escape(name)}: {known[0]:.3g} → {known[-1]:.3g}</text>',
    ]


def _marks(least: float, most: float) -> list[float]:
    """1, 2, 5, 10, 20 … around the figures."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    scale = [step * 10.0**power for power in range(first, last + 1) for step in STEPS]
    low = max((mark for mark in scale if mark <= least), default=scale[0])
    high = min((mark for mark in scale if mark >= most and mark > low), default=scale[-1])
    return [mark for mark in scale if low <= mark <= high]


def _x(n: int, places: int) -> float:
    return LEFT + 30 + n * (WIDTH - LEFT - RIGHT - 60) / max(1, places - 1)


def _y(figure: float, marks: Sequence[float]) -> float:
    share = math.log(figure / marks[0]) / math.log(marks[-1] / marks[0])
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
