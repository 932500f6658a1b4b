"""Lucide's icons as inline SVG, drawn once."""

from functools import cache

import lucide
from django.utils.safestring import SafeString, mark_safe


@cache
def icon(name: str, size: int = 16, css: str = "") -> SafeString:
    """The icon, hidden from screen readers: a word always stands beside it, or an aria-label around it."""
    svg = lucide._render_icon(name, size, **{"class": f"icon {css}".strip(), "aria_hidden": "true"})
    return mark_safe(svg)  # noqa: S308 - the wheel's own drawing, with arguments from templates only
