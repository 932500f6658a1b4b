from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing_site.journal.facts import unfolded, value_word
from billing_site.journal.models import Entry, Job
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.subjects import Subject, subjects
from billing_site.pages.tables import (
    Column,
    LinkColumn,
    MomentColumn,
    Row,
    ShownRow,
    StatusColumn,
    Table,
    TextColumn,
)
from billing_site.pages.telling import sentence


def _told(row: Row) -> str:
    about: Subject | None = row.get("about")
    entry = Entry(verb=row["verb"], subject=row["subject"], facts=row["facts"])
    return sentence(entry, about.name if about else "")


def _about(row: Row) -> str:
    about: Subject | None = row.get("about")
    return about.link() if about else formats.NOTHING


class EntryTable(Table):
    """`client_name` is an annotation; what the entries are about is named at once for all rows shown."""

    columns = (
        MomentColumn("at", _("When"), align="end"),
        TextColumn("who", _("Who"), fields=("actor_name",)),
        Column("what", _("What"), fields=("verb", "subject", "facts"), cell=_told, export=_told),
        Column("about", _("About"), fields=("subject",), cell=_about),
        TextColumn(
            "client",
            _("Client"),
            fields=("client_name", "client_no"),
            link=lambda row: known("client-detail", row["client_no"]) if row["client_no"] else None,
        ),
        Column(
            "facts",
            _("Facts"),
            fields=("facts", "verb"),
            cell=lambda row: unfolded(row["verb"], row["facts"]),
            export=lambda row: value_word(row["facts"]),
        ),
        TextColumn("verb", _("Verb"), hidden=True),
        TextColumn("request_id", _("Request"), hidden=True),
    )

    def shown(self, rows: Iterable[Row]) -> list[ShownRow]:
        found = list(rows)
        about = subjects(row["subject"] for row in found if "subject" in row)
        return super().shown({**row, "about": about.get(row.get("subject", ""))} for row in found)


def _progress(row: Row) -> str:
    job = Job(done=row["done"], total=row["total"])
    if not job.total:
        return formats.number(job.done) if job.done else formats.NOTHING
    return format_html(
        '<progress class="job-bar" max="100" value="{}">{} %</progress> <span class="muted">{} / {}</span>',
        job.percent, job.percent, formats.number(job.done), formats.number(job.total),
    )  # fmt: skip


class JobTable(Table):
    columns = (
        LinkColumn("title", _("Job"), link=lambda row: reverse("job-detail", args=[row["id"]])),
        StatusColumn("state", _("State"), choices=Job.State, of="journal.job"),
        Column("progress", _("Progress"), fields=("done", "total"), cell=_progress),
        TextColumn("author", _("Author"), fields=("author__name",)),
        MomentColumn("created_at", _("Started"), align="end"),
        MomentColumn("ended_at", _("Ended"), align="end"),
    )
    reads = ("state",)

    def css(self, row: Row) -> str:
        return {Job.State.FAILED: "danger", Job.State.CANCELLED: "muted"}.get(row["state"], "")
