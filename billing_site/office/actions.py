"""Verbs about the office itself."""

import re
from datetime import date, time, timedelta
from typing import Any

import holidays
from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.office.models import User, WorkDay

MOVED = re.compile(r"\(перенесено с (\d\d)\.(\d\d)\.(\d{4})\)")
OPENS, CLOSES, CLOSES_SHORT = time(9), time(18), time(17)


def seed_calendar(year: int) -> int:
    """Write what lacks of a year's official calendar; days that staff edited stay. Returns days added."""
    if WorkDay.objects.filter(day__year=year).count() >= 365:
        return 0
    official = holidays.country_holidays("RU", years=[year, year + 1], language="ru")
    moved = {_moved_from(name): day for day, name in official.items()}
    days = []
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if not official.is_working_day(day):
            days.append(WorkDay(day=day, note=official.get(day, "")[:120]))
            continue
        # A working Saturday is as long as the day that is free for it.
        short = _is_eve(moved.get(day, day), official)
        note = _("short day") if short else ""
        days.append(WorkDay(day=day, opens=OPENS, closes=CLOSES_SHORT if short else CLOSES, note=note))
    before = WorkDay.objects.count()
    WorkDay.objects.bulk_create(days, ignore_conflicts=True)
    return WorkDay.objects.count() - before


def _moved_from(name: str) -> date | None:
    """The day off that a holiday's name says it was moved from."""
    found = MOVED.search(name)
    return date(int(found[3]), int(found[2]), int(found[1])) if found else None


def _is_eve(day: date, official: holidays.HolidayBase) -> bool:
    """The day before a public holiday closes an hour earlier; before a moved day off it doesn't."""
    name = official.get(day + timedelta(days=1), "")
    return bool(name) and _moved_from(name) is None


@transaction.atomic
def change_profile(user: User, *, by: User, **fields: Any) -> User:
    """Change what a member of staff says of himself; only what differs is written and told."""
    row = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.save(update_fields=changed)
        record("office.profile_changed", row, by=by, fields=changed)
    return row
