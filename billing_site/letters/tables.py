from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.letters.kinds import kind_word
from billing_site.letters.models import Letter
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.tables import LinkColumn, MomentColumn, Row, StatusColumn, Table, TextColumn


def addressees(row: Row) -> str:
    return ", ".join(row["to"])


def shown_addressees(row: Row) -> str:
    """The first address, and how many more there are."""
    first, *others = row["to"] or [formats.NOTHING]
    if not others:
        return first
    return format_html('{} <span class="muted" title="{}">+{}</span>', first, addressees(row), len(others))


def shown_author(row: Row) -> str:
    """The surname; the whole name on hover and in files."""
    name = row["author__name"]
    if not name:
        return _t("the panel")
    return format_html('<span title="{}">{}</span>', name, name.split()[0])


class LetterTable(Table):
    """`client_name` is an annotation of the list's rows."""

    columns = (
        MomentColumn("created_at", _("Written"), align="end"),
        TextColumn("to", _("Recipient"), cell=shown_addressees, export=addressees),
        LinkColumn("subject", _("Subject"), link=lambda row: reverse("letter-detail", args=[row["id"]])),
        TextColumn("kind", _("Kind"), cell=lambda row: kind_word(row["kind"])),
        TextColumn(
            "client",
            _("Client"),
            fields=("client_name", "client_no"),
            link=lambda row: known("client-detail", row["client_no"]) if row["client_no"] else None,
        ),
        StatusColumn("status", _("State"), choices=Letter.Status, of="letters.letter"),
        MomentColumn("sent_at", _("Sent"), align="end", hidden=True),
        TextColumn(
            "author",
            _("Author"),
            fields=("author__name",),
            cell=shown_author,
        ),
        TextColumn("error", _("Error"), hidden=True),
        TextColumn("message_id", "Message-ID", hidden=True),
    )
    reads = ("status",)

    def css(self, row: Row) -> str:
        if row["status"] in (Letter.Status.FAILED, Letter.Status.UNCERTAIN):
            return "danger"
        return {Letter.Status.HELD: "warning", Letter.Status.DROPPED: "muted"}.get(row["status"], "")
