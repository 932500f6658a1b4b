"""Kinds of letters: each app's letters.py lists its own as KINDS = {kind: word}."""

from functools import cache
from importlib import import_module

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule


@cache
def kinds() -> dict[str, str | Promise]:
    known: dict[str, str | Promise] = {}
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "letters"):
            known |= getattr(import_module(f"{app.name}.letters"), "KINDS", {})
    return known


def kind_word(kind: str) -> str:
    """What people call a kind; one that nobody lists stays as it is."""
    return str(kinds().get(kind, kind))
