"""What the database says when it refuses, in words for the person who asked."""

from functools import cache

from django.apps import apps
from django.db import IntegrityError
from django.db.models import BaseConstraint, Model
from django.utils.translation import gettext as _


@cache
def _constraints() -> dict[str, tuple[type[Model], BaseConstraint]]:
    return {
        constraint.name: (model, constraint)
        for model in apps.get_models()
        for constraint in model._meta.constraints
    }


def told_by_database(error: IntegrityError) -> str:
    """The message of the broken constraint when it has its own, else a general one with its name."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    _model, constraint = _constraints().get(name, (None, None))
    if (
        constraint is not None
        and constraint.violation_error_message != constraint.default_violation_error_message
    ):
        return str(constraint.get_violation_error_message())
    return _("The database refuses to store this: rule “%(name)s”.") % {"name": name or "?"}
