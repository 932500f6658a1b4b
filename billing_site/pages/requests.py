"""The request as views and templates get it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from billing_site.office.models import User


class PanelRequest(HttpRequest):
    """A request after all middleware; for types only. `user` is anonymous in public views."""

    user: User
    request_id: str
    htmx: HtmxDetails
