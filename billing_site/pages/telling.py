"""What journal entries say to people. An app's words stand in its `told.py`: VERBS = {verb: sentence}.

A sentence may use the entry's facts: "Note added: %(text)s". A verb without a sentence that is a move of
state ("clients.client.closed") tells the new state; any other is shown as it is written.
"""

from functools import cache
from importlib import import_module

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _

from billing_site.journal.models import Entry


@cache
def _verbs() -> dict[str, str | Promise]:
    known: dict[str, str | Promise] = {}
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "told"):
            known |= import_module(f"{app.name}.told").VERBS
    return known


def sentence(entry: Entry) -> str:
    """The entry's verb as a sentence in the reader's language."""
    known = _verbs().get(entry.verb)
    if known is None:
        return _moved(entry)
    try:
        return str(known) % entry.facts
    except (KeyError, TypeError):  # told before the verb kept this fact
        return str(known).split(":")[0]


def _moved(entry: Entry) -> str:
    """«Счёт № 12: оплачен» of "invoices.invoice.paid"."""
    label, _dot, state = entry.verb.rpartition(".")
    app, _dot, name = label.partition(".")
    try:
        model = apps.get_model(app, name)
        word = dict(model._meta.get_field("status").flatchoices)[state]
    except (LookupError, ValueError):
        return entry.verb
    what = str(model._meta.verbose_name)
    return _("%(what)s %(no)s: %(state)s") % {
        "what": what[:1].upper() + what[1:],
        "no": entry.subject.rpartition(":")[2],
        "state": word,
    }
