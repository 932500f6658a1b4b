"""Facts of a journal entry as people read them: a word for each key, states and lists in words too."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS = {
    "after": _("became"), "allocated": _("allocated"), "amount": _("amount"), "because": _("because"),
    "becomes": _("becomes"), "before": _("was"), "by_mail": _("mail"), "contact": _("contact"),
    "credit": _("to credit"), "cycle": _("billing cycle"), "drop": _("never to send"), "email": _("e-mail"),
    "fields": _("fields"), "from": pgettext_lazy("state", "from"), "important": _("important"),
    "invoice": _("invoice"), "inn": _("INN"), "invoices": _("invoices"), "kind": _("kind"),
    "lines": _("lines"), "name": _("name"), "number": _("number"), "outcome": _("outcome"),
    "payer": _("payer"), "permanent": _("for good"), "quantity": _("quantity"),
    "recipients": _("recipients"), "sender": _("sender"), "size": _("size"), "subject": _("subject"),
    "text": _("text"), "title": _("title"), "to": pgettext_lazy("state", "to"), "total": _("total"),
    "was": _("was"), "note": _("note"), "message": _("message"), "of": _("copy of"), "send": _("to send"),
    "made": _("new"), "price": _("price"), "service": _("service"),
    "applied": _("applied"), "batch": _("batch"), "draft": _("draft"), "due_on": _("due on"),
    "handover": _("hand-over"), "known": _("known rows"), "new": _("new rows"), "reason": _("reason"),
    "role": _("invoice kind"), "rule": _("rule"), "sign": _("recognised by"), "ticket": _("ticket"),
}  # fmt: skip
# What codes of a key mean; states of the moved model have words of their own.
CODES: dict[str, dict[str, Any]] = {
    "role": {"main": _("main"), "addon": _("additional"), "one_off": _("one-off work")},
    "kind": {
        "human": _("written by a person"), "auto": _("automatic"), "bounce": _("not delivered"),
        "list": _("mailing list"), "loop": _("own letter"), "spam": _("spam"), "invoice": _("invoice"),
    },
    "sign": {
        "signature": _("signed number"), "reference": _("answered letter"), "letter": _("answered letter"),
        "bounce": _("letter that came back"), "number": _("number in the subject"),
        "twin": _("copy in another mailbox"),
    },
}  # fmt: skip


def state_words(verb: str) -> dict[str, str]:
    """States of the model that the verb moves ("invoices.invoice.paid"); nothing for other verbs."""
    try:
        model = apps.get_model(verb.rpartition(".")[0])
        return {str(value): str(word) for value, word in model._meta.get_field("status").flatchoices}
    except (LookupError, ValueError):
        return {}


def value_word(value: Any, states: Mapping[str, str] | None = None) -> str:
    """A fact's value as text: «да», «a, b», «ключ: значение»."""
    if isinstance(value, bool):
        return _t("yes") if value else _t("no")
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, dict):
        return "; ".join(f"{WORDS.get(key, key)}: {value_word(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(value_word(one) for one in value)
    return (states or {}).get(str(value), str(value))


def unfolded(verb: str, facts: Mapping[str, Any]) -> SafeString | str:
    """The facts behind a small arrow; nothing when there are none."""
    if not facts:
        return ""
    states = state_words(verb)
    rows = (
        (WORDS.get(key, key), value_word(value, states if key in ("from", "to") else CODES.get(key)))
        for key, value in facts.items()
    )
    return format_html(
        '<details class="entry-facts"><summary>{}</summary><dl class="facts">{}</dl></details>',
        _t("facts"),
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows),
    )
