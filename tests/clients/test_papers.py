from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters.actions import FilePart
from billing_site.office.models import User
from clients import contracting, licensing
from clients.models import Client, ClientOption, Contract, LicenceItem
from tests import make

TODAY = clock.today()
SCAN = FilePart("Договор.pdf", "application/pdf", b"%PDF-1.7")


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager, by=manager)


def contract(client, manager, **fields):
    wanted = {"payer": client.payers.get(), "number": "15/К", "date": date(2026, 1, 10), **fields}
    wanted.setdefault("seller", make.seller())
    return contracting.add_contract(client, by=manager, **wanted)


def licence(client, manager, **fields):
    return licensing.add_licence(
        client, by=manager, **{"product": "Бухгалтерия", "ownership": "rent", **fields}
    )


def test_a_contract_is_written_down_with_its_scan_and_shown(browse, manager, client):
    seller, payer = make.seller(), client.payers.get()
    answer = browse(manager).post(
        f"/clients/{client.pk}/contracts/new/",
        {
            "payer": payer.pk, "seller": seller.pk, "kind": "deal", "number": " 15/К ", "date": "2026-01-10",
            "until": "2026-12-31", "prolongs": "on", "state": "scan", "signatory_post": "директор",
            "signatory": "Ромашкин И. И.", "basis": "Устав",
            "file": SimpleUploadedFile("Договор.pdf", b"%PDF-1.7", "application/pdf"),
        },
    )  # fmt: skip
    assert answer.status_code == 302
    made = client.contracts.get()
    assert (made.number, made.until, made.prolongs) == ("15/К", date(2026, 12, 31), True)
    shown = browse(manager).get(f"/clients/{client.pk}/papers/").content.decode()
    for text in (
        "15/К",
        payer.name.replace('"', "&quot;"),
        "Ромашкин И. И.",
        "получен скан",
        "31.12.2026",
        "Договор.pdf",
    ):
        assert text in shown
    file = browse(manager).get(f"/clients/{client.pk}/contracts/{made.pk}/scan/")
    assert b"".join(file.streaming_content) == b"%PDF-1.7"
    assert "attachment" in file["Content-Disposition"]


def test_a_contract_keeps_its_scan_when_only_the_state_changes(manager, client):
    made = contract(client, manager, file=SCAN)
    changed = contracting.change_contract(made, by=manager, state="original")
    assert (changed.state, changed.file_name) == ("original", "Договор.pdf")


def test_the_same_contract_twice_is_refused_at_its_number(browse, manager, client):
    made = contract(client, manager)
    with pytest.raises(Refused) as refused:
        contract(client, manager, seller=made.seller)
    assert refused.value.field == "number"
    answer = browse(manager).post(
        f"/clients/{client.pk}/contracts/new/",
        {"payer": made.payer_id, "seller": made.seller_id, "kind": "deal", "number": "15/К",
         "date": "2026-01-10", "state": "sent", "basis": "Доверенность 7"},
    )  # fmt: skip
    assert "уже есть договор" in answer.content.decode()
    assert "Доверенность 7" in answer.content.decode()


def test_a_payer_of_another_client_signs_nothing_here(browse, manager, client):
    stranger = make.client()
    with pytest.raises(Refused):
        contract(client, manager, payer=stranger.payers.get())
    answer = browse(manager).post(
        f"/clients/{client.pk}/contracts/new/", {"payer": stranger.payers.get().pk, "number": "1"}
    )
    assert answer.status_code == 200
    assert not Contract.objects.exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"until": "2026-01-09"}, "не может закончиться раньше"),
        ({"date": "31.02.2026"}, "дату"),
        ({"number": ""}, "Обязательное"),
        ({"number": "9" * 41}, "40"),
    ],
)
def test_a_wrong_contract_is_told_at_its_field(browse, manager, client, typed, told):
    wanted = {"payer": client.payers.get().pk, "seller": make.seller().pk, "kind": "deal", "number": "1",
              "date": "2026-01-10", "state": "sent", "signatory": "Ромашкин", **typed}  # fmt: skip
    answer = browse(manager).post(f"/clients/{client.pk}/contracts/new/", wanted).content.decode()
    assert told in answer
    assert "Ромашкин" in answer


def test_a_programme_is_no_scan(browse, manager, client):
    wanted = {"payer": client.payers.get().pk, "seller": make.seller().pk, "kind": "deal", "number": "1",
              "date": "2026-01-10", "state": "sent", "file": SimpleUploadedFile("a.exe", b"MZ")}  # fmt: skip
    assert browse(manager).post(f"/clients/{client.pk}/contracts/new/", wanted).status_code == 200
    assert not Contract.objects.exists()


def test_papers_stand_on_the_youngest_contract_in_force(manager, client):
    seller, payer = make.seller(), client.payers.get()
    old = contract(
        client, manager, seller=seller, number="1", date=date(2024, 1, 1), until=date(2024, 12, 31)
    )
    new = contract(client, manager, seller=seller, number="2", date=date(2025, 6, 1))
    assert contracting.contract_of(payer, seller, date(2024, 12, 31)) == old
    assert contracting.contract_of(payer, seller, date(2025, 1, 1)) is None
    assert contracting.contract_of(payer, seller, date(2025, 6, 1)) == new
    contracting.change_contract(old, by=manager, prolongs=True)
    assert contracting.contract_of(payer, seller, date(2025, 1, 1)) == old
    assert contracting.contract_of(payer, make.seller(), date(2025, 6, 1)) is None


def test_a_licence_is_found_by_its_badge(browse, manager, client):
    make.client(name="Василёк", account_manager=manager)
    licence(client, manager)
    for badge, found in (("rent", {"Ромашка"}), ("own", set()), ("none", {"Василёк"})):
        page = browse(manager).get(f"/clients/?licences={badge}").content.decode()
        assert {name for name in ("Ромашка", "Василёк") if f">{name}<" in page} == found
    assert "аренда" in browse(manager).get(f"/clients/{client.pk}/").content.decode()


def test_a_badge_that_becomes_another_one_is_noted(manager, client):
    rented = licence(client, manager, active_from=TODAY - timedelta(days=40))
    licence(client, manager, ownership="own")
    assert licensing.ownership_of(client) == LicenceItem.Ownership.RENT
    assert not client.notes.exists()
    licensing.change_licence(rented, by=manager, active_until=TODAY)
    assert licensing.ownership_of(client) == LicenceItem.Ownership.OWN
    assert "аренда → свои лицензии" in client.notes.get().text


def test_a_licence_lasts_through_its_last_day(browse, manager, client):
    item = licence(client, manager, active_from=TODAY - timedelta(days=40))
    form = {"product": "ЗУП", "ownership": "own", "registration_number": " 800 123 456 ",
            "active_from": str(item.active_from), "active_until": str(TODAY), "its_until": ""}  # fmt: skip
    page = f"/clients/{client.pk}/licences/{item.pk}/"
    assert browse(manager).post(page, form).status_code == 302
    item.refresh_from_db()
    assert item.active_until == TODAY + timedelta(days=1)
    assert item.registration_number == "800123456"
    assert licensing.active_licences(TODAY).exists()
    assert f'value="{TODAY}"' in browse(manager).get(page).content.decode()
    wrong = browse(manager).post(page, {**form, "active_until": str(item.active_from - timedelta(days=2))})
    assert "более поздний день" in wrong.content.decode()


def test_an_option_keeps_what_it_was_and_the_same_day_corrects(browse, manager, client):
    page = f"/clients/{client.pk}/options/edi/"
    earlier = TODAY - timedelta(days=30)
    for state, since in (("requested", earlier), ("refused", TODAY), ("connected", TODAY)):
        wanted = {"state": state, "since": str(since), "until": "", "note": "по звонку"}
        assert browse(manager).post(page, wanted).status_code == 302
    assert list(client.options.values_list("state", "since")) == [
        ("connected", TODAY),
        ("requested", earlier),
    ]
    shown = browse(manager).get(f"/clients/{client.pk}/papers/").content.decode()
    assert "1С-ЭДО" in shown
    assert "подключено" in shown
    assert browse(manager).get(f"/clients/{client.pk}/options/fax/").status_code == 404


def test_kazakhstan_is_paid_through_its_last_day(browse, manager, client):
    wanted = {"state": "connected", "since": "2026-01-01", "until": "2026-12-31", "note": ""}
    assert browse(manager).post(f"/clients/{client.pk}/options/kazakhstan/", wanted).status_code == 302
    assert ClientOption.objects.get().until == date(2027, 1, 1)
    assert "31.12.2026" in browse(manager).get(f"/clients/{client.pk}/papers/").content.decode()


def test_what_hangs_on_a_client_outside_the_scope_is_not_there(browse, manager, client):
    made, item = contract(client, manager, file=SCAN), licence(client, manager)
    outsider = browse(make.user("account_manager", scope=User.Scope.PORTFOLIO))
    for path in ("papers/", f"contracts/{made.pk}/", f"contracts/{made.pk}/scan/", f"licences/{item.pk}/",
                 "options/edi/", "contracts/new/", "licences/new/"):  # fmt: skip
        assert outsider.get(f"/clients/{client.pk}/{path}").status_code == 404
    other = make.client(account_manager=manager)
    assert browse(manager).get(f"/clients/{other.pk}/contracts/{made.pk}/").status_code == 404


def test_a_client_with_papers_is_not_deleted_by_the_database(manager, client):
    contract(client, manager)
    with pytest.raises(Exception, match="protected"):
        Client.objects.get(pk=client.pk).delete()
