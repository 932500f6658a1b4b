"""What plain keys ("invoices.invoice:12") of letters and the journal mean to people: name and address."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils.html import format_html
from django.utils.translation import gettext as _

from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb

# Pages that are not called <model>-detail.
PAGES = {
    "invoices.bankline": "bank-line",
    "letters.hold": "client-detail",
    "products.modulecall": "call-detail",
    "products.moduleendpoint": "program-detail",
    "tickets.rawmail": "quarantine-detail",
}
# The field that people call a thing by; what has none is called by its number.
NAMES = {
    "clients.client": "name", "invoices.invoice": "number", "invoices.bankline": "number",
    "letters.letter": "subject", "office.user": "name", "products.product": "name",
    "products.service": "product__name", "tickets.ticket": "subject", "products.moduleendpoint": "name",
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A thing somebody wrote or told about; `url` is None when it has no page."""

    kind: str
    name: str
    url: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()

    def link(self) -> str:
        """«Счёт № 72557» as a link, when it leads somewhere."""
        return format_html('<a href="{}">{}</a>', self.url, self) if self.url else format_html("{}", self)


def _split(key: str) -> tuple[type[Model], int] | None:
    label, _colon, pk = key.rpartition(":")
    try:
        return (apps.get_model(label), int(pk)) if pk.isdecimal() else None
    except (LookupError, ValueError):
        return None


def subjects(keys: Iterable[str]) -> dict[str, Subject]:
    """Each key's subject: one query per kind of thing, however many keys."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    found: dict[str, Subject] = {}
    split = {key: _split(key) for key in set(keys)}
    for parts in split.values():
        if parts:
            wanted[parts[0]].add(parts[1])
    named = {model: _names(model, pks) for model, pks in wanted.items()}
    for key, parts in split.items():
        found[key] = _subject(*parts, named[parts[0]]) if parts else Subject("", key, None)
    return found


def subject(key: str) -> Subject | None:
    """The subject of one key; None of an empty one."""
    return subjects([key])[key] if key else None


def _names(model: type[Model], pks: set[int]) -> dict[int, object]:
    field = NAMES.get(model._meta.label_lower)
    return dict(model._base_manager.filter(pk__in=pks).values_list("pk", field)) if field else {}


def _subject(model: type[Model], pk: int, names: dict[int, object]) -> Subject:
    label = model._meta.label_lower
    word = str(model._meta.verbose_name)
    kind = word[:1].upper() + word[1:]
    url = known(PAGES.get(label, f"{model._meta.model_name}-detail"), pk)
    name = names.get(pk)
    if label == "invoices.invoice":
        name = f"№\u00a0{name}" if name else _("(draft %(id)s)") % {"id": pk}
    elif label == "tickets.ticket":
        name = f"#{pk}" if name is None else f"#{pk} {name}"
    elif label == "letters.letter" and name:
        name = f"«{name}»"
    return Subject(kind, str(name) if name else f"№\u00a0{pk}", url)


def service_crumbs(service: Any) -> list[Crumb]:
    """Where a page about a products.Service stands; its client and product are loaded."""
    return [
        (_("Services"), known("service-list")),
        (str(service.client), known("client-detail", service.client_id)),
        (service.product.name, known("service-detail", service.pk)),
    ]
