"""The office itself: working calendar, requisites by date, roles, what people say of themselves."""

from datetime import date, time

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from billing_site import roles
from billing_site.journal.models import Entry
from billing_site.office.actions import change_profile, seed_calendar
from billing_site.office.models import BankAccount, SellerRequisites, VatRate, VatTable, WorkDay
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def year_2025():
    WorkDay.objects.filter(day__year=2025).delete()
    assert seed_calendar(2025) == 365
    return {day.day: day for day in WorkDay.objects.filter(day__year=2025)}


class TestCalendar:
    @pytest.mark.parametrize(
        ("day", "closes"),
        [
            (date(2025, 3, 14), time(18)),  # a plain Friday
            (date(2025, 3, 15), None),  # Saturday
            (date(2025, 1, 8), None),  # new year's days
            (date(2025, 5, 2), None),  # moved from 04.01
            (date(2025, 12, 31), None),  # moved from 05.01
            (date(2025, 11, 1), time(17)),  # a working Saturday in exchange for an eve
            (date(2025, 11, 3), None),  # moved for it
            (date(2025, 11, 4), None),  # the holiday itself
            (date(2025, 6, 11), time(17)),  # the eve of 12 June
            (date(2025, 4, 30), time(17)),  # the eve of 1 May
            (date(2025, 3, 7), time(17)),  # the eve of a holiday that falls on Saturday
            (date(2025, 5, 7), time(18)),  # before a moved day off
            (date(2025, 12, 30), time(18)),
        ],
    )
    def test_days_off_moved_days_and_short_days(self, year_2025, day, closes):
        assert year_2025[day].closes == closes
        assert year_2025[day].opens == (None if closes is None else time(9))

    def test_it_is_seeded_once_and_keeps_what_staff_edited(self, year_2025):
        WorkDay.objects.filter(day=date(2025, 3, 14)).update(opens=None, closes=None, note="Санитарный день")
        assert seed_calendar(2025) == 0
        assert WorkDay.objects.get(day=date(2025, 3, 14)).note == "Санитарный день"

    def test_short_days_of_a_year_are_those_of_the_official_calendar(self):
        WorkDay.objects.filter(day__year=2024).delete()
        seed_calendar(2024)
        short = WorkDay.objects.filter(day__year=2024, closes=time(17)).values_list("day", flat=True)
        assert list(short) == [date(2024, *day) for day in ((2, 22), (3, 7), (5, 8), (6, 11), (11, 2))]

    def test_days_off_are_named_in_russian(self, year_2025):
        assert year_2025[date(2025, 11, 4)].note == "День народного единства"

    def test_a_day_that_closes_before_it_opens_is_refused(self):
        with pytest.raises(IntegrityError):
            WorkDay.objects.update_or_create(
                day=date(2030, 1, 15), defaults={"opens": time(9), "closes": time(8)}
            )


class TestRequisites:
    def test_a_paper_takes_those_of_its_own_date(self):
        seller = make.seller()
        old = seller.requisites.get()
        new = SellerRequisites.objects.create(
            seller=seller, valid_from=date(2026, 6, 1), full_name='ООО "Новое"', inn=old.inn, address="…",
            director="Новиков Н. Н.",
        )  # fmt: skip
        assert seller.requisites_on(date(2026, 5, 31)) == old
        assert seller.requisites_on(date(2026, 6, 1)) == new
        with pytest.raises(SellerRequisites.DoesNotExist):
            seller.requisites_on(date(2014, 12, 31))

    def test_an_account_is_checked_with_its_bic(self):
        account = make.seller().accounts.get()
        account.clean()
        account.account = account.account[:-1] + str((int(account.account[-1]) + 1) % 10)
        with pytest.raises(ValidationError):
            account.clean()

    def test_one_main_account_is_printed(self):
        seller = make.seller()
        with pytest.raises(IntegrityError):
            BankAccount.objects.create(
                seller=seller,
                bank="Второй",
                bic=make.BIC,
                correspondent="30101810000000000225",
                account="1" * 20,
            )

    def test_vat_is_that_of_the_day_and_no_vat_is_not_zero(self):
        VatRate.objects.all().delete()
        VatRate.objects.create(treatment="general", rate=18, valid_from=date(2004, 1, 1))
        VatRate.objects.create(treatment="general", rate=20, valid_from=date(2019, 1, 1))
        VatRate.objects.create(treatment="zero", rate=0, valid_from=date(2004, 1, 1))
        table = VatTable()
        assert table.rate("general", date(2018, 12, 31)) == 18
        assert table.rate("general", date(2019, 1, 1)) == 20
        assert (table.rate("zero", date(2019, 1, 1)), table.rate("none", date(2019, 1, 1))) == (0, None)
        with pytest.raises(LookupError):
            table.rate("general", date(2003, 1, 1))


class TestProfile:
    def test_only_what_differs_is_written_and_told(self):
        user = make.user(name="Мария", phone="+74955405151")
        change_profile(user, by=user, name="Мария", phone="+74955405152")
        user.refresh_from_db()
        assert user.phone == "+74955405152"
        assert Entry.objects.get(verb="office.profile_changed").facts == {"fields": ["phone"]}

    def test_nothing_changed_tells_nothing(self):
        user = make.user(name="Мария")
        change_profile(user, by=user, name="Мария")
        assert not Entry.objects.exists()


class TestRoles:
    def test_groups_say_what_the_code_says(self):
        Group.objects.get(name="support").permissions.clear()
        roles.sync_roles()
        for role, wanted in roles.ROLES.items():
            group = Group.objects.get(name=role)
            have = {
                f"{p.content_type.app_label}.{p.codename}"
                for p in group.permissions.select_related("content_type")
            }
            assert have == set(wanted)

    def test_a_right_that_does_not_exist_is_refused(self, monkeypatch):
        monkeypatch.setitem(roles.ROLES, "support", ("tickets.fly",))
        with pytest.raises(LookupError):
            roles.sync_roles()

    def test_every_right_that_a_page_asks_for_is_somebody_s(self):
        from django.urls import get_resolver

        from tests.test_house import _patterns

        given = {codename for wanted in roles.ROLES.values() for codename in wanted}
        asked = {
            getattr(getattr(view, "view_class", view), "permission", "")
            for _path, view in _patterns(get_resolver())
        }
        assert asked - given <= {"", None}
