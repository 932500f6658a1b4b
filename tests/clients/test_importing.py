"""Clients from XLSX and CSV: a dry run, an error at its row, changes by number."""

import io
import re
from datetime import date

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from billing_site.journal import jobs
from billing_site.journal.models import Job
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients import importing, reading
from clients.models import Client, Payer
from tests import make
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HEAD = "№;Клиент;E-mail;Телефон;Менеджер;ИНН;Неизвестно"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path},
        },
    }  # fmt: skip


@pytest.fixture
def head():
    return make.user("head", name="Мария Орлова")


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\r\n".join((head, *lines)).encode("utf-8-sig")


def errors(sheet) -> list[str]:
    return [error for row in sheet.bad for error in row.errors]


def test_rows_make_and_change_clients(head, manager):
    old = make.client(by=head, name="Старый", phone="+74955405151")
    sheet = importing.check(
        table(
            ";Ромашка;MAIN@romashka.example;8 (495) 111-22-33;Анна Ветрова;7707083893;x",
            f"{old.pk};Новый;;;{manager.email};;",
        ),
        head,
    )
    assert (sheet.fresh, sheet.changed, errors(sheet), sheet.unread) == (1, 1, [], ["Неизвестно"])
    assert Client.objects.get().name == "Старый"
    assert [importing.carry_out(row, head) for row in sheet.rows] == ["", ""]
    made = Client.objects.get(name="Ромашка")
    assert (made.main_email, made.phone, made.account_manager) == (
        "main@romashka.example", "+74951112233", manager,
    )  # fmt: skip
    assert (made.payers.get().inn, made.payers.get().kind) == ("7707083893", Payer.Kind.LEGAL)
    old.refresh_from_db()
    assert (old.name, old.phone, old.account_manager) == ("Новый", "+74955405151", manager)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (";Ромашка;;;;;", "Обязательное поле"),
        (";Ромашка;не адрес;;;;", "Основной e-mail"),
        (";Ромашка;a@b.example;123;;;", "Телефон"),
        (";Ромашка;a@b.example;;;7707083890;", "ИНН"),
        (";Ромашка;a@b.example;;Никто Такой;;", "Никто Такой"),
        (";Ромашка;taken@b.example;;;;", "taken@b.example"),
        ("999999;Ромашка;;;;;", "999999"),
        ("abc;Ромашка;;;;;", "abc"),
    ],
)
def test_a_broken_row_says_what_is_wrong(head, line, told):
    make.client(by=head, email="taken@b.example")
    assert told in " ".join(errors(importing.check(table(line), head)))


def test_a_client_stands_in_the_file_once(head):
    old = make.client(by=head)
    sheet = importing.check(
        table(";A;a@b.example;;;;", ";B;A@b.example;;;;", f"{old.pk};C;;;;;", f"№{old.pk};D;;;;;"), head
    )
    assert len(sheet.bad) == 4


def test_words_are_understood_in_both_languages(head):
    for language in ("English", "английский", "en"):
        sheet = importing.check(table(f";Ромашка;a@b.example;{language}", head="№;Клиент;E-mail;Язык"), head)
        assert (errors(sheet), sheet.rows[0].values["language"]) == ([], "en")


def test_the_main_address_is_not_changed_by_a_file(head):
    old = make.client(by=head, email="old@b.example")
    assert errors(importing.check(table(f"{old.pk};;new@b.example;;;;"), head))
    assert not errors(importing.check(table(f"{old.pk};;OLD@b.example;;;;"), head))


@pytest.mark.parametrize(
    ("now", "typed", "told"),
    [
        ("+74955405151", "8 495 111-22-33", ["Телефон меняют на карточке клиента с подтверждением"]),
        ("+74955405151", "+7 (495) 540-51-51", []),
        ("", "8 495 111-22-33", []),
    ],
)
def test_the_phone_is_not_changed_by_a_file(head, now, typed, told):
    """R2.3: as on the profile page, an empty one may be filled in."""
    old = make.client(by=head, phone=now)
    sheet = importing.check(table(f"{old.pk};;;{typed};;;"), head)
    assert [error.split(",")[0] for error in errors(sheet)] == told
    if not told:
        assert importing.carry_out(sheet.rows[0], head) == ""
        old.refresh_from_db()
        assert old.phone == (now or "+74951112233")


def test_clients_outside_the_scope_have_no_number(client_of_another, outsider):
    assert errors(importing.check(table(f"{client_of_another.pk};Моё;;;;;"), outsider))


@pytest.fixture
def client_of_another(head, manager):
    return make.client(by=head, account_manager=manager)


@pytest.fixture
def outsider(db):
    return make.user("head", scope=User.Scope.PORTFOLIO)


def xlsx(*rows) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet()
    for y, row in enumerate(rows):
        sheet.write_row(y, 0, row)
    book.close()
    return file.getvalue()


def test_xlsx_is_read_as_people_see_it(head):
    sheet = importing.check(xlsx(("No.", "Client", "Phone"), (5, "Ромашка", 74955405151.0)), head)
    assert sheet.rows[0].cells == {"id": "5", "name": "Ромашка", "phone": "74955405151"}


def test_broken_rows_of_an_xlsx_are_told_by_their_numbers(browse, head):
    data = xlsx(
        ("Client", "E-mail", "Phone", "INN"),
        ("Ромашка", "a@b.example", 74955405151.0, 7707083893.0),
        ("", "b@b.example", "", ""),
        (date(2026, 1, 2), "не адрес", True, -1.5),
        ("Ёлка 🌲 ‮назад", "c@b.example", "", ""),
        (None, None, None, None),
        ("Хвост", "d@b.example", "звонить утром", "=1+1"),
    )
    sheet = importing.check(data, head)
    assert [row.number for row in sheet.bad] == [3, 4, 7]
    assert [row.values["name"] for row in sheet.good] == ["Ромашка", "Ёлка 🌲 назад"]
    text = load(browse(head), data).content.decode()
    assert all(word in text for word in ("не адрес", "звонить утром", "Обязательное поле"))


def test_ten_thousand_rows_are_checked_in_a_few_queries(head, django_assert_max_num_queries):
    lines = (f";Клиент {n};a{n}@b.example;;;;" for n in range(reading.ROW_LIMIT))
    with django_assert_max_num_queries(5):
        sheet = importing.check(table(*lines), head)
    assert len(sheet.good) == 10_000


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04broken", b"\x00\x01", HEAD.encode(), b"a;b\n1;2\n", xlsx(("Client",)),
     table(*[";x;;;;;"] * (reading.ROW_LIMIT + 1))],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(head, data):
    with pytest.raises(Refused) as told:
        importing.check(data, head)
    assert told.value.field == "file"


def test_old_excel_files_and_our_own_export_are_read():
    text = "№;Клиент;Телефон\r\n7;Ёлка;'+7 495 540-51-51\r\n"
    for data in (text.encode("cp1251"), text.encode("utf-8-sig"), text.replace(";", "\t").encode()):
        assert reading.read_table(data)[1] == {2: ["7", "Ёлка", "+7 495 540-51-51"]}


def load(browser, data: bytes):
    return browser.post("/clients/import/", {"file": SimpleUploadedFile("clients.csv", data)})


def run(browser, answer, **more):
    kept = re.search(r'name="kept"\s+value="([^"]+)"', answer.content.decode())[1]
    return browser.post("/clients/import/run/", {"kept": kept}, **more)


def test_the_page_shows_first_then_imports(browse, head):
    browser = browse(head)
    shown = load(browser, table(";Ромашка;a@b.example;;;;", ";;;;;;x", ";Кривая;;;;;"))
    text = shown.content.decode()
    assert "Пока ничего не изменено" in text
    assert "Обязательное поле" in text
    assert not Client.objects.exists()
    done = run(browser, shown).content.decode()
    assert Client.objects.get().name == "Ромашка"
    assert "Загружена 1 строка" in done
    assert "Кривая" in done


def test_tickets_follow_a_manager_given_by_a_file(browse, head):
    was, manager = make.user("account_manager", name="Был"), make.user("account_manager", name="Стал")
    old = make.client(by=head, account_manager=was)
    ticket = Ticket.objects.create(
        client=old, subject="Вопрос", department=make.department(), assignee=was, last_at=clock.now()
    )
    browser = browse(head)
    run(browser, load(browser, table(f"{old.pk};;;;Стал;;")))
    ticket.refresh_from_db()
    assert ticket.assignee == manager


def test_a_bent_file_name_loads_nothing(browse, head):
    answer = browse(head).post("/clients/import/run/", {"kept": "../settings.py"}, follow=True)
    assert "загрузите его ещё раз" in answer.content.decode()


def test_a_long_file_is_a_job_with_failures_by_row(browse, head):
    browser = browse(head)
    lines = [f";Клиент {n};a{n}@b.example;;;;" for n in range(201)]
    answer = run(browser, load(browser, table(*lines, ";Кривая;;;;;")))
    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    assert not Client.objects.exists()
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, Client.objects.count()) == (Job.State.DONE, 202, 201)
    assert list(job.failures[0]) == ["строка 203"]


def test_the_sample_can_be_filled_in(browse, head):
    sample = browse(head).get("/clients/import/?sample=1").content
    assert "№;Клиент;E-mail;Телефон" in sample.decode("utf-8-sig")
    names = len(importing.HEADS)
    row = [";".join(["", "Ромашка", "a@b.example", *[""] * (names - 3)])]
    assert importing.check(sample.rstrip() + b"\r\n" + row[0].encode(), head).fresh == 1
