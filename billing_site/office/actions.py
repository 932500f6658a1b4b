"""Verbs about the office itself."""

from datetime import date, time
from typing import Any

import holidays
from django.db import transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.office.models import User, WorkDay

OPENS, CLOSES, CLOSES_SHORT = time(9), time(18), time(17)


def seed_calendar(year: int) -> int:
    """Write the official working calendar of a year; days that staff edited stay. Returns days added.

    The official table knows moved days off and working Saturdays, but no short days: the day before
    a public holiday closes an hour earlier.
    """
    official = holidays.country_holidays("RU", years=[year, year + 1])
    days = []
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day, tomorrow = date.fromordinal(ordinal), date.fromordinal(ordinal + 1)
        if not official.is_working_day(day):
            days.append(WorkDay(day=day, note=official.get(day, "")[:120]))
            continue
        short = tomorrow in official and not official.is_working_day(tomorrow)
        note = _("short day") if short else ""
        days.append(WorkDay(day=day, opens=OPENS, closes=CLOSES_SHORT if short else CLOSES, note=note))
    before = WorkDay.objects.count()
    WorkDay.objects.bulk_create(days, ignore_conflicts=True)
    return WorkDay.objects.count() - before


@transaction.atomic
def change_profile(user: User, *, by: User, **fields: Any) -> User:
    """Change what a member of staff says of himself; only what differs is written and told."""
    changed = [name for name, value in fields.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, fields[name])
    if changed:
        user.save(update_fields=changed)
        record("office.profile_changed", user, by=by, fields=changed)
    return user
