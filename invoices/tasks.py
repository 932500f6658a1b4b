"""Errands of papers: id in, load, do, harmless twice. No lock is held while a paper is rendered."""

import hashlib
from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import translation

from billing_site.journal.models import subject_of
from billing_site.kit import clock, errands
from billing_site.letters.actions import FilePart, supply
from billing_site.letters.models import Letter
from invoices import documents, pdf
from invoices.models import Revision

log = structlog.get_logger()
LIMIT = 200  # seconds that a paper may take
LEASE = timedelta(minutes=4)  # longer than LIMIT
FRESH = timedelta(minutes=1)  # so long a new revision's own errand may be on its way
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1))


@shared_task(name="invoices.render_paper", time_limit=LIMIT, soft_time_limit=LIMIT - 20)
def render_paper(revision_id: int) -> None:
    """Make the PDF of a sent revision, once, and let the letters that waited for it go."""
    revision = claim(revision_id)
    if revision is None:
        return
    try:
        keep(revision, print_paper(revision))
    except Exception as trouble:  # noqa: BLE001 - whatever stops the paper stands on the row, and is tried again
        put_off(revision, trouble)


def claim(revision_id: int) -> Revision | None:
    """Take the lease of a sent revision without a file; None when it is done or in other hands."""
    now = clock.now()
    taken = waiting(now).filter(pk=revision_id).update(
        render_leased_until=now + LEASE, render_attempts=F("render_attempts") + 1
    )  # fmt: skip
    if not taken:
        return None
    return Revision.objects.select_related("invoice__seller").get(pk=revision_id)


def waiting(now: datetime):
    """Sent revisions without a file that nobody holds."""
    return Revision.objects.filter(
        Q(render_leased_until=None) | Q(render_leased_until__lt=now), status=Revision.Status.SENT, file=""
    )


def print_paper(revision: Revision) -> bytes:
    """The PDF of a revision as it was frozen. Its words are Russian, whoever reads it."""
    with translation.override("ru"):
        paper = documents.paper_of(revision.invoice, revision)
        return pdf.render(render_to_string("invoices/pdf/invoice.html", {"paper": paper}))


def keep(revision: Revision, data: bytes) -> None:
    """Store the file and fill it in where there is none yet; who comes second changes nothing.

    File on the row and files of the letters are one transaction: a crash leaves both undone.
    """
    digest = hashlib.sha256(data).hexdigest()
    name = f"papers/{revision.invoice.issued_on:%Y}/{digest}.pdf"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(data))
    with transaction.atomic():
        filled = Revision.objects.filter(pk=revision.pk, file="").update(
            file=name, sha256=digest, render_leased_until=None, render_error=""
        )
        if filled:
            part = FilePart(documents.file_name(revision.invoice), "application/pdf", data)
            supply(subject_of(revision), part)
            supply_together(revision)


def supply_together(revision: Revision) -> None:
    """Let a letter about several invoices go when the last of their papers is there.

    Two papers may be ready at once: the letter's row is locked, and whoever comes second sees both.
    """
    asked = Letter.objects.filter(enclosures__revision=revision).exclude(needs="")
    letter = asked.select_for_update(no_key=True, of=("self",)).first()
    if letter is None:
        return
    together = list(
        Revision.objects.filter(enclosure__letter=letter).select_related("invoice__seller").order_by("pk")
    )
    if all(one.file for one in together):
        supply(letter.needs, *(_part(one) for one in together))


def _part(revision: Revision) -> FilePart:
    with default_storage.open(revision.file) as file:
        return FilePart(documents.file_name(revision.invoice), "application/pdf", file.read())


def put_off(revision: Revision, trouble: Exception) -> None:
    """The lease becomes the pause until the next try; it grows with the attempts."""
    pause = PAUSES[min(revision.render_attempts, len(PAUSES)) - 1]
    log.error("paper not rendered", revision=revision.pk, trouble=repr(trouble), exc_info=trouble)
    Revision.objects.filter(pk=revision.pk, file="").update(
        render_error=f"{type(trouble).__name__}: {trouble}"[:2000], render_leased_until=clock.now() + pause
    )


@shared_task(name="invoices.sweep_papers")
def sweep_papers() -> None:
    """Send the errands of papers that were lost, failed, or died with their worker."""
    now = clock.now()
    late = waiting(now).filter(sent_at__lt=now - FRESH).order_by("pk")
    for revision_id in late.values_list("pk", flat=True)[:500]:
        errands.send_now("invoices.render_paper", revision_id)
