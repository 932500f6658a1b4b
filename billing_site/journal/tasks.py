"""Celery finds the errands of the journal here."""

from billing_site.journal.jobs import run_job, sweep_jobs

__all__ = ["run_job", "sweep_jobs"]
