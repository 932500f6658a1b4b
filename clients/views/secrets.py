from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from billing_site.kit.errors import Refused
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import ObjectPage
from clients import contacting, revealing
from clients.models import Client
from clients.views.card import label_of


class ClientSecret(ObjectPage):
    """One secret in plain text, only when asked for by POST; never kept by the browser."""

    permission, model = "clients.reveal_secret", Client

    def post(self, request: PanelRequest, pk: int, name: str) -> HttpResponse:
        if name not in revealing.SECRETS:
            raise Http404
        client = self.get_object()
        context: dict[str, Any] = {"client": client, "name": name, "label": label_of(name)}
        try:
            secret = revealing.reveal(client, name, by=request.user)
            context |= {"secret": secret, "quiet_until": contacting.quiet_until(client)}
        except Refused as refused:
            context["refused"] = refused.message
        answer = render(request, "clients/_secret.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
