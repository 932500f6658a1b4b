"""Addresses of pages: everything that a page shows has one (filters, sort, columns, position)."""

from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

POSITION = ("after", "before")


def changed(query: QueryDict, **changes: object) -> str:
    """The query string with parameters replaced; None removes one. "?" alone when nothing is left."""
    fresh = query.copy()
    for key, value in changes.items():
        if value is None:
            fresh.pop(key, None)
        else:
            fresh[key] = str(value)
    return "?" + fresh.urlencode(safe=",")


def from_start(query: QueryDict, **changes: object) -> str:
    """`changed`, at the first page: what another order or filter asks for."""
    return changed(query, **{**dict.fromkeys((*POSITION, "part", "export")), **changes})


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address that came with the request leads to a page of this panel, as safe as this one."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def known(name: str, *args: object) -> str | None:
    """The address of a URL name, None while nobody has it (a room that isn't built)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None
