"""Deeds for many rows: asked, shown, done, reported."""

import re

import pytest

from billing_site.journal import jobs
from billing_site.journal.models import Job
from clients.models import Client

pytestmark = pytest.mark.django_db
LIST = "/clients/?status=active"


@pytest.fixture
def rows(make_clients):
    made = make_clients(4)
    closed = Client.objects.create(name="Ромашка 100", status="closed", registered_on="2026-01-01")
    return [*made, closed]


def ask(browser, rows, **more):
    return browser.post("/clients/bulk/", {"list": LIST, "ids": [row.pk for row in rows], **more})


def hidden(answer) -> dict[str, str]:
    found = re.findall(
        r'<input type="hidden" name="(picked|list|planned)" value="([^"]*)"', answer.content.decode()
    )
    return {name: value.replace("&amp;", "&") for name, value in found}


def sources() -> list[str]:
    return list(Client.objects.order_by("pk").values_list("source", flat=True))


def carry_out(browser, rows, source="почта", **more):
    shown = browser.post(
        "/clients/bulk/", {**hidden(ask(browser, rows, **more)), "source": source, "stage": "plan"}
    )
    return browser.post("/clients/bulk/", {**hidden(shown), "source": source, "stage": "do"})


def test_first_it_asks_then_shows_and_changes_nothing(browse, head, rows):
    browser = browse(head)
    asked = ask(browser, rows)
    assert "Выбрано 5 строк" in asked.content.decode()
    shown = browser.post(
        "/clients/bulk/", {**hidden(asked), "source": "почта", "stage": "plan"}
    ).content.decode()
    assert "Будет сделано для 4 строк" in shown
    assert "Пропущена 1 строка" in re.sub(r"\s+", " ", shown)
    assert "closed" in shown
    assert sources() == [""] * 5


def test_it_does_what_was_shown_and_reports_what_failed(browse, head, rows):
    answer = carry_out(browse(head), rows)
    text = answer.content.decode()
    assert "Сделано для 3 строк" in text
    assert "Not this one." in text
    assert "Ромашка 002" in text
    assert sources() == ["почта", "почта", "", "почта", ""]


def test_without_trouble_it_leads_back_to_the_list_as_it_was(browse, head, rows):
    assert carry_out(browse(head), rows[:2]).url == LIST
    assert sources() == ["почта", "почта", "", "", ""]


def test_another_value_shows_the_plan_again(browse, head, rows):
    browser = browse(head)
    shown = browser.post("/clients/bulk/", {**hidden(ask(browser, rows)), "source": "почта", "stage": "plan"})
    again = browser.post("/clients/bulk/", {**hidden(shown), "source": "звонок", "stage": "do"})
    assert "Будет сделано" in again.content.decode()
    assert sources() == [""] * 5


def test_everything_found_is_what_the_filter_finds(browse, head, rows):
    browser = browse(head)
    asked = ask(browser, [], all="1")
    assert hidden(asked)["picked"] == ",".join(str(row.pk) for row in rows[:4])


def test_rows_outside_the_scope_are_not_touched(browse, head, manager, rows):
    Client.objects.filter(pk=rows[0].pk).update(account_manager=manager)
    carry_out(browse(manager), rows)
    assert sources() == ["почта", "", "", "", ""]


@pytest.mark.parametrize("ids", [[], ["x", "-1", "9" * 30]])
def test_nothing_ticked_is_told(browse, head, rows, ids):
    answer = browse(head).post("/clients/bulk/", {"list": LIST, "ids": ids}, follow=True)
    assert "Сначала отметьте строки" in answer.content.decode()


def test_bad_input_stays_in_the_form(browse, head, rows):
    browser = browse(head)
    answer = browser.post("/clients/bulk/", {**hidden(ask(browser, rows)), "source": "", "stage": "do"})
    assert "Обязательное поле" in answer.content.decode()
    assert hidden(answer)["picked"].count(",") == 4


def test_many_rows_are_a_job_that_is_harmless_twice(browse, head, make_clients):
    many = make_clients(201)
    browser = browse(head)
    answer = carry_out(browser, [], all="1")
    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    assert (job.total, job.author) == (201, head)
    assert sources() == [""] * 201
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 201)
    failed = [row for row in many if row.name.endswith("2")]
    assert len(job.failures) == len(failed) == 20
    assert sources().count("почта") == 181


def test_the_right_is_asked(browse, manager, rows):
    manager.user_permissions.clear()
    assert ask(browse(manager), rows).status_code == 403
