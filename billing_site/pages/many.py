"""A deed for many rows: what will happen to which, what is left out and why, what failed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise

from billing_site.journal import jobs
from billing_site.journal.models import Job
from billing_site.kit.errors import Refused
from billing_site.office.models import User

CHUNK = 50


@dataclass
class Plan:
    """Rows that will be touched, and the others by the reason that leaves them out."""

    rows: list[Any] = field(default_factory=list)
    skipped: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))


class Deed:
    """One verb for many rows. `kind` names it among jobs; `form_class` asks what the verb must know.

    Made known by `offer`, in the app's schedule.py, so that the worker can do it too.
    """

    kind = ""
    title: str | Promise = ""
    form_class: type[forms.Form] = forms.Form

    def rows(self, by: User) -> QuerySet:
        """Every row `by` may touch, with what `stops` and `perform` read."""
        raise NotImplementedError

    def stops(self, row: Any, data: dict[str, Any]) -> str | Promise:
        """Why the row is left out; "" when it isn't."""
        return ""

    def perform(self, row: Any, data: dict[str, Any], by: User) -> None:
        """The verb. What it refuses stands in the report, the other rows go on."""
        raise NotImplementedError

    def plan(self, ids: Sequence[int], data: dict[str, Any], by: User) -> Plan:
        """What `carry_out` would do, changing nothing."""
        plan = Plan()
        for row in self.rows(by).filter(pk__in=ids).order_by("pk"):
            why = str(self.stops(row, data))
            if why:
                plan.skipped[why].append(row)
            else:
                plan.rows.append(row)
        return plan

    def carry_out(self, ids: Sequence[int], data: dict[str, Any], by: User) -> dict[str, str]:
        """Do it row by row, each in the verb's own transaction; what was refused: {name: why}."""
        failures = {}
        for row in self.plan(ids, data, by).rows:
            try:
                self.perform(row, data, by)
            except Refused as refused:
                failures[f"№ {row.pk} {row}"] = refused.message
        return failures


DEEDS: dict[str, Deed] = {}


def offer(deed: Deed) -> Deed:
    """Make a deed known to pages and to the worker."""
    DEEDS[deed.kind] = deed
    jobs.work(deed.kind)(_work)
    return deed


def start(deed: Deed, ids: Sequence[int], typed: dict[str, Any], *, by: User) -> Job:
    """The deed as a job; `typed` is what stood in the form."""
    return jobs.start(deed.kind, str(deed.title), by=by, total=len(ids), ids=list(ids), typed=typed)


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(ids)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _work(job: Job) -> None:
    """Chunk by chunk, in the words of who asked. Harmless twice: a row that is done stops by itself."""
    deed, by = DEEDS[job.kind], job.author
    assert by is not None
    with translation.override(by.language):
        form = deed.form_class(job.params["typed"])
        if not form.is_valid():
            raise Refused(
                "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
            )
        for chunk in _chunks(job.params["ids"]):
            for name, why in deed.carry_out(chunk, form.cleaned_data, by).items():
                jobs.advance(job, 0, {name: why})
            if not jobs.advance(job, len(chunk)):
                return
