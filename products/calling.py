"""What is said to a provisioning program over HTTP, and how it is signed (docs/modules.md)."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from billing_site.kit import calls, clock
from products.models import Domain, ModuleCall, ModuleEndpoint

LONGEST_URL = 200  # what the row holds of an address
TOLD = 200  # signs of a program's answer that are kept to be read


def signature(secret: str, at: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp and body, as the header says it."""
    return "sha256=" + hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _headers(endpoint: ModuleEndpoint, body: bytes, key: str) -> dict[str, str]:
    at = str(int(clock.now().timestamp()))
    return {
        "Content-Type": "application/json",
        "Billing-Timestamp": at,
        "Billing-Signature": signature(endpoint.secret, at, body),
        "Idempotency-Key": key,
    }


def body_of(call: ModuleCall) -> bytes:
    """The request: what happens to which service, from what to what."""
    service = call.service
    told: dict[str, Any] = {
        "event": call.event,
        "key": str(call.key),
        "service": {
            "id": service.pk, "client": service.client_id, "status": service.status, "host": service.domain,
            "login": service.username, "ip": service.ip,
            "server": service.server.name if service.server else None,
        },
        "product": {"id": service.product_id, "name": service.product.name, "family": service.product.family},
        "old": call.old,
        "new": call.new,
    }  # fmt: skip
    domain = Domain.objects.filter(service=service).first()
    if domain:
        told["domain"] = {"name": domain.ascii_name, "how": domain.how, "registrar": domain.registrar,
                          "transfer_code": domain.auth_code}  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


def say(call: ModuleCall) -> calls.Answer:
    """Ask the program of the call's product: to do it, or how far it is. Raises calls.Unreachable."""
    endpoint = call.service.product.endpoint
    if endpoint is None:
        raise calls.Unreachable(_("the product has no program any more"))
    if call.status == ModuleCall.Status.POLLING:
        headers = _headers(endpoint, b"", str(call.key))
        return calls.ask(call.status_url, method="GET", headers=headers, private=endpoint.allow_private)
    return _post(endpoint, body_of(call), str(call.key))


def ping(endpoint: ModuleEndpoint) -> calls.Answer:
    """A request that changes nothing: whether the program is there and believes us."""
    return _post(endpoint, json.dumps({"event": "ping", "key": "ping"}).encode(), "ping")


def _post(endpoint: ModuleEndpoint, body: bytes, key: str) -> calls.Answer:
    headers = _headers(endpoint, body, key)
    return calls.ask(endpoint.url, body=body, headers=headers, private=endpoint.allow_private)


def status_url(endpoint: ModuleEndpoint, body: bytes) -> str:
    """Where a 202 says its progress can be asked. Raises calls.Unreachable unless it is the same program."""
    try:
        told = json.loads(body)["status_url"]
        address = urljoin(endpoint.url, told)
        same = urlsplit(address)[:2] == urlsplit(endpoint.url)[:2]
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise calls.Unreachable(_("202 without a status_url")) from wrong
    if not same or len(address) > LONGEST_URL:
        raise calls.Unreachable(_("202 with a status_url of another host"))
    return address


def told(answer: calls.Answer) -> str:
    """An answer as a person reads it: «500: out of disk»."""
    text = " ".join(answer.body[: 4 * TOLD].decode("utf-8", "replace").replace("\x00", "").split())
    return f"HTTP {answer.code}: {text[:TOLD]}" if text else f"HTTP {answer.code}"
