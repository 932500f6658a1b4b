"""The panel's addresses and one more: the least that a page for a signed-in reader can be."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from billing_site.pages.access import SIGNED_IN
from billing_site.urls import handler403, handler404, handler500
from billing_site.urls import urlpatterns as panel
from clients.models import Client

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]
FLOOR = "/bench-floor/"


def floor(request: HttpRequest) -> HttpResponse:
    """Session, reader, all middleware, one query; no template."""
    return HttpResponse(Client.objects.values_list("name", flat=True).first() or "")


floor.permission = SIGNED_IN  # type: ignore[attr-defined]
urlpatterns = [path(FLOOR.strip("/") + "/", floor), *panel]
