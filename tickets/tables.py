from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.pages import formats
from billing_site.pages.icons import icon
from billing_site.pages.statuses import badge
from billing_site.pages.tables import (
    Column,
    LinkColumn,
    MomentColumn,
    NumberColumn,
    Row,
    ShownRow,
    StatusColumn,
    Table,
    TextColumn,
)
from tickets.models import Message, Ticket
from tickets.queries import Left, TimeLeft

WRITERS = {
    Message.Kind.CLIENT: _("the client"),
    Message.Kind.STAFF: _("we"),
    Message.Kind.NOTE: _("a note"),
    Message.Kind.AUTO: _("automatic"),
}
LOUD = {"warning": "warning", "breach": "danger", "escalation": "danger"}


def duration(minutes: int) -> str:
    """«1 ч 20 мин»; minutes don't matter any more past ten hours."""
    hours, rest = divmod(minutes, 60)
    if hours >= 10 or (hours and not rest):
        return _t("%(hours)s h") % {"hours": hours}
    if not hours:
        return _t("%(minutes)s min") % {"minutes": rest}
    return _t("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def near(at: datetime) -> str:
    """An instant as people say it today: the time alone, with its day when that is another one."""
    local = formats.local(at)
    if local.date() == clock.today():
        return f"{local:%H:%M}"
    return f"{local:%d.%m %H:%M}" if local.year == clock.today().year else formats.moment(at)


def left_in_words(left: Left) -> str:
    if left.minutes is None:
        return _t("late by more than a month")
    if left.stage in ("breach", "escalation"):
        return _t("late by %(time)s") % {"time": duration(-left.minutes)}
    return _t("%(time)s left") % {"time": duration(left.minutes)}


def left_badge(left: Left) -> str:
    """Words in the colour of the stage that the clock has reached; plain ones while there is time."""
    if not left.stage and left.minutes is not None:
        return duration(left.minutes)
    return badge("soon" if left.stage == "warning" else "late", word=left_in_words(left))


def _left(row: Row) -> str:
    left: Left | None = row["left"]
    if left is None:
        return formats.NOTHING
    return format_html(
        '{} <span class="muted small nowrap">{}</span>',
        left_badge(left),
        _t("until %(at)s") % {"at": near(left.due)},
    )


def _subject(row: Row) -> str:
    marks = []
    if row["priority"] == Ticket.Priority.HIGH:
        marks.append(("ticket-high", _t("High priority"), icon("flame", 14)))
    if row["handover_id"]:
        marks.append(("muted", _t("Hand-over"), icon("wrench", 14)))
    drawn = format_html_join("", ' <span class="{}" title="{}">{}</span>', marks)
    return format_html("{}{}", row["subject"], drawn)


def _client(row: Row) -> str:
    """The client, and who wrote when that is somebody else or nobody is known."""
    sender = row["sender"] if row["sender"] != row["client__name"] else ""
    if not row["client_id"]:
        return format_html('<span class="muted">{}</span>', sender or formats.NOTHING)
    address = reverse("client-detail", args=[row["client_id"]])
    return format_html(
        '<a href="{}">{}</a> <span class="muted small">{}</span>', address, row["client__name"], sender or ""
    )


def _assignee(row: Row) -> str:
    who = row["assignee__name"] or ""
    return format_html('{} <span class="muted small nowrap">{}</span>', who, row["department__name"])


def _last(row: Row) -> str:
    who = WRITERS.get(row["last_kind"], "")
    return format_html(
        '<span class="nowrap">{}</span> <span class="muted small">{}</span>', near(row["last_at"]), who
    )


def _priority(row: Row) -> str:
    return str(Ticket.Priority(row["priority"]).label)


def _page(row: Row) -> str:
    return reverse("ticket-detail", args=[row["id"]])


class TicketTable(Table):
    """`due_at`, `sender`, `last_kind` are annotations of the list's rows; `left` is worked out here."""

    columns: Sequence[Column] = (
        TextColumn("id", _("No."), sort="id", align="end", cell=lambda row: f"#{row['id']}"),
        LinkColumn(
            "subject", _("Subject"), fields=("subject", "priority", "handover_id"), cell=_subject, link=_page,
            export=lambda row: row["subject"],
        ),
        TextColumn(
            "client", _("Client, sender"), fields=("client__name", "client_id", "sender"), cell=_client,
            export=lambda row: row["client__name"],
        ),
        TextColumn("sender", _("Sender"), hidden=True),
        TextColumn(
            "assignee", _("Assigned to, department"), fields=("assignee__name", "department__name"),
            cell=_assignee, export=lambda row: row["assignee__name"],
        ),
        TextColumn("department", _("Department"), fields=("department__name",), hidden=True),
        StatusColumn("status", _("Status"), choices=Ticket.Status, of="tickets.ticket"),
        TextColumn("left", _("Time left"), fields=("due_at",), cell=_left, sort="due_at"),
        TextColumn(
            "last", _("Last message"), fields=("last_at", "last_kind"), cell=_last, sort="last_at",
            align="end",
        ),
        TextColumn("priority", _("Priority"), cell=_priority, export=_priority, hidden=True),
        MomentColumn("opened", _("Opened"), fields=("opened_at",), hidden=True),
    )  # fmt: skip
    reads = ("status", "due_at", "answer_due_at", "department_id", "handover_id")

    def shown(self, rows: Iterable[Row]) -> list[ShownRow]:
        reading = TimeLeft()
        return super().shown([{**row, "left": _read(reading, row)} for row in rows])

    def css(self, row: Row) -> str:
        if row["status"] == Ticket.Status.CLOSED:
            return "muted"
        return LOUD.get(row["left"].stage, "") if row["left"] else ""


def _read(reading: TimeLeft, row: Row) -> Left | None:
    if row["due_at"] is None:
        return None
    which = "answer" if row["answer_due_at"] else "solve"
    return reading.of(row["due_at"], which, row["department_id"], is_handover=row["handover_id"] is not None)


KINDS = {
    "auto": _("automatic answer"),
    "bounce": _("a letter of ours came back"),
    "list": _("mailing list"),
    "loop": _("our own letter"),
    "spam": _("spam"),
}


def reason(error: str, kind: str) -> str:
    """Why a mail stands aside. Reasons are stored as msgids where the reader wrote them."""
    return _t(error) if error else str(KINDS.get(kind, kind))


def _reason(row: Row) -> str:
    return reason(row["error"], row["kind"])


class RawMailTable(Table):
    """`kind` is what the reader took the mail for: auto, bounce, list, loop, spam."""

    columns = (
        LinkColumn(
            "subject", _("Mail"), cell=lambda row: row["subject"] or _t("(no subject)"),
            link=lambda row: reverse("quarantine-detail", args=[row["id"]]),
        ),
        TextColumn("sender", _("Sender")),
        TextColumn("reason", _("Reason"), fields=("error", "kind"), cell=_reason, export=_reason),
        TextColumn("mailbox", _("Mailbox"), fields=("mailbox__name",)),
        NumberColumn("size", _("Size, bytes"), fields=("size",)),
        MomentColumn("received_at", _("Received"), sort="id", align="end"),
    )  # fmt: skip
