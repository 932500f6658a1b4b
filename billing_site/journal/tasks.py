"""Celery finds the errands of the journal here."""

from billing_site.journal.jobs import forget_files, run_job, sweep_jobs

__all__ = ["forget_files", "run_job", "sweep_jobs"]
