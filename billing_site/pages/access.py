"""Who may open a page: every view names its right or says that it is public."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Marked = TypeVar("Marked", bound=Callable)
SIGNED_IN = ""  # the right of pages that every member of staff may open
DEEDS = {
    "view": _("See: %(what)s"),
    "add": _("Add: %(what)s"),
    "change": _("Change: %(what)s"),
    "delete": _("Delete: %(what)s"),
}


class MissingRight(PermissionDenied):
    """The user lacks `permission`; the 403 page says which it is."""

    def __init__(self, permission: str):
        super().__init__(permission)
        self.permission = permission


def may(user: Any, permission: str) -> bool:
    return permission == SIGNED_IN or user.has_perm(permission)


def demand(user: Any, permission: str) -> None:
    """Raises MissingRight unless the user has the right."""
    if not may(user, permission):
        raise MissingRight(permission)


def right_name(permission: str) -> str:
    """What people call a right, without asking the database."""
    app, _dot, codename = permission.partition(".")
    deed, _line, model = codename.partition("_")
    for known in apps.get_app_config(app).get_models():
        custom = dict(known._meta.permissions)
        if codename in custom:
            return gettext(custom[codename])
        if deed in DEEDS and model == known._meta.model_name:
            return str(DEEDS[deed] % {"what": known._meta.verbose_name_plural})
    return permission


def needs(permission: str) -> Callable[[Callable], Callable]:
    """Decorator of a function view: 403 without the right."""

    def keep(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request, *args, **kwargs):
            demand(request.user, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return keep


def public(view: Marked) -> Marked:
    """Decorator of a view, class or function, that opens without signing in; tests count them."""
    marked: Any = view
    if isinstance(view, type):
        marked = method_decorator(login_not_required, name="dispatch")(view)
    else:
        marked = login_not_required(view)
    marked.public = True
    return marked
