import random
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from python_calamine import CalamineWorkbook

from invoices.models import Invoice
from reports.queries import AGES, Debts
from reports.tables import DebtorTable
from reports.views import FIRST
from tests import make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-24 09:00+00:00", tick=False):
        yield


def issued(client, days_late: int, total: str, paid: str = "0", **fields) -> Invoice:
    payer = client.payers.get()
    seller = fields.pop("seller", None) or make.seller()
    number = Invoice.objects.count() + 1
    return Invoice.objects.create(
        client=client, payer=payer, seller=seller, series="invoices", number=number,
        status=Invoice.Status.ISSUED, issued_on=date(2026, 1, 1), due_on=TODAY - timedelta(days=days_late),
        total=Decimal(total), paid=Decimal(paid), manager=client.account_manager, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "key"),
    [(0, "due"), (1, "d7"), (7, "d7"), (8, "d30"), (30, "d30"), (31, "d60"), (60, "d60"), (61, "d90"),
     (90, "d90"), (91, "older"), (400, "older")],
)  # fmt: skip
def test_each_debt_stands_in_one_age(days, key):
    issued(make.client(), days, "860.00", "60.00")
    debts = Debts(TODAY, overdue_only=False)
    row = debts.by_client(debts.owed()).get()
    names = ("due", *(age for age, _first, _last in AGES))
    ages = {name: row[name] for name in names}
    assert {name: value for name, value in ages.items() if value} == {key: Decimal("800.00")}
    assert row["ages"] == list(ages.values())
    assert row["debt"] == Decimal("800.00")


def test_sums_agree_with_adding_by_hand():
    chance = random.Random(7)
    seller = make.seller()
    managers = [make.user("account_manager") for _ in range(3)]
    owed = defaultdict(Decimal)
    for n in range(12):
        client = make.client(account_manager=managers[n % 3])
        for _ in range(chance.randrange(4)):
            late, total = chance.randrange(-5, 200), Decimal(chance.randrange(1, 10**6)) / 100
            issued(client, late, str(total), seller=seller)
            if late > 0:
                owed[client.account_manager_id] += total
    debts = Debts(TODAY)
    summary = {line["manager"]: line["debt"] for line in debts.by_manager(debts.owed())}
    assert summary == {manager: total for manager, total in owed.items() if total}
    rows = list(debts.by_client(debts.owed()))
    assert sum(row["debt"] for row in rows) == sum(sum(row["ages"]) for row in rows) == sum(owed.values())


def test_what_is_paid_void_or_a_draft_is_no_debt():
    client = make.client()
    row = issued(client, 10, "100.00")
    row.status, row.paid = Invoice.Status.PAID, row.total
    row.save()
    void = issued(client, 10, "100.00")
    void.status = Invoice.Status.VOID
    void.save()
    assert not Debts(TODAY).owed().exists()


@pytest.fixture
def head(client):
    user = make.user("head")
    client.force_login(user)
    return user


def test_the_page_lists_debtors_with_their_manager(client, head):
    manager = make.user("account_manager", name="Петрова Мария")
    issued(make.client(name="Ёлкин и сыновья", account_manager=manager), 40, "12400.00")
    for query in ({}, {"part": "managers"}):
        page = found(client, **query)
        assert ("Ёлкин и сыновья" in page) == (not query)
        assert "Петрова Мария" in page
        assert "12\u00a0400,00\u00a0₽" in page


def test_pages_of_debtors_go_on_by_debt(client, head):
    for n in range(5):
        debtor = make.client(name=f"Должник {n}")
        for _part in range(2):
            issued(debtor, 3, "20.00" if n in (1, 2) else f"{10 * n + 5}.00")
    seen, query = [], "?size=2"
    names = re.compile(r">(Должник \d)</a>")
    while query:
        page = client.get(reverse("debtors") + query).content.decode()
        seen += names.findall(page)
        after = re.search(r'href="([^"]+)"\s+data-page="next"', page)
        query = unescape(after[1]) if after else ""
    assert seen == [f"Должник {n}" for n in (4, 3, 2, 1, 0)]
    assert "Должник 0" in found(client, sort="name").split("Должник 1")[0]


def test_the_search_finds_a_client_by_name_and_number(client, head):
    debtor = make.client(name="Ёлкин")
    issued(debtor, 3, "10.00")
    issued(make.client(name="Другой"), 3, "10.00")
    for typed in ("елкин", str(debtor.pk)):
        page = found(client, q=typed)
        assert ("Ёлкин" in page, "Другой" in page) == (True, False)
        assert "10,00" in found(client, q=typed, part="managers")


def test_sums_and_rows_are_of_all_debtors(client, head):
    debtor = make.client()
    for late, total in ((3, "10.00"), (40, "20.00")):
        issued(debtor, late, total)
    issued(make.client(), 3, "5.00")
    sums = found(client, part="sums")
    assert [text in sums for text in ("35,00", "15,00", "20,00", "· 2")] == [True] * 4
    assert re.search(r"2\s+строки", found(client))


def test_only_those_who_are_owed_most_stand_above_until_more_are_asked_for(client, head):
    for n in range(FIRST + 2):
        manager = make.user("account_manager", name=f"Менеджер {n:02}")
        issued(make.client(account_manager=manager), 3, f"{n + 1}.00")
    few, whole = found(client, part="managers"), found(client, part="managers", whole="1")
    assert few.count("Менеджер ") == FIRST
    assert "ещё 2 менеджера" in few
    assert "Менеджер 00" not in few
    assert whole.count("Менеджер ") == FIRST + 2
    assert "78,00" in few  # of all managers
    assert "78,00" in whole


def test_the_file_holds_exactly_what_is_filtered(client, head):
    manager = make.user("account_manager")
    mine = make.client(name="Моя", account_manager=manager)
    issued(mine, 40, "12400.00")
    issued(make.client(name="Чужая"), 40, "99.00")
    answer = client.get(
        reverse("debtors"), {"manager": manager.pk, "export": "xlsx", "cols": "name,debt,oldest,days"}
    )
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == ["Моя"]
    row = dict(zip(sheet[0], sheet[1], strict=True))
    debt, oldest, late = (str(DebtorTable().column(key).label) for key in ("debt", "oldest", "days"))
    assert (row[debt], row[oldest], row[late]) == (12400.0, date(2026, 10, 15), 40)


def test_debts_of_those_who_have_left_and_of_nobody_are_found(client, head):
    gone = make.user("account_manager", is_active=False)
    issued(make.client(name="Ушедшего", account_manager=gone), 40, "10.00")
    issued(make.client(name="Ничья"), 40, "20.00")
    seen = {
        manager: {name for name in ("Ушедшего", "Ничья") if name in found(client, manager=manager)}
        for manager in (gone.pk, "none", "")
    }
    assert seen == {gone.pk: {"Ушедшего"}, "none": {"Ничья"}, "": {"Ушедшего", "Ничья"}}


def test_what_is_not_due_yet_and_one_seller_change_the_sums(client, head):
    seller, debtor = make.seller(), make.client(name="Ёлкин")
    issued(debtor, 3, "10.00", seller=seller)
    issued(debtor, -3, "20.00", seller=seller)
    issued(debtor, 3, "40.00")
    for query, debt in (({}, "50,00"), ({"all": "true"}, "70,00"), ({"seller": seller.pk}, "10,00")):
        assert f"{debt}\u00a0₽" in found(client, **query), query


def found(client, **query) -> str:
    return client.get(reverse("debtors"), query).content.decode()


def test_a_manager_with_own_clients_sees_only_those(client):
    manager = make.user("account_manager", scope="portfolio")
    client.force_login(manager)
    issued(make.client(name="Моя", account_manager=manager), 3, "10.00")
    issued(make.client(name="Чужая"), 3, "10.00")
    page = client.get(reverse("debtors")).content.decode()
    assert "Моя" in page
    assert "Чужая" not in page


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_do_not_grow_with_rows(client, head, rows, django_assert_max_num_queries):
    seller = make.seller()
    for _ in range(rows):
        issued(make.client(), 5, "10.00", seller=seller)
    client.get(reverse("debtors"))
    with django_assert_max_num_queries(11):
        client.get(reverse("debtors"))
