import base64
import json
import re

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from billing_site.kit import live
from billing_site.office.models import User
from billing_site.pages import keyset
from clients.models import Client

NAME = re.compile(r"Ромашка \d{3}")


def names(answer) -> list[str]:
    return NAME.findall(answer.content.decode())


def link(answer, which: str) -> str | None:
    found = re.search(rf'href="([^"]+)"\s+data-page="{which}"', answer.content.decode())
    return found and found[1].replace("&amp;", "&")


def walk(browser, address: str, which: str = "next") -> list[list[str]]:
    pages, query = [], ""
    while query is not None:
        answer = browser.get(address + query)
        pages.append(names(answer))
        query = link(answer, which)
    return pages


def test_pages_go_forward_and_back_over_ties(browse, head, make_clients):
    make_clients(10)  # all of one day: only the id tells them apart
    browser = browse(head)
    forward = walk(browser, "/clients/")
    assert [len(page) for page in forward] == [4, 4, 2]
    assert [name for page in forward for name in page] == [f"Ромашка {n:03}" for n in range(10)]

    last = link(browser.get("/clients/" + link(browser.get("/clients/"), "next")), "next")
    answer = browser.get("/clients/" + last)
    back = [names(answer)]
    while query := link(answer, "previous"):
        answer = browser.get("/clients/" + query)
        back.append(names(answer))
    assert back == forward[::-1]


@pytest.mark.parametrize("sort", ["", "?sort=name", "?sort=-name", "?sort=-registered_on"])
def test_every_order_shows_every_row_once(browse, head, make_clients, sort):
    make_clients(5)
    make_clients(6, registered_on="2025-05-05")
    browser = browse(head)
    answer, seen = browser.get("/clients/" + sort), []
    while True:
        seen += re.findall(r'name="ids"\s+value="(\d+)"', answer.content.decode())
        if not (query := link(answer, "next")):
            break
        answer = browser.get("/clients/" + query)
    assert len(seen) == len(set(seen)) == 11


def test_empty_values_in_the_order_lose_no_row(browse, head, manager, make_clients):
    make_clients(5)
    make_clients(5, account_manager=manager)
    for order in (("account_manager", "id"), ("-account_manager", "-id"), ("account_manager", "-id")):
        seen, after = [], ""
        while True:
            page = keyset.cut(Client.objects.all(), order, ["id"], 3, after=after, before="")
            seen += [row["id"] for row in page.rows]
            if not page.after:
                break
            after = page.after
        assert seen == list(Client.objects.order_by(*order).values_list("id", flat=True))


def word(*values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BENT = [
    "zzz", "W10", "WzFd", "%00", "eyJhIjoxfQ", "WyJ4IiwgInkiXQ", word("2026-01-01", 10**30),
    word("2026-01-01", "1\x00"), word([], 1), word("2026-13-01", 1), word("2026-01-01", {}),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
]  # fmt: skip


@pytest.mark.parametrize("word", BENT)
def test_a_bent_place_means_the_start(browse, head, make_clients, word):
    make_clients(6)
    for way in ("after", "before"):
        answer = browse(head).get(f"/clients/?{way}={word}")
        assert answer.status_code == 200
        assert "Ромашка 00" in names(answer)[0]


@pytest.mark.parametrize("typed", ["%00", "a%00b", "9" * 5000, "№ " + "9" * 300, "%25", "_", "\\", "'"])
def test_any_text_may_be_typed_into_a_list(browse, head, make_clients, typed):
    make_clients(1)
    assert browse(head).get(f"/clients/?q={typed}").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["sort=%00", "sort=--name", "cols=%00,x", "status=%00", "since=0", "page=-1", "export=zip", "size=x"],
)
def test_a_bent_address_of_a_list_breaks_nothing(browse, head, make_clients, query):
    make_clients(1)
    assert len(names(browse(head).get(f"/clients/?{query}"))) == 1


def test_a_place_of_an_empty_value_goes_on(browse, head, manager, make_clients):
    make_clients(3)
    make_clients(3, account_manager=manager)
    order, rows, before = ("account_manager", "id"), [], ""
    last = keyset.cut(Client.objects.all(), order, ["id"], 6, after="", before="").rows[-1]
    before = keyset.place_of(last, order)
    while before:
        page = keyset.cut(Client.objects.all(), order, ["id"], 2, after="", before=before)
        rows = [row["id"] for row in page.rows] + rows
        before = page.before
    assert [*rows, last["id"]] == list(Client.objects.order_by(*order).values_list("id", flat=True))


def test_the_fragment_is_the_table_alone(browse, head, make_clients):
    make_clients(2)
    answer = browse(head).get("/clients/", headers={"HX-Request": "true"})
    assert names(answer)
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_filter_search_and_row_mark(browse, head, make_clients):
    make_clients(3)
    closed = Client.objects.create(name="Ёлочка", status="closed", registered_on="2026-01-01")
    browser = browse(head)
    assert names(browser.get("/clients/?status=closed")) == []
    assert '<tr class="muted"' in browser.get("/clients/?status=closed").content.decode()
    assert "Ёлочка" in browser.get("/clients/?q=ЕЛОЧ").content.decode()
    assert "Ёлочка" in browser.get(f"/clients/?q=№ {closed.pk}").content.decode()
    assert "Под этот фильтр ничего не подходит" in browser.get("/clients/?q=нет такого").content.decode()


def test_a_search_may_name_its_own_lookups(browse, head, manager, make_clients, monkeypatch):
    lookups = ("phone__startswith", "account_manager__name__icontains")
    monkeypatch.setattr("tests.pages.site.ClientList.search_fields", lookups)
    make_clients(1, phone="+74955405151")
    make_clients(2, account_manager=manager)
    browser = browse(head)
    assert len(names(browser.get("/clients/?q=%2B7495"))) == 1
    assert len(names(browser.get("/clients/?q=5151"))) == 0
    assert len(names(browser.get("/clients/?q=ВЕТРОВА"))) == 2


def test_sums_are_of_the_whole_filter(browse, head, make_clients):
    rows = make_clients(9)
    text = browse(head).get("/clients/?part=sums").content.decode().replace("\u00a0", "")
    assert f"{sum(row.pk for row in rows)},00₽" in text
    assert "Итого" in text


def test_sums_of_many_rows_tell_how_long_they_took(browse, head, make_clients, monkeypatch):
    make_clients(3)
    browser = browse(head)
    assert "посчитано" not in browser.get("/clients/?part=sums").content.decode()
    monkeypatch.setattr(keyset, "COUNT_LIMIT", 2)
    text = browser.get("/clients/?part=sums").content.decode()
    assert re.search(r"· 3\s+· посчитано за \d+,\d с", text)
    assert 'hx-trigger="load"' not in browser.get("/clients/").content.decode().split("<tfoot")[1]


@pytest.mark.parametrize(
    ("order", "values", "compared"),
    [
        (("-registered_on", "-id"), ["2026-01-01", 5], True),
        (("registered_on", "id"), ["2026-01-01", 5], True),
        (("-account_manager", "-id"), [5, 5], True), (("-account_manager", "-id"), [None, 5], False),
        (("account_manager", "id"), [5, 5], False), (("account_manager", "-id"), [5, 5], False),
    ],
)  # fmt: skip
def test_a_far_page_is_one_comparison_of_rows_where_no_row_is_lost_by_it(order, values, compared):
    assert isinstance(keyset.beyond(Client, order, values), Q) is not compared


def test_columns_are_chosen_by_address(browse, head, make_clients):
    make_clients(1)
    browser = browse(head)
    assert "01.01.2026" not in browser.get("/clients/").content.decode()
    text = browser.get("/clients/?cols=name,registered_on").content.decode()
    assert "01.01.2026" in text
    assert 'class="status' not in text


def test_query_count_does_not_grow_with_rows(browse, head, make_clients, forget_counters, monkeypatch):
    monkeypatch.setattr("tests.pages.site.ClientList.page_size", 50)
    browser = browse(head)

    def queries() -> int:
        forget_counters()
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/clients/").status_code == 200
        return len(captured)

    make_clients(3)
    few = queries()
    make_clients(27)
    assert queries() == few <= 10


def test_a_list_works_without_the_live_store(browse, head, make_clients, settings, monkeypatch):
    make_clients(2)
    browser = browse(head)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.connection.cache_clear()
    try:
        assert len(names(browser.get("/clients/"))) == 2
    finally:
        live.connection.cache_clear()


def test_days_are_asked_by_the_browsers_calendar_and_kept(browse, head, make_clients):
    make_clients(1)
    Client.objects.create(name="Новый", registered_on="2026-03-03")
    text = browse(head).get("/clients/?since=2026-02-01").content.decode()
    assert 'type="date" name="since" value="2026-02-01"' in text
    assert "Новый" in text
    assert not NAME.search(text)


def test_nobodys_text_is_html(browse, head, manager, make_clients):
    User.objects.filter(pk=manager.pk).update(name="<u>")
    make_clients(1, phone="+7<i>", account_manager=manager)
    Client.objects.update(name="<b>&\"'")
    rows = browse(head).get("/clients/").content.decode().split("<tbody>")[1]
    assert "&lt;b&gt;&amp;&quot;&#x27;</a></td>" in rows
    assert [tag for tag in ("<b>&", "<i>", "<u>") if tag in rows] == []
