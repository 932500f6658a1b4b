"""List pages: the first page, one in the middle, tabs, sums, a search that finds nothing."""

from collections.abc import Iterator

from django.test import RequestFactory
from django.urls import resolve, reverse

from bench.frame.measuring import Goal, Measurement
from bench.frame.offices import Office
from bench.frame.reading import Reader
from bench.frame.walking import lists
from billing_site.pages import keyset
from billing_site.pages.lists import ListPage

PAGE = Goal(ms=50)
PART = Goal(ms=100)
BUTTON = Goal(ms=1000)  # sums of more rows than are counted: asked for by a button, their time is told
FAR = 2  # times the first page
DEEPEST = 400_000  # rows to the page in the middle
MORE = {"debtors": "managers"}  # parts of a list that no other list has


def measure(office: Office) -> Iterator[Measurement]:
    for who, user in (("", office.head), (" of a manager", office.manager)):
        reader = Reader(user)
        for name, page in lists().items():
            address = reverse(name)
            if not reader.may_read(address):
                continue  # not for this reader, or he begins with a view of his own
            first = reader.measured(f"{name}{who}", address, PAGE)
            yield first
            if who:
                continue
            yield from _far(reader, name, page, first)
            yield from _parts(reader, name, page)


def _far(reader: Reader, name: str, page: type[ListPage], first: Measurement) -> Iterator[Measurement]:
    """The page in the middle of the list, compared with the first one."""
    if after := middle(reader, name, page):
        far = reader.measured(f"{name}, far page", f"{reverse(name)}?after={after}", PAGE)
        yield Measurement(
            far.what,
            far.times,
            floor="the first page of the list",
            floor_times=first.times,
            queries=far.queries,
            parts=far.parts,
            goal=Goal(ms=PAGE.ms, ratio=FAR),
        )


def _parts(reader: Reader, name: str, page: type[ListPage]) -> Iterator[Measurement]:
    address = reverse(name)
    if page.tabs:
        yield reader.measured(f"{name}, tabs", f"{address}?part=tabs", PART)
    if any(column.sum for column in page.table.columns):
        found = _listed(reader, name, page).found
        many = keyset.bounded_count(found, key=page.table.id) > keyset.COUNT_LIMIT
        yield reader.measured(f"{name}, sums", f"{address}?part=sums", BUTTON if many else PART)
    if part := MORE.get(name):
        yield reader.measured(f"{name}, {part}", f"{address}?part={part}", PART)
    if page.search_fields:
        yield reader.measured(f"{name}, nothing found", f"{address}?q=нет такого слова", PART)


def middle(reader: Reader, name: str, page: type[ListPage]) -> str | None:
    """The place in the middle of the list, as its links say it; None for a list of one page."""
    shown = _listed(reader, name, page)
    rows = shown.found.order_by(*shown.order).values(*(keyset.bare(one) for one in shown.order))
    half = min(shown.found.order_by().count() // 2, DEEPEST)
    if half < shown.size:
        return None
    return keyset.place_of(rows[half], shown.order)


def _listed(reader: Reader, name: str, page: type[ListPage]) -> ListPage:
    """The list as the reader's address bar would open it."""
    request = RequestFactory().get(reverse(name))
    request.user = reader.user
    request.resolver_match = resolve(reverse(name))
    listed = page()
    listed.setup(request)
    return listed
