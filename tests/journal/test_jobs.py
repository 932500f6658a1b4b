"""Long work: progress, cancel, a worker that fails or is lost, another try."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from billing_site.journal import jobs
from billing_site.journal.models import Entry, Job
from billing_site.kit import clock
from billing_site.kit.errors import Refused

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture
def job(manager):
    return jobs.start("test", "Выгрузка", by=manager, total=4, colour="red")


def at(job: Job) -> Job:
    job.refresh_from_db()
    return job


def lose(job: Job, attempts: int = 1) -> None:
    """The worker of the job died long ago."""
    Job.objects.filter(pk=job.pk).update(
        state=State.RUNNING, attempts=attempts, leased_until=clock.now() - timedelta(seconds=1)
    )


def test_a_job_is_done_step_by_step(job, work):
    seen = []

    @work
    def do(one: Job):
        assert one.params == {"colour": "red"}
        for n in range(one.total):
            jobs.advance(one, failure={"row": n} if n == 2 else None)
            seen.append(at(job).percent)
        one.file, one.file_name = "results/1", "Выгрузка.xlsx"

    jobs.run_job(job.pk)
    assert seen == [25, 50, 75, 100]
    assert (at(job).state, job.failures, job.file_name) == (State.DONE, [{"row": 2}], "Выгрузка.xlsx")
    assert job.ended_at is not None
    jobs.run_job(job.pk)
    assert at(job).attempts == 1


def test_a_cancelled_job_stops_after_its_piece(job, work, manager):
    @work
    def do(one: Job):
        for n in range(one.total):
            if n == 2:
                jobs.cancel(one, by=manager)
            if not jobs.advance(one):
                return
        raise AssertionError("it went on")

    jobs.run_job(job.pk)
    assert (at(job).state, job.done) == (State.CANCELLED, 2)
    assert Entry.objects.about(job).get().verb == "journal.job_cancelled"
    with pytest.raises(Refused):
        jobs.cancel(job, by=manager)


def test_a_failure_of_a_cancelled_job_does_not_revive_it(job, work, manager):
    @work
    def do(one: Job):
        jobs.cancel(one, by=manager)
        raise ValueError("слишком поздно")

    jobs.run_job(job.pk)
    assert at(job).state == State.CANCELLED


def test_a_job_that_fails_keeps_why_and_may_run_again(job, work, manager):
    @work
    def fail(one: Job):
        jobs.advance(one, failure={"row": 1})
        raise ValueError("нет такого столбца")

    jobs.run_job(job.pk)
    assert (at(job).state, job.error) == (State.FAILED, "ValueError: нет такого столбца")
    jobs.retry(job, by=manager)
    assert (at(job).state, job.error, job.failures, job.done) == (State.WAITING, "", [], 0)

    @work
    def do(one: Job):
        jobs.advance(one, one.total)

    jobs.run_job(job.pk)
    assert (at(job).state, job.done) == (State.DONE, 4)
    with pytest.raises(Refused):
        jobs.retry(job, by=manager)


def test_an_unknown_kind_fails_and_is_not_lost(job):
    jobs.run_job(job.pk)
    assert at(job).state == State.FAILED


def test_a_running_job_is_not_run_by_a_second_worker(job, work):
    runs = []

    @work
    def do(one: Job):
        runs.append(one.pk)
        jobs.run_job(one.pk)

    jobs.run_job(job.pk)
    assert runs == [job.pk]


class TestSweep:
    @pytest.fixture
    def sent(self, monkeypatch):
        sent: list = []
        monkeypatch.setattr(jobs.errands, "send_now", lambda task, pk: sent.append((task, pk)))
        return sent

    def test_a_lost_worker_s_job_is_sent_again_and_begins_anew(self, job, work, sent):
        lose(job)
        Job.objects.update(done=3, failures=[{"row": 1}])
        jobs.sweep_jobs()
        assert sent == [("journal.run_job", job.pk)]

        @work
        def do(one: Job):
            assert (one.done, one.failures) == (0, [])
            jobs.advance(one, one.total)

        jobs.run_job(job.pk)
        assert (at(job).state, job.attempts, job.done) == (State.DONE, 2, 4)

    def test_after_three_lost_workers_it_is_given_up(self, job, sent):
        lose(job, attempts=jobs.ATTEMPTS)
        jobs.sweep_jobs()
        assert (at(job).state, sent) == (State.FAILED, [])

    def test_an_errand_that_was_lost_is_sent_again(self, job, sent):
        jobs.sweep_jobs()
        assert sent == []  # it may just be on its way
        Job.objects.update(created_at=clock.now() - timedelta(minutes=1))
        jobs.sweep_jobs()
        assert sent == [("journal.run_job", job.pk)]

    def test_a_retried_job_is_not_given_up_for_its_past(self, job, sent, manager):
        lose(job, attempts=jobs.ATTEMPTS)
        jobs.sweep_jobs()
        Job.objects.update(created_at=clock.now() - timedelta(hours=1))
        jobs.retry(at(job), by=manager)
        jobs.sweep_jobs()
        assert (at(job).state, sent) == (State.WAITING, [("journal.run_job", job.pk)])


def test_files_of_long_work_are_deleted_after_a_month(job):
    assert jobs.forget_files() == 0
    kept = default_storage.save(f"{jobs.FOLDER}/result.csv", ContentFile(b"1"))
    Job.objects.update(state=State.DONE, file=kept, ended_at=clock.now())
    assert jobs.forget_files() == 0
    assert at(job).file == kept
    with clock.standing_at(clock.now() + jobs.FILES_KEPT + timedelta(days=1)):
        assert jobs.forget_files() == 1
        assert jobs.forget_files() == 0
    assert not default_storage.exists(kept)
    assert at(job).file == ""


def test_looking_at_ended_jobs_silences_the_bell_once(job, work, manager, head):
    work(lambda one: None)
    jobs.run_job(job.pk)
    assert jobs.see_ended(head) == 0
    assert (jobs.see_ended(manager), jobs.see_ended(manager)) == (1, 0)
