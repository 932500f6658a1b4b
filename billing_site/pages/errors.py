"""Error pages: a clear sentence, what to do, the request's id. None of them asks the database."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from billing_site.pages.access import MissingRight, public, right_name
from billing_site.pages.uploads import UploadTooLarge

MEGABYTE = 1024 * 1024
# Pages of allauth that staff have no use for: addresses and invitations are the administrator's business.
CLOSED = ("email/", "confirm-email/", "confirm-email/<str:key>/", "password/set/", "login/code/confirm/")


@public
def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    raise Http404


def _page(request: HttpRequest, template: str, status: int, **facts: object) -> HttpResponse:
    # Without the request no context processor runs: a page about a dead database must not ask it.
    context = {"request_id": getattr(request, "request_id", ""), "path": request.path, **facts}
    return HttpResponse(loader.render_to_string(template, context), status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, UploadTooLarge):
        limit = settings.UPLOAD_LIMIT // MEGABYTE
        problem = _("What was sent is too large: at most %(limit)s MB at once.") % {"limit": limit}
        advice = _("Nothing was stored. Choose a smaller file and send the form again.")
        return _page(request, "400.html", 413, problem=problem, advice=advice, back=request.path)
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE
        problem = _("The text is too long: at most %(limit)s MB at once.") % {"limit": limit}
        advice = _("Nothing was stored. Go back: what you typed is still there. Attach long texts as a file.")
        return _page(request, "400.html", 413, problem=problem, advice=advice, back=request.path)
    return _page(request, "400.html", 400)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this session: opened before signing in anew, or sent by a foreign page."""
    problem = _("This form is out of date: you have signed in anew since it was opened.")
    advice = _("Nothing was stored. Go back, copy what you typed, reload the page and send it again.")
    return _page(request, "400.html", 403, problem=problem, advice=advice, back=request.path)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    right = right_name(exception.permission) if isinstance(exception, MissingRight) else ""
    return _page(request, "403.html", 403, right=right)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404.html", 404)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, "500.html", 500)
