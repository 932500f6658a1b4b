"""The one door for states, and for telling what was done."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _
from structlog.contextvars import get_contextvars

from billing_site.journal.models import Entry, client_no_of, subject_of
from billing_site.kit import clock
from billing_site.kit.copying import copy_in
from billing_site.kit.errors import Refused

Row = TypeVar("Row", bound=Any)  # a model with `status` and MOVES
SYSTEM = "система"


class IllegalMove(Refused):
    """The row is not in a state from which it may go there; the message is for the person who asked."""

    def __init__(self, row: Any, to: str):
        self.row, self.to = row, to
        states = dict(type(row)._meta.get_field("status").flatchoices)
        super().__init__(
            _("%(what)s: «%(now)s» cannot become «%(to)s».")
            % {"what": row, "now": states.get(row.status, row.status), "to": states.get(to, to)}
        )


class Stale(Refused):
    """Somebody saved after the form was read; `row` is what stands there now, `saved` their entry."""

    def __init__(self, row: Any, saved: Entry | None):
        self.row, self.saved = row, saved
        who = saved.actor_name if saved else _("Somebody")
        super().__init__(
            _("%(who)s saved this while you were typing: compare, then save again.") % {"who": who}
        )


def entry(verb: str, obj: models.Model, *, by, facts: dict[str, Any] | None = None) -> Entry:
    """An unsaved journal entry; `by` is a User or None for the system."""
    return Entry(
        at=clock.now(),
        verb=verb,
        actor_id=getattr(by, "pk", None),
        actor_name=getattr(by, "name", "") or SYSTEM,
        subject=subject_of(obj),
        client_no=client_no_of(obj),
        facts=facts or {},
        request_id=get_contextvars().get("request_id", ""),
    )


def record(verb: str, obj: models.Model, *, by, **facts: Any) -> Entry:
    """Tell that something which is not a move of state was done to `obj`."""
    told = entry(verb, obj, by=by, facts=facts)
    told.save()
    return told


def record_many(verb: str, told: Iterable[tuple[models.Model, dict[str, Any]]], *, by) -> None:
    """`record` for many objects in one insert; pairs of (object, facts)."""
    copy_in([entry(verb, obj, by=by, facts=facts) for obj, facts in told])


@transaction.atomic
def move_many(
    rows: Sequence[Row], to: str, *, by, facts: dict[str, Any] | None = None, **fields: Any
) -> list[Row]:
    """Move rows of one model to the state `to`, set `fields`, tell the journal; returns what moved.

    Rows that are elsewhere by now (somebody was quicker, or the move is not allowed) are left out,
    politely. `MOVES` of the model says which states lead to `to`. Forms validate, the database refuses:
    no full_clean() here.
    """
    if not rows:
        return []
    model: Any = type(rows[0])
    sources = [state for state, targets in model.MOVES.items() if to in targets]
    before = dict(
        model._base_manager.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=[row.pk for row in rows], status__in=sources)
        .order_by("pk")
        .values_list("pk", "status")
    )
    moved = [row for row in rows if row.pk in before]
    if not moved:
        return []
    model._base_manager.filter(pk__in=list(before)).update(status=to, **fields)
    verb = f"{model._meta.label_lower}.{to}"
    for row in moved:
        row.status = to
        for name, value in fields.items():
            setattr(row, name, value)
    record_many(verb, [(row, {"from": before[row.pk], "to": to, **(facts or {})}) for row in moved], by=by)
    return moved


def move(row: Row, to: str, *, by, facts: dict[str, Any] | None = None, **fields: Any) -> Row:
    """`move_many` of one. Raises IllegalMove when the row may not go there."""
    if not move_many([row], to, by=by, facts=facts, **fields):
        row.refresh_from_db(fields=["status"])
        raise IllegalMove(row, to)
    return row
