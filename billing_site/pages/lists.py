"""The list page: declared once, it filters, sorts, pages, sums and exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db.models import IntegerField, Q, QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing_site.pages import keyset
from billing_site.pages.access import may
from billing_site.pages.addresses import POSITION, changed, from_start, known
from billing_site.pages.exports import ROW_LIMIT, export
from billing_site.pages.layout import native_dates
from billing_site.pages.page import Page
from billing_site.pages.requests import PanelRequest
from billing_site.pages.tables import Column, Table

Text = str | Promise
TYPED_LIMIT = 200
SERVICE_PARAMETERS = {*POSITION, "sort", "cols", "part", "export", "q", "size"}


@dataclass(frozen=True)
class Create:
    """The button above a list that leads to a new row."""

    url_name: str
    permission: str
    label: Text


@dataclass(frozen=True)
class Bulk:
    """A deed for the ticked rows: they are posted as `ids` to the URL name."""

    url_name: str
    permission: str
    label: Text
    danger: bool = False


def _is_open(query: str, ours: dict[str, list[str]]) -> bool:
    wanted = dict(QueryDict(query).lists())
    return wanted == {key: ours.get(key) for key in wanted} if wanted else not ours


class ListPage(Page):
    """A list. Class attributes say everything; `get_queryset` is there for what they can't.

    `queryset` is restricted by `visible_to(user)` when it has it. `default_order` ends with the id.
    `search_fields`: lookups for the box "q" ("name_key" means name_key__contains, "name__icontains" itself;
    the text is lower-cased, ё is е; a whole-number field is compared when the text is a number).
    `tabs`: (label, query string).
    """

    queryset: QuerySet | None = None
    table: type[Table]
    filterset: type[django_filters.FilterSet] | None = None
    default_order: Sequence[str] = ("-id",)
    search_fields: Sequence[str] = ()
    search_hint: Text = gettext_lazy("Search in the list")
    create: Create | tuple[str, str, Text] | None = None
    bulk: Sequence[Bulk] = ()
    tabs: Sequence[tuple[Text, str]] = ()
    empty_text: Text = gettext_lazy("Nothing here yet.")
    export = True
    page_size = 50
    base_template = "base.html"
    template_name = "pages/list.html"
    fragment_name = "pages/_table.html"  # the htmx answer

    def get_queryset(self) -> QuerySet:
        if self.queryset is None:
            raise ImproperlyConfigured(f"{type(self).__name__} must name its queryset")
        return self.queryset.all()

    def get(self, request: PanelRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.export and request.GET.get("export") in ("csv", "xlsx"):
            return self.answer_file(request.GET["export"])
        if request.GET.get("part") == "sums":
            return render(request, "pages/_sums.html", self.sums())
        fragment = request.htmx and not request.htmx.history_restore_request
        answer = render(request, self.fragment_name if fragment else self.template_name, self.context())
        patch_vary_headers(answer, ("HX-Request",))
        return answer

    @cached_property
    def shown_table(self) -> Table:
        return self.table([key for key in self.request.GET.get("cols", "").split(",") if key])

    @cached_property
    def filter(self) -> django_filters.FilterSet | None:
        if not self.filterset:
            return None
        made = self.filterset(self.request.GET, queryset=self.reached, request=self.request)
        native_dates(made.form)
        return made

    @cached_property
    def reached(self) -> QuerySet:
        """Rows of the list inside the user's scope and the search."""
        found = self.get_queryset()
        if hasattr(found, "visible_to"):
            found = found.visible_to(self.request.user)
        typed = self.request.GET.get("q", "").replace("\x00", "").strip()[:TYPED_LIMIT]
        return self.search(found, typed) if typed else found

    @cached_property
    def found(self) -> QuerySet:
        """Rows that pass the filter too."""
        return self.filter.qs if self.filter else self.reached

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        text = " ".join(typed.lower().replace("ё", "е").split())
        wanted = [Q(pk__in=[])]
        for name in self.search_fields:
            column = keyset.field_of(queryset.model, name)
            if isinstance(column, IntegerField):
                if text.lstrip("#№ ").isdecimal():
                    wanted.append(Q(**{name: int(text.lstrip("#№ "))}))
            else:
                wanted.append(Q(**{name if column is None else f"{name}__contains": text}))
        return queryset.filter(reduce(or_, wanted))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Order of rows: by the chosen column where it may be sorted, then by id."""
        chosen = self.request.GET.get("sort", "")
        column = self.shown_table.column(keyset.bare(chosen))
        if not column or not column.sort:
            return tuple(self.default_order)
        sign = "-" if keyset.is_descending(chosen) else ""
        return (sign + column.sort, sign + keyset.bare(self.default_order[-1]))

    def answer_file(self, kind: str) -> HttpResponseBase:
        if self.found.order_by()[: ROW_LIMIT + 1].count() > ROW_LIMIT:
            messages.warning(
                self.request,
                _("More than %(limit)s rows: please narrow the filter, then export again.")
                % {"limit": ROW_LIMIT},
            )
            return redirect(self.request.path + changed(self.request.GET, export=None))
        return export(self.shown_table, self.found.order_by(*self.order), kind, self.get_title())

    def sums(self) -> dict[str, Any]:
        """The line of sums over the whole filter, with the exact number of rows."""
        return {
            "sums": self.shown_table.sums(self.found) if self.shown_table.has_sums else [],
            "total": self.found.order_by().count(),
            "bulk": self.allowed_bulk,
        }

    def context(self) -> dict[str, Any]:
        query = self.request.GET
        rows = keyset.cut(
            self.found, self.order, self.shown_table.fields(), self.page_size,
            after=query.get("after", ""), before=query.get("before", ""),
        )  # fmt: skip
        return {
            **self.frame(),
            "base_template": self.base_template,
            "page": self,
            "rows": self.shown_table.shown(rows.rows),
            "heads": [self._head(column) for column in self.shown_table.visible],
            "total": keyset.bounded_count(self.found),
            "count_limit": keyset.COUNT_LIMIT,
            "next": changed(query, before=None, after=rows.after) if rows.after else None,
            "previous": changed(query, after=None, before=rows.before) if rows.before else None,
            "start": from_start(query) if rows.before else None,
            "sums_url": from_start(query, part="sums"),
            "has_sums": self.shown_table.has_sums,
            "bulk": self.allowed_bulk,
            "filter": self.filter,
        }

    def _head(self, column: Column) -> dict[str, Any]:
        chosen = self.request.GET.get("sort", "") or self._default_sort()
        up, down = chosen == column.key, chosen == f"-{column.key}"
        return {
            "key": column.key,
            "label": column.label,
            "align": column.align,
            "direction": "ascending" if up else "descending" if down else "",
            "url": from_start(self.request.GET, sort=f"-{column.key}" if up else column.key)
            if column.sort
            else None,
        }

    def _default_sort(self) -> str:
        first = self.default_order[0]
        column = next((c for c in self.table.columns if c.sort == keyset.bare(first)), None)
        return first.replace(keyset.bare(first), column.key) if column else ""

    @cached_property
    def allowed_bulk(self) -> list[Bulk]:
        return [deed for deed in self.bulk if may(self.request.user, deed.permission)]

    def create_button(self) -> dict[str, str] | None:
        """Address and label of "new …", None without the right."""
        if not self.create:
            return None
        wanted = self.create if isinstance(self.create, Create) else Create(*self.create)
        address = known(wanted.url_name)
        if not address or not may(self.request.user, wanted.permission):
            return None
        return {"url": address, "label": str(wanted.label)}

    def shown_tabs(self) -> list[dict[str, Any]]:
        """Tabs with their addresses; the open one is that whose whole query stands in ours."""
        ours = {
            key: self.request.GET.getlist(key) for key in self.request.GET if key not in SERVICE_PARAMETERS
        }
        return [
            {"label": label, "url": f"?{query}", "open": _is_open(query, ours)} for label, query in self.tabs
        ]

    def columns_offered(self) -> list[dict[str, Any]]:
        """All columns, with the addresses that show or hide each."""
        shown = [column.key for column in self.shown_table.visible]
        offered = []
        for column in self.table.columns:
            keys = ",".join(c.key for c in self.table.columns if (c.key in shown) != (c.key == column.key))
            address = from_start(self.request.GET, cols=keys or None)
            offered.append(
                {"label": column.label, "shown": column.key in shown, "url": address, "keys": keys}
            )
        return offered

    def is_narrowed(self) -> bool:
        """Whether a filter or the search is set."""
        return any(
            value for key, value in self.request.GET.items() if key == "q" or key not in SERVICE_PARAMETERS
        )
