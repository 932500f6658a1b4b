"""Long work: a row that says how far it is, run in chunks by a worker."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from billing_site.journal.models import Job
from billing_site.journal.moves import record
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.office.models import User

log = structlog.get_logger()
LEASE = timedelta(minutes=12)
ATTEMPTS = 3
FOLDER = "jobs"  # where files lie that long work reads and writes
FILES_KEPT = timedelta(days=30)
GOING = (Job.State.WAITING, Job.State.RUNNING)
# kind → the function that does it; each app's tasks.py or schedule.py registers its own at import.
WORK: dict[str, Callable[[Job], None]] = {}


def work(kind: str) -> Callable[[Callable[[Job], None]], Callable[[Job], None]]:
    """Register the function that does jobs of `kind`. It must be harmless twice and call `advance`."""

    def keep(function: Callable[[Job], None]) -> Callable[[Job], None]:
        WORK[kind] = function
        return function

    return keep


def start(kind: str, title: str, *, by, total: int = 0, **params: Any) -> Job:
    """Create a job; a worker begins it after commit."""
    job = Job.objects.create(kind=kind, title=title[:200], author=by, total=total, params=params)
    errands.send("journal.run_job", job.pk)
    return job


def advance(job: Job, by: int = 1, failure: dict[str, Any] | None = None) -> bool:
    """Move the progress bar; answers whether to go on (False = somebody cancelled the job)."""
    job.done += by
    if failure:
        job.failures = [*job.failures, failure]
    going = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
        done=job.done, failures=job.failures, leased_until=clock.now() + LEASE
    )
    return bool(going)


@transaction.atomic
def cancel(job: Job, *, by: User) -> None:
    """Stop a job that waits or runs; what it has done stays. Raises Refused when it has ended."""
    stopped = Job.objects.filter(pk=job.pk, state__in=GOING).update(
        state=Job.State.CANCELLED, ended_at=clock.now()
    )
    if not stopped:
        raise Refused(_("The job has ended already."))
    record("journal.job_cancelled", job, by=by, title=job.title)


@transaction.atomic
def retry(job: Job, *, by: User) -> None:
    """Let a failed or cancelled job run again from the start. Raises Refused for any other."""
    again = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED)).update(
        state=Job.State.WAITING, error="", failures=[], done=0, attempts=0,
        leased_until=None, ended_at=None, seen_at=None,
    )  # fmt: skip
    if not again:
        raise Refused(_("Only a failed or cancelled job can run again."))
    record("journal.job_retried", job, by=by, title=job.title)
    errands.send("journal.run_job", job.pk)


def see_ended(user: User) -> int:
    """The user has looked at his ended jobs: the bell is silent. Returns how many were new."""
    ended = Job.objects.filter(author=user, ended_at__isnull=False, seen_at__isnull=True)
    return ended.update(seen_at=clock.now())


@shared_task(name="journal.run_job")
def run_job(job_id: int) -> None:
    """Claim the job by its lease and do it; a failure is kept on the row and may be retried."""
    now = clock.now()
    claimed = (
        Job.objects.filter(pk=job_id, state__in=GOING)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))
        .update(
            state=Job.State.RUNNING, leased_until=now + LEASE, attempts=F("attempts") + 1, done=0, failures=[]
        )
    )
    if not claimed:
        return
    job = Job.objects.get(pk=job_id)
    try:
        WORK[job.kind](job)
    except Exception as trouble:
        log.exception("job failed", job=job_id, kind=job.kind)
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
            state=Job.State.FAILED, error=f"{type(trouble).__name__}: {trouble}", ended_at=clock.now()
        )
        return
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.DONE, ended_at=clock.now(), leased_until=None, file=job.file, file_name=job.file_name
    )


@shared_task(name="journal.sweep_jobs")
def sweep_jobs() -> None:
    """Send again every job whose errand or worker was lost; give up after ATTEMPTS."""
    lost = Job.objects.filter(state__in=GOING).filter(
        Q(leased_until__isnull=True, created_at__lt=clock.now() - timedelta(seconds=30))
        | Q(leased_until__lt=clock.now())
    )
    lost.filter(attempts__gte=ATTEMPTS).update(
        state=Job.State.FAILED, error="worker lost", ended_at=clock.now()
    )
    for job_id in lost.values_list("pk", flat=True)[:100]:
        errands.send_now("journal.run_job", job_id)


@shared_task(name="journal.forget_files")
def forget_files() -> int:
    """Delete files of long work that nobody has asked for in FILES_KEPT; how many."""
    ends = clock.now() - FILES_KEPT
    Job.objects.filter(ended_at__lt=ends).exclude(file="").update(file="")
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:  # nothing was ever kept
        return 0
    old = [name for name in names if default_storage.get_modified_time(name) < ends]
    for name in old:
        default_storage.delete(name)
    return len(old)
