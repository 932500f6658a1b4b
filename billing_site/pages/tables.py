"""Lists declared once: a table serves the page, the htmx fragment, CSV and XLSX.

Rows come as dicts of `queryset.values(…)` and leave as ready text, so that a template only prints them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing_site.pages import formats
from billing_site.pages.statuses import badge

Row = Mapping[str, Any]
Text = str | Promise
Choices = Any  # a TextChoices class or pairs of (value, label)


@dataclass(frozen=True)
class Column:
    """One column.

    `fields` are what it reads (default: its key), `cell` makes its text or safe HTML, `export` its value
    for files (default: the first field as it is), `sort` the model field it sorts by (one with an index),
    `sum` the field summed under it, `link` an address for the text, `hidden` = shown only when chosen.
    """

    key: str
    label: Text
    fields: tuple[str, ...] = ()
    cell: Callable[[Row], str] | None = None
    export: Callable[[Row], Any] | None = None
    sort: str | None = None
    align: str = "start"
    sum: str | None = None
    link: Callable[[Row], str | None] | None = None
    hidden: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return self.fields or (self.key,)

    def text(self, value: Any) -> str:
        """How a value looks; kinds of columns differ here."""
        return formats.NOTHING if value is None or value == "" else str(value)

    def show(self, row: Row) -> str:
        """The cell's text or safe HTML, with its link."""
        text = self.cell(row) if self.cell else self.text(row[self.reads[0]])
        address = self.link(row) if self.link else None
        if not address:
            return text
        return SafeString(f'<a href="{formats.escaped(address)}">{formats.escaped(text)}</a>')

    def value(self, row: Row) -> Any:
        """The cell's value in files: a number stays a number, a day a day."""
        return self.export(row) if self.export else row[self.reads[0]]


@dataclass(frozen=True)
class TextColumn(Column):
    """Text as it stands."""


@dataclass(frozen=True)
class LinkColumn(Column):
    """Text that leads to the row's page; the first one of a table is where Enter goes."""


@dataclass(frozen=True)
class NumberColumn(Column):
    """A count or amount, grouped. Numbers that are names (ids, invoice numbers) are TextColumn."""

    align: str = "end"
    places: int = 0

    def text(self, value: Any) -> str:
        return formats.number(value, self.places)


@dataclass(frozen=True)
class MoneyColumn(Column):
    """A sum; in the currency that stands in `currency` (a field of the row), else roubles."""

    align: str = "end"
    currency: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        return (*super().reads, self.currency) if self.currency else super().reads

    def show(self, row: Row) -> str:
        if self.cell or self.link or not self.currency:
            return super().show(row)
        return formats.money(row[self.reads[0]], row[self.currency])

    def text(self, value: Any) -> str:
        return formats.money(value)


@dataclass(frozen=True)
class DateColumn(Column):
    """A day: 26.11.2026."""

    def text(self, value: Any) -> str:
        return formats.day(value)


@dataclass(frozen=True)
class MomentColumn(Column):
    """An instant in Moscow time: 26.11.2026 14:05."""

    def text(self, value: Any) -> str:
        return formats.moment(value)


@dataclass(frozen=True)
class StatusColumn(Column):
    """Word, icon and colour of a status: `choices` give the word, `of` ("invoices.invoice") the look."""

    choices: Choices = ()
    of: str = ""

    def word(self, value: Any) -> str:
        choices: Any = getattr(self.choices, "choices", self.choices)
        return str(dict(choices).get(value, value))

    def text(self, value: Any) -> str:
        return formats.NOTHING if value is None else badge(value, self.of, self.word(value))

    def value(self, row: Row) -> Any:
        if self.export:
            return self.export(row)
        return self.word(row[self.reads[0]]) if row[self.reads[0]] is not None else None


@dataclass(frozen=True)
class Cell:
    text: str
    align: str


@dataclass(frozen=True)
class ShownRow:
    """A row ready to be printed: `url` is where Enter goes, `css` marks it (muted, warning, danger)."""

    id: Any
    url: str | None
    css: str
    cells: list[Cell] = field(default_factory=list)

    def printed(self) -> SafeString:
        """The cells as HTML, at once: a template's loop over five hundred of them is a fifth of a page."""
        return SafeString(
            "".join([f'<td class="{cell.align}">{formats.escaped(cell.text)}</td>' for cell in self.cells])
        )


class Table:
    """Base of declared tables. `reads` names fields that links or `css` need beside the columns' own."""

    columns: Sequence[Column] = ()
    reads: Sequence[str] = ()
    id = "id"

    def __init__(self, chosen: Collection[str] = ()):
        known = [column for column in self.columns if column.key in chosen]
        self.visible = known or [column for column in self.columns if not column.hidden]

    def css(self, row: Row) -> str:
        """Class of a row: "", "muted", "warning" or "danger"."""
        return ""

    def fields(self) -> list[str]:
        """What must be read for the visible columns, and no more."""
        wanted = [self.id, *self.reads]
        for column in self.visible:
            wanted += column.reads
        return list(dict.fromkeys(wanted))

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    def shown(self, rows: Iterable[Row]) -> list[ShownRow]:
        """The rows as they are printed."""
        link = next((column.link for column in self.visible if column.link), None)
        return [
            ShownRow(
                row[self.id],
                link(row) if link else None,
                self.css(row),
                [Cell(column.show(row), column.align) for column in self.visible],
            )
            for row in rows
        ]

    @property
    def has_sums(self) -> bool:
        return any(column.sum for column in self.visible)

    def sums(self, queryset: QuerySet) -> tuple[list[Cell], int]:
        """The line under the table, cells in the columns' order: sums over the whole filter; and its rows."""
        summed = {f"sum_{column.key}": Sum(column.sum) for column in self.visible if column.sum}
        found = queryset.order_by().aggregate(**summed, rows=Count("*"))
        cells = [
            Cell(column.text(found[f"sum_{column.key}"] or Decimal(0)) if column.sum else "", column.align)
            for column in self.visible
        ]
        if cells and not cells[0].text:
            cells[0] = Cell(_("Total"), "start")
        return cells, found["rows"]


def plain(value: Any) -> str | int | float | Decimal | date | datetime | None:
    """A value for a file: what a spreadsheet knows stays itself (instants in Moscow time), else text."""
    if isinstance(value, datetime):
        return formats.local(value).replace(tzinfo=None)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or isinstance(value, (int, float, Decimal, date)):
        return value
    return str(value)
