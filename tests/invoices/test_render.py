"""Making the paper once, and the letter that waits for it."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from billing_site.kit import clock
from billing_site.letters.models import Attachment, Letter
from invoices import documents, pdf, tasks
from invoices.models import Revision
from tests import make
from tests.invoices.papers import Pdf, figure_5, sent

pytestmark = pytest.mark.django_db


class Crash(RuntimeError):
    pass


def facts(revision: Revision) -> tuple:
    revision.refresh_from_db()
    return revision.file, revision.sha256, revision.render_attempts


def test_a_sent_invoice_gets_its_paper_and_the_letter_goes(django_capture_on_commit_callbacks):
    invoice = sent(figure_5())
    letter = Letter.objects.get()
    with django_capture_on_commit_callbacks() as errands:
        tasks.render_paper(invoice.current_id)
    revision = invoice.current
    file, sha256, attempts = facts(revision)
    assert file == f"papers/2019/{sha256}.pdf"
    assert attempts == 1
    with default_storage.open(file) as kept:
        assert f"Счет на оплату № {invoice.number}" in Pdf(kept.read()).text
    (part,) = Attachment.objects.filter(letter=letter)
    assert part.name == f"Счет_{invoice.number}_от_09.02.2019.pdf"
    assert part.sha256 == sha256
    letter.refresh_from_db()
    assert letter.needs == ""
    assert len(errands) == 1  # the letter's own


def test_a_second_run_changes_nothing():
    revision = sent(figure_5()).current
    tasks.render_paper(revision.pk)
    before = facts(revision)
    tasks.render_paper(revision.pk)
    assert facts(revision) == before
    assert Attachment.objects.count() == 1


def test_two_workers_make_one_file():
    revision = sent(figure_5()).current
    first = tasks.claim(revision.pk)
    assert tasks.claim(revision.pk) is None  # in other hands
    tasks.keep(first, b"%PDF first")
    before = facts(revision)
    tasks.keep(first, b"%PDF second")  # its lease had run out, and another was quicker
    assert facts(revision) == before
    assert Attachment.objects.get().size == len(b"%PDF first")


def test_a_draft_is_never_printed():
    revision = figure_5().current
    tasks.render_paper(revision.pk)
    assert facts(revision) == ("", "", 0)


def test_a_crash_between_file_and_letter_leaves_both_undone(monkeypatch):
    revision = sent(figure_5()).current
    taken = tasks.claim(revision.pk)

    def fall(*_args):
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(tasks, "supply", fall)
        with pytest.raises(Crash):
            tasks.keep(taken, b"%PDF")
    assert facts(revision)[0] == ""
    Revision.objects.filter(pk=revision.pk).update(render_leased_until=clock.now() - timedelta(seconds=1))
    tasks.render_paper(revision.pk)
    assert facts(revision)[0]
    assert Letter.objects.get().needs == ""


def test_what_failed_is_told_and_tried_again_later(monkeypatch):
    revision = sent(figure_5()).current

    def fall(_html):
        raise Crash("no ink")

    with monkeypatch.context() as broken:
        broken.setattr(pdf, "render", fall)
        tasks.render_paper(revision.pk)
    revision.refresh_from_db()
    assert "no ink" in revision.render_error
    assert revision.render_leased_until > clock.now()
    assert Letter.objects.get().needs  # still waits
    Revision.objects.filter(pk=revision.pk).update(render_leased_until=clock.now() - timedelta(seconds=1))
    tasks.render_paper(revision.pk)
    revision.refresh_from_db()
    assert (bool(revision.file), revision.render_error, revision.render_attempts) == (True, "", 2)


def test_the_sweep_finds_what_was_lost_and_only_that(monkeypatch):
    lost, held, fresh, done = (sent(figure_5()).current for _ in range(4))
    now = clock.now()
    Revision.objects.filter(pk=held.pk).update(render_leased_until=now + timedelta(minutes=5))
    Revision.objects.filter(pk=fresh.pk).update(sent_at=now)
    Revision.objects.filter(pk=done.pk).update(file="papers/2019/x.pdf")
    figure_5()  # a draft
    errands = []
    monkeypatch.setattr(tasks.errands, "send_now", lambda *errand: errands.append(errand))
    tasks.sweep_papers()
    assert errands == [("invoices.render_paper", lost.pk)]


def test_staff_download_the_paper_as_it_went(client):
    invoice = sent(figure_5())
    tasks.render_paper(invoice.current_id)
    client.force_login(make.user("account_manager"))
    answer = client.get(reverse("revision-pdf", args=[invoice.current_id]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.getvalue().startswith(b"%PDF")


def test_the_file_s_name_is_safe_on_every_system():
    invoice = sent(figure_5())
    invoice.seller.number_prefix = "ОБ/2019-"
    assert documents.file_name(invoice) == f"Счет_ОБ-2019-{invoice.number}_от_09.02.2019.pdf"


def test_the_letter_is_polite_complete_and_in_the_client_s_language():
    invoice = sent(figure_5())
    letter = Letter.objects.get()
    url = reverse("public-invoice", args=[invoice.links.get().token])
    manager = invoice.client.account_manager
    for body in (letter.text, letter.html):
        for words in (
            f"№ {invoice.number}", "860,00\u00a0₽", "16.02.2019", "Плат. диск. простр-на 5 гб",
            "01.03.2019\u00a0– 31.03.2019", url, manager.name, "+7 495 540-51-51, доб. 2207", manager.email,
        ):  # fmt: skip
            assert words in body
    assert letter.subject == f"Счёт № {invoice.number} на 860,00\u00a0₽"
    assert 'Доступ на 1 польз. "Стандарт"' in letter.text  # nothing is escaped in plain text


def test_an_english_client_reads_english():
    sent(figure_5(language="en"))
    letter = Letter.objects.get()
    assert letter.subject.startswith("Invoice No.")
    assert "Your personal manager" in letter.text
    assert "ext. 2207" in letter.html


def test_a_storage_that_refuses_is_named_and_tried_again(tmp_path):
    revision = sent(figure_5()).current
    (tmp_path / "files").write_text("a file where the folder should be")
    tasks.render_paper(revision.pk)
    assert facts(revision) == ("", "", 1)
    assert "files/papers" in revision.render_error
    assert revision.render_leased_until < clock.now() + timedelta(minutes=2)

    (tmp_path / "files").unlink()
    Revision.objects.update(render_leased_until=None)
    tasks.render_paper(revision.pk)
    assert facts(revision)[0]
    assert revision.render_error == ""
