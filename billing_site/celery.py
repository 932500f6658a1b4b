"""The Celery application: errands and the clock."""

import os
from typing import Any

import pghistory
import structlog
from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")


class Errand(Task):
    """A task whose changes say in field history, and whose lines say in the log, which errand made them."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        errand_id = self.request.id or ""
        with (
            pghistory.context(errand=self.name),
            structlog.contextvars.bound_contextvars(request_id=errand_id, errand=self.name),
        ):
            return super().__call__(*args, **options)


app = Celery("billing_site", task_cls=Errand)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="schedule")
