"""Tags and filters of every template (a builtin: no {% load %} needed)."""

import hashlib
from functools import cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.forms import BoundField
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing_site.pages import formats, statuses
from billing_site.pages import icons as drawing
from billing_site.pages.access import may
from billing_site.pages.addresses import changed, from_start, known

register = template.Library()
register.filter("money", formats.money)
register.filter("day", formats.day)
register.filter("moment", formats.moment)
register.filter("period", formats.period)
register.filter("number", formats.number)
register.filter("units", formats.units)


@cache
def _content_hash(path: str) -> str:
    found = finders.find(path)
    if not found:
        raise FileNotFoundError(f"no such asset: {path}")
    with open(found, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:10]


@register.simple_tag
def asset(path: str) -> str:
    """Address of a static file that changes when its content does."""
    return f"{static(path)}?v={_content_hash(path)}"


@register.simple_tag
def upload_limit() -> int:
    """Megabytes of one request; js/panel.js tells before anything is sent."""
    return settings.UPLOAD_LIMIT // 1024**2


@register.simple_tag
def icon(name: str, size: int = 16, css: str = "") -> SafeString:
    return drawing.icon(name, size, css)


@register.simple_tag
def status(obj: Any, field: str = "status") -> SafeString:
    """The badge of an object's status (or another field of choices: {% status job "state" %})."""
    return statuses.badge(
        getattr(obj, field), obj._meta.label_lower, str(getattr(obj, f"get_{field}_display")())
    )


@register.simple_tag
def badge(value: str, word: str = "", of: str = "") -> SafeString:
    """{% badge "overdue" %}, {% badge "paid" %}, {% badge row.status of="invoices.invoice" %}."""
    return statuses.badge(value, of, word)


@register.simple_tag
def copy(value: Any) -> SafeString:
    """A button that copies the value."""
    if value in (None, ""):
        return SafeString()
    return format_html(
        '<button type="button" class="copy" data-copy="{}" title="{}" aria-label="{}: {}">{}</button>',
        value, _("Copy"), _("Copy"), value, drawing.icon("copy", 14),
    )  # fmt: skip


@register.inclusion_tag("pages/_panel.html")
def panel(url_name: str, *args: Any, rows: int = 3) -> dict[str, Any]:
    """A part of the page that loads by its own address, with a skeleton of `rows` lines meanwhile.

    Nothing at all while nobody has the URL name: rooms are built one after another.
    """
    return {"url": known(url_name, *args), "skeleton": range(rows)}


@register.inclusion_tag("pages/_presence_asks.html")
def presence(url_name: str, *args: Any) -> dict[str, Any]:
    """Who else looks or writes here: {% presence "client-presence" client.pk %}."""
    return {"url": known(url_name, *args)}


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """The current query string with parameters replaced; None removes one."""
    return changed(context["request"].GET, **changes)


@register.simple_tag(takes_context=True)
def first_page(context: RequestContext, **changes: Any) -> str:
    """As {% query %}, at the start of the list."""
    return from_start(context["request"].GET, **changes)


@register.simple_tag(takes_context=True)
def allowed(context: RequestContext, permission: str) -> bool:
    """{% allowed "invoices.issue_invoice" as can_issue %}."""
    return may(context["request"].user, permission)


@register.simple_tag
def link_to(url_name: str, *args: Any) -> str:
    """Address of a URL name, "" while nobody has it."""
    return known(url_name, *args) or ""


@register.simple_tag
def control(field: BoundField, size: str = "sm") -> SafeString:
    """A form field's bare widget in our look: for filter bars and tight places."""
    widget = field.field.widget
    kind = "form-control"
    if isinstance(widget, forms.CheckboxInput):
        return field.as_widget(attrs={"class": "form-check-input"})
    if isinstance(widget, forms.Select):
        kind = "form-select"
    return field.as_widget(attrs={"class": f"{kind} {kind}-{size}"})


@register.inclusion_tag("pages/_field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field with label, help and errors, for forms that are laid out by hand."""
    return {"field": bound, "tick": isinstance(bound.field.widget, forms.CheckboxInput)}
