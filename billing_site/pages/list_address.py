"""A list named by its address: what saved views and deeds for many rows go back to."""

from copy import copy
from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django.urls import Resolver404, resolve

from billing_site.pages.access import demand
from billing_site.pages.lists import ListPage
from billing_site.pages.requests import PanelRequest


class ListAddress:
    """The list at an address that came with the request. Raises Http404 when there is none."""

    def __init__(self, request: PanelRequest, address: str):
        parts = urlsplit(address)
        try:
            self.match = resolve(parts.path)
        except Resolver404 as gone:
            raise Http404 from gone
        view = getattr(self.match.func, "view_class", None)
        if not (isinstance(view, type) and issubclass(view, ListPage)) or parts.netloc:
            raise Http404
        demand(request.user, view.permission or "")
        self.request, self.view, self.path = request, view, parts.path
        self.query = QueryDict(parts.query)
        self.page = self.match.url_name or ""

    def __str__(self) -> str:
        return f"{self.path}?{self.query.urlencode()}" if self.query else self.path

    def columns(self, wanted: list[str]) -> list[str]:
        """The known ones of `wanted`, in the table's order; none when they are what the table declares."""
        known = [one.key for one in self.view.table.columns if one.key in wanted]
        declared = [one.key for one in self.view.table.columns if not one.hidden]
        return [] if known == declared else known

    def list(self) -> ListPage:
        """The list itself, as the reader sees it there."""
        request, page = copy(self.request), self.view()
        request.method, request.GET = "GET", self.query
        page.setup(request, *self.match.args, **self.match.kwargs)
        return page
