"""One-off work: collected on a client, taken by the next renewal or at once, open again when not billed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from billing_site.letters.models import Letter
from billing_site.office.models import User, VatRate
from invoices import billing, drafting, issuing
from invoices.models import Invoice
from invoices.revising import revise
from products import working
from products.actions import Wanted
from products.models import BillableItem, Service
from products.working import Work
from tests import make

pytestmark = pytest.mark.django_db
TODAY, RENEWS = date(2026, 11, 25), date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-25 09:00+00:00", tick=False):
        yield
    call_command("check_books")


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def cloud():
    return make.seller(name="Облако")


@pytest.fixture
def hours():
    return make.product(
        "Час специалиста", {"one_time": "2400.00"}, kind="hours", unit="час",
        seller=make.seller(name="Сервис"), line_text="Работа специалиста", handover_rule="never",
    )  # fmt: skip


@pytest.fixture
def setup(cloud):
    return make.product("Настройка", {"one_time": "500.00"}, kind="one_time", unit="шт.", seller=cloud)


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def renewing(client, cloud, manager):
    """A service that is paid until the 1st of December."""
    product = make.product("Доступ", {"month": "800.00"}, seller=cloud)
    (draft,) = billing.accept_order(
        make.order(client, Wanted(product, "month", 2), starts_on=date(2026, 11, 1)), by=manager
    )
    billing.send_invoice(draft, by=manager)
    paid = Invoice.objects.get(pk=draft.pk)
    receipt = billing.Receipt(client.pk, paid.payer_id, cloud.pk, TODAY, paid.total, ((paid.pk, paid.total),))
    billing.receive(receipt, by=None)
    return Service.objects.get(client=client)


def work(product, quantity="1", **more) -> Work:
    return Work(**{"product": product, "quantity": Decimal(quantity), "on": date(2026, 11, 20), **more})


def renew() -> list[Invoice]:
    clients = billing.due_clients(TODAY)
    return billing.renew_clients(clients, TODAY) if clients else []


def test_work_is_priced_by_the_catalogue_or_by_hand(client, hours, manager):
    listed = working.add_work(client, work(hours, "2.5"), by=manager)
    assert (listed.text, listed.price, listed.status) == ("Работа специалиста", Decimal("2400.00"), "open")
    assert working.amount_of(listed) == Decimal("6000.00")
    own = working.add_work(client, work(hours, price=Decimal("100.01"), text="Печать"), by=manager)
    assert (own.text, own.price) == ("Печать", Decimal("100.01"))
    told = Entry.objects.get(verb="products.work_added", subject=f"products.billableitem:{listed.pk}")
    assert told.facts == {"text": "Работа специалиста", "amount": "6000.00"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"quantity": Decimal(0)}, "quantity"), ({"quantity": Decimal(-1)}, "quantity"),
     ({"quantity": Decimal(10_001)}, "quantity"), ({"on": TODAY + timedelta(days=1)}, "on"),
     ({"on": date(2010, 1, 1)}, "price")],
)  # fmt: skip
def test_absurd_work_is_refused(client, hours, manager, wrong, field):
    with pytest.raises(Refused) as refused:
        working.add_work(
            client, Work(**{"product": hours, "quantity": Decimal(1), "on": TODAY, **wrong}), by=manager
        )
    assert refused.value.field == field
    assert not BillableItem.objects.exists()


def test_the_next_renewal_takes_it(client, renewing, setup, hours, manager):
    mine, other = (working.add_work(client, work(thing, "3"), by=manager) for thing in (setup, hours))
    renewal, apart = sorted(renew(), key=lambda draft: draft.role)
    assert (renewal.role, apart.role) == ("main", "one_off")
    line = renewal.revision.lines.get(batch=None)
    assert (line.text, line.quantity, line.gross) == ("Настройка, 20.11.2026", 3, Decimal("1500.00"))
    assert renewal.total == Decimal("3100.00")
    assert (apart.total, apart.seller, apart.due_on) == (Decimal("7200.00"), hours.seller, RENEWS)
    for item, draft in ((mine, renewal), (other, apart)):
        item.refresh_from_db()
        assert (item.status, item.line_id) == ("invoiced", draft.revision.lines.get(batch=None).pk)
    assert renew() == []  # nothing more


def test_a_dry_run_shows_it_and_takes_nothing(client, renewing, setup, manager):
    working.add_work(client, work(setup), by=manager)
    (plan,) = billing.plan_renewals([client.pk], TODAY).plans
    assert [line.gross for line in plan.lines] == [Decimal("1600.00"), Decimal("500.00")]
    assert BillableItem.objects.get().status == "open"


def test_work_for_at_once_is_not_the_renewals(client, renewing, setup, manager):
    item = BillableItem.objects.create(
        client=client, product=setup, text="x", quantity=1, price=500, when="now", author=manager
    )
    (renewal,) = renew()
    assert renewal.total == Decimal("1600.00")
    item.refresh_from_db()
    assert item.status == "open"


def test_a_client_without_a_renewal_waits(client, setup, manager):
    item, drafts = billing.collect(client, work(setup), by=manager)
    assert (renew(), drafts, item.status) == ([], [], "open")


def test_a_renewal_in_the_house_takes_it_now(client, renewing, setup, hours, manager):
    (renewal,) = renew()
    item, drafts = billing.collect(client, work(setup, "2"), by=manager)
    assert [draft.pk for draft in drafts] == [renewal.pk]
    renewal.refresh_from_db()
    assert renewal.total == Decimal("2600.00")
    item.refresh_from_db()
    assert item.status == "invoiced"
    _other, none = billing.collect(client, work(hours), by=manager)  # the other seller has no draft
    assert none == []


def test_at_once_is_a_draft_of_its_own(client, hours, manager):
    item, (draft,) = billing.collect(client, work(hours, "0.5", when="now"), by=manager)
    assert (draft.role, draft.status, draft.total) == ("one_off", "draft", Decimal("1200.00"))
    assert (draft.due_on, draft.number) == (TODAY + timedelta(days=7), None)
    assert not Letter.objects.exists()
    item.refresh_from_db()
    assert item.status == "invoiced"
    with pytest.raises(Refused):
        billing.bill_works(client, [item], by=manager)
    billing.send_invoice(draft, by=manager)
    sent = Invoice.objects.get()
    assert "Работа специалиста, 20.11.2026" in sent.current.purpose
    receipt = billing.Receipt(
        client.pk, sent.payer_id, sent.seller_id, TODAY, sent.total, ((sent.pk, sent.total),)
    )
    billing.receive(receipt, by=None)
    assert Invoice.objects.get().status == "paid"


def test_vat_is_inside(client, manager):
    VatRate.objects.create(treatment="vat22", rate=Decimal(22), valid_from=date(2026, 1, 1)) if not (
        VatRate.objects.filter(rate=22).exists()
    ) else None
    taxed = make.product("Час", {"one_time": "1220.00"}, kind="hours", vat_treatment=VatRate.objects.filter(
        rate=22).latest("valid_from").treatment)  # fmt: skip
    _item, (draft,) = billing.collect(client, work(taxed, when="now"), by=manager)
    line = draft.revision.lines.get()
    assert (line.net, line.vat, line.gross) == (Decimal("1000.00"), Decimal("220.00"), Decimal("1220.00"))


def test_a_draft_per_seller(client, hours, setup, manager):
    items = [working.add_work(client, work(thing), by=manager) for thing in (hours, setup, hours)]
    drafts = billing.bill_works(client, items, by=manager)
    assert sorted(draft.total for draft in drafts) == [Decimal("500.00"), Decimal("4800.00")]
    assert not BillableItem.objects.filter(status="open").exists()


def test_a_client_without_a_payer_is_told(hours, manager):
    bare = make.client()
    bare.payers.update(is_default=False)
    with pytest.raises(Refused, match="плательщик"):
        billing.collect(bare, work(hours, when="now"), by=manager)
    assert not BillableItem.objects.exists()


def test_a_discarded_draft_opens_it_again(client, hours, manager):
    item, (draft,) = billing.collect(client, work(hours, when="now"), by=manager)
    drafting.discard(draft, by=manager)
    item.refresh_from_db()
    assert (item.status, item.line_id) == ("open", None)
    (again,) = billing.bill_works(client, [item], by=manager)
    assert again.pk != draft.pk


def test_a_void_invoice_opens_it_again(client, hours, manager):
    item, (draft,) = billing.collect(client, work(hours, when="now"), by=manager)
    billing.send_invoice(draft, by=manager)
    issuing.void(Invoice.objects.get(), by=manager, because="не согласовано")
    item.refresh_from_db()
    assert item.status == "open"


def test_a_revision_keeps_it_and_a_reissue_takes_it_along(client, hours, manager):
    item, (draft,) = billing.collect(client, work(hours, when="now"), by=manager)
    billing.send_invoice(draft, by=manager)
    revise(Invoice.objects.get(), by=manager, because="другой срок", due_on=TODAY + timedelta(days=20))
    item.refresh_from_db()
    invoice = Invoice.objects.get()
    assert (item.status, item.line_id) == ("invoiced", invoice.revision.lines.get().pk)
    heir = billing.reissue(
        billing.quote_reissue(invoice, by=manager), by=manager, because="другой плательщик"
    )
    item.refresh_from_db()
    assert (item.status, item.line_id) == ("invoiced", heir.revision.lines.get().pk)


def test_what_waits_is_changed_dropped_brought_back(client, hours, manager):
    item = working.add_work(client, work(hours), by=manager)
    changed = working.change_work(item, work(hours, "3", text="Печать"), by=manager)
    assert (changed.text, working.amount_of(changed)) == ("Печать", Decimal("7200.00"))
    with pytest.raises(Refused):
        working.drop_work(item, by=manager, because="")
    working.drop_work(item, by=manager, because="подарок")
    with pytest.raises(Refused):
        working.change_work(item, work(hours), by=manager)
    working.restore_work(item, by=manager)
    _draft, = billing.bill_works(client, [item], by=manager)  # fmt: skip
    for verb in (working.change_work, working.drop_work, working.restore_work):
        more = {"because": "x"} if verb is working.drop_work else {}
        with pytest.raises(Refused):
            verb(item, *([work(hours)] if verb is working.change_work else []), by=manager, **more)


def test_a_client_with_open_work_is_not_closed(client, hours, manager):
    working.add_work(client, work(hours), by=manager)
    assert [stop.tab for stop in billing.what_stops_closing(client)] == ["works"]


# ── pages ────────────────────────────────────────────────────────────────────────────────────


def test_work_is_added_by_the_form(browse, manager, client, hours):
    browser = browse(manager)
    assert browser.get(reverse("work-new")).status_code == 200
    address = reverse("work-new") + f"?client={client.pk}"
    values = {
        "product": hours.pk, "text": "Настроили печать", "quantity": "1,5", "price": "", "on": "2026-11-24",
        "when": "next_run",
    }  # fmt: skip
    assert browser.post(address, values).url == reverse("client-detail", args=[client.pk]) + "?tab=works"
    item = BillableItem.objects.get()
    assert (item.quantity, item.price, item.author) == (Decimal("1.5"), Decimal("2400.00"), manager)
    panel = browser.get(reverse("client-works", args=[client.pk])).content.decode()
    assert "Настроили печать" in panel
    assert "3\u00a0600,00" in panel
    for wrong in (
        {"quantity": "-1"},
        {"quantity": "0"},
        {"quantity": "1,234"},
        {"on": "2026-12-24"},
        {"price": "x"},
    ):
        answer = browser.post(address, {**values, **wrong})
        assert (answer.status_code, "Настроили печать" in answer.content.decode()) == (200, True), wrong
    assert BillableItem.objects.count() == 1


def test_what_waits_is_invoiced_by_one_button(browse, manager, client, hours, setup):
    browser = browse(manager)
    address = reverse("client-works-bill", args=[client.pk])
    assert browser.get(address).status_code == 200
    item = working.add_work(client, work(hours, "2"), by=manager)
    assert "4\u00a0800,00" in browser.get(address).content.decode()
    answer = browser.post(address)
    draft = Invoice.objects.get()
    assert answer.url == reverse("invoice-detail", args=[draft.pk])
    assert browser.get(answer.url).status_code == 200
    assert browser.get(reverse("invoice-paper", args=[draft.pk])).status_code == 200
    assert answer.url in browser.get(reverse("client-works", args=[client.pk])).content.decode()
    assert answer.url in browser.get(reverse("work-list") + "?status=invoiced").content.decode()
    assert browser.post(address).status_code == 302  # nothing waits: said, not done
    assert Invoice.objects.count() == 1
    assert browser.get(reverse("work-edit", args=[item.pk])).status_code == 404


def test_a_work_is_edited_and_dropped_by_pages(browse, manager, client, hours):
    browser, item = browse(manager), working.add_work(client, work(hours), by=manager)
    values = {"product": hours.pk, "text": "Иначе", "quantity": "2", "price": "10,00", "on": "2026-11-24"}
    assert browser.get(reverse("work-edit", args=[item.pk])).status_code == 200
    browser.post(reverse("work-edit", args=[item.pk]), values)
    item.refresh_from_db()
    assert (item.text, item.price, item.when) == ("Иначе", Decimal("10.00"), "next_run")
    browser.post(reverse("work-drop", args=[item.pk]), {"because": "подарок"})
    item.refresh_from_db()
    assert item.status == "dropped"
    browser.post(reverse("work-restore", args=[item.pk]))
    item.refresh_from_db()
    assert item.status == "open"


def test_the_renewal_forecast_shows_work(browse, manager, client, renewing, setup):
    working.add_work(client, work(setup), by=manager)
    text = browse(manager).get(reverse("renewal-forecast")).content.decode()
    assert "Настройка, 20.11.2026" in text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_of_works_is_exported(browse, manager, client, hours, kind):
    working.add_work(client, work(hours), by=manager)
    browser = browse(manager)
    assert "Работа специалиста" in browser.get(reverse("work-list") + "?status=open&q=ромаш").content.decode()
    assert browser.get(reverse("work-list") + f"?export={kind}").status_code == 200


def test_works_of_others_are_not_seen(browse, client, hours, manager):
    item = working.add_work(client, work(hours), by=manager)
    other = browse(make.user("account_manager", scope=User.Scope.PORTFOLIO))
    for name, pk in (("work-edit", item.pk), ("work-drop", item.pk), ("client-works", client.pk)):
        assert other.get(reverse(name, args=[pk])).status_code == 404
    assert "Работа специалиста" not in other.get(reverse("work-list")).content.decode()


@pytest.mark.parametrize("works", [3, 30])
def test_queries_of_a_renewal_do_not_grow_with_works(
    client, renewing, setup, hours, manager, django_assert_max_num_queries, works
):
    for _n in range(works):
        working.add_work(client, work(setup), by=manager)
    with django_assert_max_num_queries(45):
        renew()
