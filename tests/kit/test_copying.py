"""Rows by COPY are the rows that an INSERT would have made."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing_site.journal.models import Entry
from billing_site.kit.copying import copy_in, fresh_keys
from billing_site.letters.models import Letter
from billing_site.office.models import Department
from clients.models import Client
from invoices import billing
from invoices.models import Line
from products.actions import Wanted
from tests import make

pytestmark = pytest.mark.django_db
NASTY = 'обратная \\N черта,\tтабуляция,\nстрока,\r"кавычки" и \\. точка'


def entry(**fields) -> Entry:
    return Entry(at=datetime(2026, 11, 25, 4, 5, 6, 789, UTC), verb="x", subject="y", **fields)


@pytest.mark.parametrize("text", [NASTY, "", "\\N", "\\.", "NULL", " "])
def test_texts_arrive_as_they_are(text):
    copy_in([entry(actor_name=text, facts={"говорит": [text, None, 1.5, True]}), entry()])
    first, second = Entry.objects.order_by("pk")
    assert (first.actor_name, first.facts) == (text, {"говорит": [text, None, 1.5, True]})
    assert (first.at, first.actor_id) == (datetime(2026, 11, 25, 4, 5, 6, 789, UTC), None)
    assert second.facts == {}


def test_a_line_is_the_same_by_either_way():
    order = make.order(
        make.client(),
        Wanted(make.product("Доступ", {"month": "100.00"}), "month", 1),
        starts_on=date(2026, 12, 1),
    )
    (draft,) = billing.accept_order(order, by=make.user("head"))
    there = draft.revision.lines.get()
    lines = [
        Line(
            revision=draft.revision, position=n, kind=Line.Kind.TEXT, period=period, live=False,
            recurring=False, text=NASTY, quantity=Decimal("1.5"), month_price=None, net=Decimal("1E+2"),
            gross=Decimal("100"), why=[{"text": "½"}], batch=there.batch,
        )
        for n, period in enumerate(
            (None, DateRange(date(2026, 1, 1), date(2026, 2, 1)), DateRange(None, date(2026, 2, 1)),
             DateRange(date(2026, 1, 1), date(2026, 1, 31), "[]"), DateRange(empty=True)), 2
        )
    ]  # fmt: skip
    Line.objects.bulk_create(lines)
    inserted = list(draft.revision.lines.filter(position__gt=1).order_by("position").values())
    draft.revision.lines.filter(position__gt=1).delete()
    copy_in(lines)
    assert list(draft.revision.lines.filter(position__gt=1).order_by("position").values()) == inserted


def test_keys_are_taken_once_and_told_rows_know_them():
    first, second = fresh_keys(Department, 2)
    rows = [Department(pk=first, name="А"), Department(pk=second, name="Б")]
    copy_in(rows)
    assert Department.objects.get(pk=second).name == "Б"
    assert Department.objects.create(name="В").pk > second
    rows[0].name = "Г"
    rows[0].save()
    assert Department.objects.get(pk=first).name == "Г"


def test_the_database_refuses_in_django_s_words():
    make.department(name="Один")
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in([Department(name="Один")])


def test_what_keeps_its_values_in_another_shape_is_not_copied():
    with pytest.raises(TypeError, match="EncryptedTextField"):
        copy_in([Client(name="x")])


def test_nothing_is_nothing():
    copy_in([])
    assert fresh_keys(Letter, 0) == []
