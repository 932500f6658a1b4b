from datetime import UTC, date, datetime

import time_machine

from billing_site.kit import clock


@time_machine.travel("2026-11-23T21:30:00Z", tick=False)
def test_the_offices_day_begins_at_moscows_midnight():
    assert clock.now() == datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    assert clock.today() == date(2026, 11, 24)


def test_moscow_was_four_hours_ahead_until_the_autumn_of_2014():
    assert clock.moscow(datetime(2014, 10, 25, 6, tzinfo=UTC)).hour == 10
    assert clock.moscow(datetime(2014, 10, 27, 6, tzinfo=UTC)).hour == 9


def test_a_standing_clock_runs_again_after_the_block():
    with clock.standing_at(datetime(2019, 2, 8, 9, tzinfo=UTC)):
        assert clock.today() == date(2019, 2, 8)
    assert clock.now().year > 2019
