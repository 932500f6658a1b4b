"""What journal entries say to people. An app's words stand in its `told.py`: VERBS = {verb: sentence}.

A sentence may use the entry's facts: "Note added: %(text)s". A verb without a sentence that is a move of
state ("clients.client.closed") tells the new state; any other is shown as it is written.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry
from billing_site.kit.text import isolated
from billing_site.pages import formats

SUM, DAY = re.compile(r"-?\d{1,12}\.\d\d"), re.compile(r"\d{4}-\d\d-\d\d")


@cache
def _verbs() -> dict[str, str | Promise]:
    known: dict[str, str | Promise] = {}
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "told"):
            known |= import_module(f"{app.name}.told").VERBS
    return known


def verb_words() -> dict[str, str]:
    """Every verb that has a sentence, in short: the sentence up to where its facts begin."""
    return {verb: str(said).split("%(")[0].strip(" :,") for verb, said in _verbs().items()}


def sentence(entry: Entry, name: str = "") -> str:
    """The entry's verb as a sentence in the reader's language; `name` of what it is about, when known."""
    known = _verbs().get(entry.verb)
    if known is None:
        return _moved(entry, name)
    try:
        return str(known) % {key: _said(fact) for key, fact in entry.facts.items()}
    except (KeyError, TypeError):  # told before the verb kept this fact
        return str(known).split(":")[0]


def _said(fact: Any) -> Any:
    """Sums and days as they look on pages; facts keep them as "860.00" and "2026-11-26"."""
    if isinstance(fact, str) and SUM.fullmatch(fact):
        return formats.number(Decimal(fact), 2)
    if isinstance(fact, str) and DAY.fullmatch(fact):
        return formats.day(date.fromisoformat(fact))
    return isolated(fact) if isinstance(fact, str) else fact


def _moved(entry: Entry, name: str) -> str:
    """«Счёт № 12: оплачен» of "invoices.invoice.paid"."""
    label, _dot, state = entry.verb.rpartition(".")
    try:
        model = apps.get_model(label)
        word = dict(model._meta.get_field("status").flatchoices)[state]
    except (LookupError, ValueError):
        return entry.verb
    what = str(model._meta.verbose_name)
    return _("%(what)s %(no)s: %(state)s") % {
        "what": what[:1].upper() + what[1:],
        "no": name or entry.subject.rpartition(":")[2],
        "state": word,
    }
