"""Tabs above a list: those it declares, then the views people saved; their counts come later."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.urls import reverse

from billing_site.pages import counters, keyset
from billing_site.pages.addresses import POSITION
from billing_site.pages.models import SavedView

if TYPE_CHECKING:
    from billing_site.pages.lists import ListPage

# Parameters of a list that say how it is shown, not which rows.
SERVICE_PARAMETERS = {*POSITION, "sort", "cols", "part", "export", "q", "size", "view", "more"}
EVERYTHING = "view=all"  # keeps the first view of the reader out of the way


def filter_of(query: QueryDict) -> dict[str, list[str]]:
    """The part of a query that chooses rows, the text typed into the search left out."""
    return {key: query.getlist(key) for key in query if key not in SERVICE_PARAMETERS}


def kept_query(query: QueryDict, columns: Iterable[str]) -> str:
    """What a saved view keeps of an address: rows, text, order and columns, not the place in the list."""
    fresh = query.copy()
    for gone in (*POSITION, "part", "export", "size", "view", "cols", "more"):
        fresh.pop(gone, None)
    if columns:
        fresh["cols"] = ",".join(columns)
    return fresh.urlencode(safe=",")


def _is_open(query: str, ours: QueryDict) -> bool:
    asked = QueryDict(query)
    wanted, here = filter_of(asked), filter_of(ours)
    if asked.get("q", "") != ours.get("q", "") and asked.get("q"):
        return False
    return wanted == {key: here.get(key) for key in wanted} if wanted else not here


def tabs_of(page: "ListPage", *, counted: bool = False) -> list[dict[str, Any]]:
    """Tabs of a list; the open one is the last whose whole query stands in ours. `counted`: with numbers."""
    views = list(page.saved_views)
    if not page.tabs and not views:
        return []
    tabs = [_tab(page, str(label), query) for label, query in page.tabs or (("", ""),)]
    tabs += [_tab(page, view.label, view.query, view) for view in views]
    opened = [tab for tab in tabs if tab["open"]]
    for tab in tabs:
        tab["open"] = tab in opened[-1:]
        if counted:
            found = page.like(tab["query"]).found.order_by()
            tab["count"] = counters.shown(keyset.bounded_count(found, counters.LIMIT, key=page.table.id))
    return tabs


def _tab(page: "ListPage", label: str, query: str, view: SavedView | None = None) -> dict[str, Any]:
    address = query or (EVERYTHING if page.setup_kept.default_view_id else "")
    return {
        "label": label,
        "query": query,
        "url": f"?{address}",
        "open": _is_open(query, page.request.GET),
        "view": view,
        "edit": reverse("view-edit", args=[view.pk]) if view else "",
        "first": bool(view and view.pk == page.setup_kept.default_view_id),
    }
