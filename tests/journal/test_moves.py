"""The one door for states: allowed moves only, races lost politely, every move told."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from billing_site.journal.models import Entry, subject_of
from billing_site.journal.moves import IllegalMove, move, move_many, record, record_many
from billing_site.kit import clock
from billing_site.letters.models import Letter
from tests import make

pytestmark = pytest.mark.django_db
Status = Letter.Status


def letter(status: str = Status.QUEUED, **fields) -> Letter:
    fields = {"message_id": "<x@y>", "client_no": 7, **fields}
    return Letter.objects.create(
        status=status,
        kind="test",
        to=["a@b.example"],
        subject="Письмо",
        text="…",
        due_at=clock.now(),
        **fields,
    )


def at(row: Letter) -> str:
    return Letter.objects.get(pk=row.pk).status


def test_what_may_move_moves_and_is_told(head):
    rows = [letter(), letter(), letter(Status.FAILED)]
    moved = move_many(rows, Status.DROPPED, by=head, facts={"because": "лишнее"}, error="нет")
    assert moved == rows
    assert {at(row) for row in rows} == {Status.DROPPED}
    assert {row.status for row in rows} == {Status.DROPPED}
    told = Entry.objects.filter(verb="letters.letter.dropped").order_by("id")
    assert [(e.subject, e.client_no, e.actor_id, e.actor_name) for e in told] == [
        (subject_of(row), 7, head.pk, "Анна Соколова") for row in rows
    ]
    assert [e.facts["from"] for e in told] == [Status.QUEUED, Status.QUEUED, Status.FAILED]
    assert told[0].facts["because"] == "лишнее"
    assert Letter.objects.filter(error="нет").count() == 3


def test_what_may_not_is_left_out_politely(head):
    rows = [letter(), letter(Status.SENT)]
    assert move_many(rows, Status.DROPPED, by=head) == rows[:1]
    assert at(rows[1]) == Status.SENT
    assert Entry.objects.count() == 1


def test_nothing_to_move_tells_nothing(head):
    assert move_many([], Status.DROPPED, by=head) == []
    assert move_many([letter(Status.SENT)], Status.DROPPED, by=head) == []
    assert not Entry.objects.exists()


def test_one_that_may_not_move_is_refused_in_words(head):
    row = letter(Status.SENT)
    with pytest.raises(IllegalMove) as refused:
        move(row, Status.QUEUED, by=head)
    assert "«отправлено»" in refused.value.message
    assert "«в очереди»" in refused.value.message


def test_a_stale_object_learns_what_became_of_its_row(head):
    row = letter()
    Letter.objects.update(status=Status.SENT)
    with pytest.raises(IllegalMove):
        move(row, Status.DROPPED, by=head)
    assert row.status == Status.SENT


def test_the_panel_itself_is_called_so():
    move(letter(), Status.HELD, by=None)
    assert (Entry.objects.get().actor_id, Entry.objects.get().actor_name) == (None, "система")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_wins_each_row():
    rows = [letter() for _ in range(5)]
    start, won = threading.Barrier(6), []

    def work():
        mine = list(Letter.objects.order_by("-pk"))
        start.wait()
        won.append([row.pk for row in move_many(mine, Status.SENDING, by=None)])
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(pk for one in won for pk in one) == [row.pk for row in rows]
    assert Entry.objects.filter(verb="letters.letter.sending").count() == 5


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_moves_the_second_is_refused(head):
    row = letter(Status.HELD)
    start, said = threading.Barrier(2), []

    def work(to):
        mine = Letter.objects.get(pk=row.pk)
        start.wait()
        try:
            said.append(move(mine, to, by=None).status)
        except IllegalMove:
            said.append("refused")
        connection.close()

    workers = [threading.Thread(target=work, args=[to]) for to in (Status.DROPPED, Status.DROPPED)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(said) == [Status.DROPPED, "refused"]


def test_a_move_and_its_entry_stand_or_fall_together(head):
    row = letter()

    def half_done():
        move(row, Status.HELD, by=head)
        raise ValueError

    with pytest.raises(ValueError), transaction.atomic():
        half_done()
    assert (at(row), Entry.objects.count()) == (Status.QUEUED, 0)


@pytest.mark.parametrize(
    "deed", ["UPDATE journal_entry SET actor_name = 'никто'", "DELETE FROM journal_entry"]
)
def test_the_journal_is_only_ever_added_to(head, deed):
    record("test.done", letter(), by=head)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed)
    assert Entry.objects.get().actor_name == "Анна Соколова"


def test_many_are_told_in_one_insert(head, django_assert_num_queries):
    rows = [letter() for _ in range(20)]
    with django_assert_num_queries(1):
        record_many("test.done", [(row, {"n": row.pk}) for row in rows], by=head)
    assert {e.facts["n"] for e in Entry.objects.all()} == {row.pk for row in rows}


def test_the_history_of_one_object_is_found_by_its_key(head):
    one, other = letter(), letter()
    record("test.done", one, by=head)
    record("test.done", other, by=head)
    assert Entry.objects.about(one).get().subject == subject_of(one)


def test_an_entry_belongs_to_the_client_of_its_object(head):
    client = make.client()
    payer = client.payers.get()
    assert record("test.done", payer, by=head).client_no == client.pk
