"""Names in any script: emoji and from right to left, in lists, on cards, in letters and on papers."""

from datetime import date

import pytest

from clients import actions, noting
from invoices import billing, tasks
from products.actions import Wanted
from tests import make

TURNED, PICTURED = "(חברת הענן) 2", "🌼 Ромашка 👩‍👩‍👧 شركة (2)"


@pytest.fixture(params=[TURNED, PICTURED])
def client(request, manager):
    name = request.param
    made = make.client(name=name, account_manager=manager, by=manager, payer={"name": f"ООО {name}"})
    actions.add_contact(made, by=manager, email="dana@turned.example", name=name, powers=["papers"])
    noting.write_note(made, f"Заметка {name}", by=manager, important=True)
    return made


def test_each_page_shows_the_name_as_it_is(browse, manager, client):
    browser, card = browse(manager), f"/clients/{client.pk}/"
    for address in (
        "/clients/", "/payers/", "/contacts/", "/notes/", card, f"{card}?tab=contacts", f"{card}?tab=notes",
        f"{card}edit/", f"{card}letter/", f"/search/?q={client.name}",
    ):  # fmt: skip
        page = browser.get(address, follow=True)
        assert page.status_code == 200, address
        assert client.name in page.content.decode(), address


def test_the_log_keeps_what_stands_after_the_name_in_its_place(browse, manager, client):
    page = browse(manager).get(f"/clients/{client.pk}/log/").content.decode()
    assert f"\u2068{client.name}\u2069 dana@turned.example" in page


@pytest.mark.parametrize("client", [PICTURED], indirect=True)
def test_its_paper_and_its_letter_are_made(manager, client):
    order = make.order(client, Wanted(make.product(), "half_year"), starts_on=date(2026, 12, 1), by=manager)
    (draft,) = billing.accept_order(order, by=manager)
    letter = billing.send_invoice(draft, by=manager)
    draft.refresh_from_db()
    tasks.render_paper(draft.current_id)
    letter.refresh_from_db()
    assert letter.attachments.get().content_type == "application/pdf"
    assert letter.needs == ""
