"""The list page: declared once, it filters, sorts, pages, sums and exports."""

import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
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

from billing_site.pages import arrangement, formats, keyset
from billing_site.pages.access import may
from billing_site.pages.addresses import changed, from_start, known
from billing_site.pages.exports import ROW_LIMIT, export
from billing_site.pages.filtering import PanelFilter
from billing_site.pages.finding import any_of
from billing_site.pages.layout import native_dates, quick_selects
from billing_site.pages.models import ListSetup, SavedView
from billing_site.pages.page import Page
from billing_site.pages.requests import PanelRequest
from billing_site.pages.tables import Column, Table
from billing_site.pages.tabs import EVERYTHING, SERVICE_PARAMETERS, tabs_of

Text = str | Promise
TYPED_LIMIT = 200


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
        if request.GET.get("part") == "filters":
            return render(request, "pages/_more_filters.html", {"filter": self.filter})
        if request.GET.get("part") == "tabs":
            return render(request, "pages/_tabs.html", {"tabs": tabs_of(self, counted=True)})
        if not request.GET and not request.htmx and self.setup_kept.default_view:
            return redirect(f"{request.path}?{self.setup_kept.default_view.query or EVERYTHING}")
        fragment = request.htmx and not request.htmx.history_restore_request
        answer = render(request, self.fragment_name if fragment else self.template_name, self.context())
        patch_vary_headers(answer, ("HX-Request",))
        return answer

    def like(self, query: str) -> "ListPage":
        """The same list for the same reader at another address."""
        request = copy(self.request)
        request.GET = QueryDict(query)
        twin = type(self)()
        twin.setup(request, *self.args, **self.kwargs)
        return twin

    @property
    def name(self) -> str:
        """The list's URL name: what saved views and setups are kept under."""
        match = self.request.resolver_match
        return (match.url_name if match else "") or ""

    @cached_property
    def setup_kept(self) -> ListSetup:
        return arrangement.setup_of(self.request.user, self.name)

    @cached_property
    def saved_views(self) -> QuerySet[SavedView]:
        return SavedView.objects.filter(page=self.name).seen_by(self.request.user)

    @cached_property
    def shown_table(self) -> Table:
        """Columns of the address, else those the reader chose, else those the table declares."""
        chosen = self.request.GET.get("cols", "").split(",") if "cols" in self.request.GET else []
        return self.table([key for key in chosen if key] or self.setup_kept.columns)

    @property
    def size(self) -> int:
        return arrangement.size_of(self.request.GET.get("size", ""), self.setup_kept, self.page_size)

    @cached_property
    def filter(self) -> django_filters.FilterSet | None:
        if not self.filterset:
            return None
        made = self.filterset(self.request.GET, queryset=self.reached, request=self.request)
        quick_selects(native_dates(made.form))
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

    def laid_out(self) -> QuerySet:
        """The rows found, to be put in order and cut into pages: where a list knows a quicker way to them."""
        return self.found

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        text = " ".join(typed.lower().replace("ё", "е").split())
        ways = []
        for name in self.search_fields:
            column = keyset.field_of(queryset.model, name)
            if isinstance(column, IntegerField):
                if text.lstrip("#№ ").isdecimal():
                    ways.append(Q(**{name: int(text.lstrip("#№ "))}))
            else:
                ways.append(Q(**{name if column is None else f"{name}__contains": text}))
        return queryset.filter(any_of(queryset.model, *ways)) if ways else queryset.none()

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
        """Sums over the whole filter and the exact number of rows; if they are many, how long it took."""
        began = time.perf_counter()
        cells, total = self.shown_table.sums(self.found)
        seconds = time.perf_counter() - began
        took = formats.number(Decimal(seconds), 1 if seconds < 10 else 0)
        return {
            "sums": cells,
            "total": total,
            "took": took if total > keyset.COUNT_LIMIT else None,
            "bulk": self.allowed_bulk,
        }

    def context(self) -> dict[str, Any]:
        query = self.request.GET
        rows = keyset.cut(
            self.laid_out(), self.order, self.shown_table.fields(), self.size,
            after=query.get("after", ""), before=query.get("before", ""),
        )  # fmt: skip
        return {
            **self.frame(),
            "base_template": self.base_template,
            "page": self,
            "rows": self.shown_table.shown(rows.rows),
            "heads": [self._head(column) for column in self.shown_table.visible],
            "total": keyset.bounded_count(self.found, key=self.table.id),
            "count_limit": keyset.COUNT_LIMIT,
            "next": changed(query, before=None, after=rows.after) if rows.after else None,
            "previous": changed(query, after=None, before=rows.before) if rows.before else None,
            "start": from_start(query) if rows.before else None,
            "sums_url": from_start(query, part="sums"),
            "has_sums": self.shown_table.has_sums,
            "bulk": self.allowed_bulk,
            "filter": self.filter,
            "chips": self.filter.chips(query) if isinstance(self.filter, PanelFilter) else [],
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
        return tabs_of(self)

    def counts_url(self) -> str:
        """Where the tabs ask for their numbers."""
        return from_start(self.request.GET, part="tabs")

    def everything(self) -> str:
        """The list's address without any filter."""
        return self.request.path + (f"?{EVERYTHING}" if self.setup_kept.default_view_id else "")

    def choices(self) -> dict[str, Any]:
        """What the reader may choose for himself, with what he has chosen."""
        return {
            "columns": arrangement.columns_offered(self.table.columns, self.shown_table.visible),
            "densities": arrangement.densities_offered(self.setup_kept),
            "sizes": arrangement.sizes_offered(self.size, self.page_size),
        }

    def is_narrowed(self) -> bool:
        """Whether a filter or the search is set."""
        return any(
            value for key, value in self.request.GET.items() if key == "q" or key not in SERVICE_PARAMETERS
        )
