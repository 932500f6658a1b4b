"""Pages of the journal and of jobs."""

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from billing_site.journal import jobs
from billing_site.journal.facts import unfolded
from billing_site.journal.models import Entry, Job
from billing_site.journal.moves import move, record
from billing_site.kit import clock
from billing_site.office.models import User
from clients.actions import add_note
from clients.models import Client
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(manager):
    return make.client(by=manager, name="Ромашка", account_manager=manager)


class TestJournal:
    def test_it_tells_who_did_what_to_what_in_words(self, browse, head, manager, client):
        move(client, Client.Status.INACTIVE, by=manager)
        text = browse(head).get("/journal/").content.decode()
        for told in ("Мария Петрова", "Клиент создан: Ромашка", f"/clients/{client.pk}/", "Клиент Ромашка"):
            assert told in text
        assert "clients.client.inactive" not in text.split("</form>")[-1]

    def test_states_among_the_facts_are_words_too(self, browse, head, client):
        move(client, Client.Status.CLOSED, by=head)
        text = browse(head).get("/journal/?verb=clients.client.closed").content.decode()
        facts = text.split('class="facts"')[1].split("</dl>")[0]
        assert "действует" in facts
        assert "active" not in facts

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"role": "addon", "draft": 7}, ("вид счёта", "дополнительный", "черновик")),
            ({"kind": "human", "sign": "reference"}, ("написано человеком", "письму, на которое отвечают")),
            ({"kind": "of one's own"}, ("of one&#x27;s own",)),
        ],
    )
    def test_keys_and_codes_of_facts_are_words(self, facts, words):
        with translation.override("ru"):
            told = unfolded("tickets.opened", facts)
        assert [word for word in words if word not in told] == []
        assert not set(facts) & set(re.findall("<dt>(.*?)</dt>", told))

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?verb=clients.note_added", {"note"}),
            ("?who={manager}", {"created"}),
            ("?who=system", {"system"}),
            ("?client={client}", {"created", "note", "system"}),
            ("?client=1", set()),
            ("?since=2100-01-01", set()),
            ("?until=2000-01-01", set()),
            ("?subject=clients.client:{client}", {"created", "note", "system"}),
        ],
    )
    def test_filters_narrow_it(self, browse, head, manager, client, query, found):
        add_note(client, "текст", by=head)
        record("test.by_system", client, by=None)
        query = query.format(manager=manager.pk, client=client.pk)
        rows = browse(head).get(f"/journal/{query}&cols=verb").context["rows"]
        words = {"clients.created": "created", "clients.note_added": "note", "test.by_system": "system"}
        assert {words[row.cells[0].text] for row in rows if row.cells[0].text in words} == found

    def test_it_costs_the_same_with_many_rows(self, browse, head, manager):
        def cost(rows: int) -> int:
            for _ in range(rows):
                add_note(make.client(), "текст", by=manager)
            browser.get("/journal/")
            with CaptureQueriesContext(connection) as caught:
                assert browser.get("/journal/").status_code == 200
            return len(caught)

        browser = browse(head)
        assert cost(3) == cost(30)

    def test_it_goes_on_behind_the_last_row(self, browse, head, client):
        for n in range(60):
            record("test.step", client, by=head, n=n)
        browser = browse(head)
        first = browser.get("/journal/?verb=&cols=facts").context
        assert len(first["rows"]) == 50
        second = browser.get("/journal/" + first["next"]).context
        assert first["rows"][-1].id - 1 == second["rows"][0].id

    def test_only_those_with_the_right_read_it(self, browse, head, manager):
        assert browse(head).get("/journal/").status_code == 200
        assert browse(manager).get("/journal/").status_code == 403

    def test_a_narrow_head_reads_of_his_own_clients(self, browse, manager, client):
        narrow = make.user("head", scope=User.Scope.PORTFOLIO)
        assert "Ромашка" not in browse(narrow).get("/journal/").content.decode()
        Client.objects.update(account_manager=narrow)
        assert "Ромашка" in browse(narrow).get("/journal/").content.decode()

    def test_its_file_has_sentences(self, browse, head, client):
        answer = browse(head).get("/journal/?export=csv")
        assert "Клиент создан: Ромашка" in b"".join(answer.streaming_content).decode("utf-8-sig")


@pytest.fixture
def job(manager):
    return Job.objects.create(
        kind="test", title="Выгрузка счетов", author=manager, total=200, done=50, state="running",
        leased_until=clock.now(),
    )  # fmt: skip


class TestJobs:
    def test_everybody_sees_his_own_a_head_all(self, browse, head, manager, job):
        assert "Выгрузка счетов" in browse(manager).get("/jobs/").content.decode()
        assert "Выгрузка счетов" in browse(head).get("/jobs/").content.decode()
        assert "Выгрузка счетов" not in browse(make.user("sales")).get("/jobs/").content.decode()

    @pytest.mark.parametrize("name", ["job-detail", "job-progress", "job-file", "job-cancel", "job-retry"])
    def test_another_s_job_is_not_found(self, browse, job, name):
        assert browse(make.user("sales")).get(reverse(name, args=[job.pk])).status_code == 404

    def test_the_bar_asks_again_while_the_job_goes(self, browse, manager, job):
        text = browse(manager).get(f"/jobs/{job.pk}/progress/").content.decode()
        assert f'hx-get="/jobs/{job.pk}/progress/"' in text
        assert 'value="50"' in text
        Job.objects.update(state="done", done=200, ended_at=clock.now())
        text = browse(manager).get(f"/jobs/{job.pk}/progress/").content.decode()
        assert "hx-get" not in text

    def test_failures_are_listed(self, browse, manager, job):
        Job.objects.update(state="failed", failures=[{"invoice": "№ 72811", "because": "нет адреса"}])
        text = browse(manager).get(f"/jobs/{job.pk}/").content.decode()
        assert "нет адреса" in text
        assert "№ 72811" in text

    def test_cancel_and_run_again(self, browse, manager, job):
        browser = browse(manager)
        assert browser.get(f"/jobs/{job.pk}/cancel/").status_code == 200
        browser.post(f"/jobs/{job.pk}/cancel/")
        assert Job.objects.get().state == "cancelled"
        browser.post(f"/jobs/{job.pk}/retry/")
        assert Job.objects.get().state == "waiting"
        answer = browser.post(f"/jobs/{job.pk}/retry/", follow=True)
        assert [said.level_tag for said in answer.context["messages"]] == ["success", "success", "error"]

    def test_the_result_is_a_download(self, browse, manager, job):
        assert browse(manager).get(f"/jobs/{job.pk}/file/").status_code == 404
        name = default_storage.save("results/1", ContentFile(b"xlsx"))
        Job.objects.update(state="done", file=name, file_name="Счета.xlsx")
        answer = browse(manager).get(f"/jobs/{job.pk}/file/")
        assert b"".join(answer.streaming_content) == b"xlsx"
        assert answer["Content-Disposition"].startswith("attachment")

    def test_opening_the_list_silences_the_bell(self, browse, manager, job):
        Job.objects.update(state="done", ended_at=clock.now())
        browser = browse(manager)
        assert 'class="bell-count"' in browser.get("/help/").content.decode()
        assert 'class="bell-count"' not in browser.get("/jobs/").content.decode()
        assert jobs.see_ended(manager) == 0
        assert not Entry.objects.filter(verb__startswith="journal.").exists()
