"""What surrounds every request: its id, its language, its author for the field history."""

import uuid
from collections.abc import Callable
from typing import Any

import pghistory.middleware
from django.http import HttpResponse
from django.utils import translation
from structlog.contextvars import bind_contextvars, clear_contextvars

from billing_site.pages.requests import PanelRequest

Next = Callable[[PanelRequest], HttpResponse]
PUBLIC_LANGUAGE = "ru"


class RequestIdMiddleware:
    """Gives the request an id that stands in its logs, journal entries, error page and answer."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: PanelRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex
        clear_contextvars()
        bind_contextvars(request_id=request.request_id)
        try:
            answer = self.get_response(request)
        finally:
            clear_contextvars()
        answer["X-Request-Id"] = request.request_id
        return answer


class LanguageMiddleware:
    """Staff read in their own language, everybody else in Russian; Accept-Language is never read."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: PanelRequest) -> HttpResponse:
        language = request.user.language if request.user.is_authenticated else PUBLIC_LANGUAGE
        with translation.override(language, deactivate=True):
            request.LANGUAGE_CODE = language
            answer = self.get_response(request)
            answer.headers.setdefault("Content-Language", language)
        if request.user.is_authenticated:
            # Clients' data stay out of shared caches, and a page is asked for anew after signing out.
            answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Writes who and where into the field history of requests that change something."""

    def get_context(self, request: PanelRequest) -> dict[str, Any]:
        return {**super().get_context(request), "request_id": request.request_id}
