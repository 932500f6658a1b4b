from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing_site.journal import jobs
from billing_site.journal.facts import value_word
from billing_site.journal.filters import EntryFilter, JobFilter
from billing_site.journal.models import Entry, Job
from billing_site.journal.tables import EntryTable, JobTable
from billing_site.office.models import User
from billing_site.pages import counters
from billing_site.pages.access import may
from billing_site.pages.page import Crumb
from billing_site.pages.requests import PanelRequest
from billing_site.pages.views import (
    SIGNED_IN,
    ActionPage,
    DetailPage,
    ListPage,
    ObjectPage,
    PanelView,
    send_file,
)
from clients.models import Client, client_numbers_seen_by

JOBS = ((_("Jobs"), "job-list"),)


class EntryList(ListPage):
    """Who did what, when and to what; the newest first."""

    permission, title, menu = "journal.view_entry", _("Journal"), "utilities"
    table, filterset = EntryTable, EntryFilter
    template_name = "journal/entries.html"
    empty_text = _("Nothing has happened yet.")

    def get_queryset(self) -> QuerySet:
        name = Client.objects.filter(pk=OuterRef("client_no")).values("name")
        seen = Entry.objects.filter(client_numbers_seen_by(self.request.user))
        return seen.annotate(client_name=Subquery(name))


def seen_by(user: User) -> QuerySet[Job]:
    """A person's own jobs; whoever may see jobs sees everybody's."""
    return Job.objects.all() if may(user, "journal.view_job") else Job.objects.filter(author=user)


class JobList(ListPage):
    """Long work of the reader; opening the list silences the bell."""

    permission, title, menu = SIGNED_IN, _("Jobs"), "utilities"
    table, filterset, export = JobTable, JobFilter, False
    template_name = "journal/jobs.html"
    search_fields = ("title",)
    tabs = (
        (_("All"), ""),
        (_("Running"), "state=running"),
        (_("Failed"), "state=failed"),
    )
    empty_text = _("No jobs yet: long work, such as a large export, shows its progress here.")

    def get(self, request: PanelRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if jobs.see_ended(request.user):
            counters.recount(request.user)
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet:
        return seen_by(self.request.user)

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        return queryset.filter(title__icontains=typed)


class JobView(ObjectPage):
    """What is about one job; that of another person is not found."""

    permission = SIGNED_IN

    def get_queryset(self) -> QuerySet:
        return seen_by(self.request.user).select_related("author")


def told_failures(job: Job) -> list[str]:
    return [value_word(failure) for failure in job.failures]


class JobPage(JobView, DetailPage):
    menu, crumbs, template_name = "utilities", JOBS, "journal/job.html"

    def get_context(self, obj: Job) -> dict[str, Any]:
        return {"failures": told_failures(obj), "going": obj.state in jobs.GOING}


class JobProgress(JobView, PanelView):
    """How far the job is: the page asks again while it goes."""

    template_name = "journal/_job.html"

    def get_context(self, obj: Job) -> dict[str, Any]:
        return {"failures": told_failures(obj), "going": obj.state in jobs.GOING}


class JobFile(JobView):
    """What the job has made."""

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        job = self.get_object()
        if not job.file:
            raise Http404
        return send_file(job.file, job.file_name or job.title)


class JobDeed(JobView, ActionPage):
    menu, crumbs = "utilities", JOBS

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [*super().get_crumbs(obj), (obj.title, self.get_success_url(obj))]

    def get_success_url(self, obj: Job) -> str:
        return reverse("job-detail", args=[obj.pk])


class JobCancel(JobDeed):
    title, submit_label, success_message = _("Cancel the job"), _("Stop it"), _("The job is cancelled.")
    explanation = _("It stops after the piece it is doing. What is done stays done.")

    def perform(self, obj: Job, by: Any, data: dict[str, Any]) -> None:
        jobs.cancel(obj, by=by)


class JobRetry(JobDeed):
    title, submit_label, success_message = _("Run the job again"), _("Run again"), _("The job is started.")
    explanation = _("It begins anew; what is done already is not done twice.")

    def perform(self, obj: Job, by: Any, data: dict[str, Any]) -> None:
        jobs.retry(obj, by=by)
