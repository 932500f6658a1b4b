"""The dialog Change and the proof cards: what is shown is what is done, nothing typed is lost."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.journal.models import Entry
from billing_site.office.models import User
from invoices import billing
from invoices.models import Invoice, ProofCard
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Price, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-08 09:00+00:00", tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager", language="en")


@pytest.fixture
def service(manager):
    """Five users since 01.02.2019, half-year, −5 %, paid and given."""
    access = make.product("Доступ", {"half_year": "4800.00"})
    make.option(access)
    client = make.client(name="Ромашка", account_manager=manager)
    order = make.order(
        client, Wanted(access, "half_year", 5, discount=Decimal(5)), starts_on=date(2019, 2, 1)
    )
    (main,) = billing.accept_order(order, by=manager)
    billing.send_invoice(main, by=manager)
    pay(main)
    for handover in Handover.objects.all():
        carry_out(handover, by=manager)
    return Service.objects.get()


@pytest.fixture
def browser(manager, service):
    return browse(manager)


def browse(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def address(service) -> str:
    return reverse("service-change", args=[service.pk])


def typed(**more) -> dict:
    return {
        "what": "",
        "becomes": "6",
        "on": "2019-02-08",
        "discount": "",
        "price": "",
        "because": "",
        **more,
    }


def shown(browser, service, **more):
    """The answer to typing."""
    return browser.get(address(service), typed(**more), **HTMX)


def press(browser, service, **more):
    """Look, then press the button."""
    change = shown(browser, service, **more).context["change"]
    return browser.post(address(service), typed(seen=change.fingerprint, **more))


def test_the_preview_says_everything(browser, service):
    text = shown(browser, service).content.decode().replace("\u00a0", " ")
    for told in (
        "<span>5</span> → <b>6</b>", "08.02.2019 – 31.07.2019", "174 days", "800,00 / 30 × 22 days",
        "4 357,33 ₽", "22 800,00 ₽ → <b>27 360,00 ₽</b>", "Δ 5-6", f"№ {Invoice.objects.get().number}",
    ):  # fmt: skip
        assert told in text, told
    assert Batch.objects.count() == 1


def test_one_button_writes_what_was_shown(browser, service, manager):
    change = shown(browser, service).context["change"]
    answer = press(browser, service)
    draft = Invoice.objects.latest("id")
    assert answer.status_code == 302
    assert (draft.status, draft.role, draft.total, draft.author) == ("draft", "addon", change.total, manager)
    assert Entry.objects.filter(verb="products.changed", actor_id=manager.pk).count() == 1


def test_a_disk_pack_is_figure_4(browser, service):
    disk = service.product.options.get()
    more = {"what": str(disk.pk), "becomes": "1"}
    text = shown(browser, service, **more).content.decode().replace("\u00a0", " ")
    assert "344,00 ₽" in text
    assert "0 → 5 ГБ" in text
    press(browser, service, **more)
    assert Batch.objects.latest("id").option == disk


def test_an_own_price_and_discount_are_kept(browser, service):
    press(browser, service, price="3 000,00", because="акция", discount="0")
    batch = Batch.objects.latest("id")
    assert (batch.price, batch.discount, batch.own_price_because) == (Decimal(3000), Decimal(0), "акция")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"becomes": "5"}, "becomes"),
        ({"becomes": "0"}, "becomes"),
        ({"becomes": ""}, "becomes"),
        ({"on": "2019-01-15"}, "on"),
        ({"on": "2019-08-01"}, "on"),
        ({"on": "вчера"}, "on"),
        ({"price": "1,00"}, "because"),
        ({"price": "много"}, "price"),
        ({"discount": "101"}, "discount"),
        ({"what": "999999"}, "what"),
    ],
)
def test_a_refusal_stands_at_its_field_and_what_was_typed_is_kept(browser, service, more, field):
    answer = browser.post(address(service), typed(**{"discount": "7", **more}))
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"]["discount"].value() == more.get("discount", "7")
    assert shown(browser, service, **more).status_code == 200
    assert Batch.objects.count() == 1


def test_a_missing_price_may_be_given(browser, service):
    disk = service.product.options.get()
    Price.objects.filter(option=disk).delete()
    more = {"what": str(disk.pk), "becomes": "1"}
    answer = browser.post(address(service), typed(**more))
    assert list(answer.context["form"].errors) == ["price"]
    assert press(browser, service, price="300", because="разово", **more).status_code == 302


def test_the_button_without_a_look_shows_first(browser, service):
    answer = browser.post(address(service), typed())
    assert answer.status_code == 200
    change = answer.context["change"]
    assert change.fingerprint in answer.content.decode()
    assert Batch.objects.count() == 1
    assert browser.post(address(service), typed(seen=change.fingerprint)).status_code == 302


def test_a_change_made_by_somebody_else_meanwhile_is_not_doubled(browser, service, manager):
    change = shown(browser, service).context["change"]
    billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    answer = browser.post(address(service), typed(seen=change.fingerprint))
    assert list(answer.context["form"].errors) == ["becomes"]
    answer = browser.post(address(service), typed(becomes="7", seen=change.fingerprint))
    assert "Look at what will happen now" in answer.content.decode()
    assert (answer.context["change"].was, answer.context["form"]["becomes"].value()) == (6, "7")
    assert Batch.objects.count() == 2


def test_a_price_changed_after_the_look_asks_for_another(browser, service):
    change = shown(browser, service).context["change"]
    service.product.prices.update(amount=Decimal("5000.00"))
    assert browser.post(address(service), typed(seen=change.fingerprint)).status_code == 200
    assert Batch.objects.count() == 1


def test_a_link_may_fill_the_form(browser, service):
    text = browser.get(address(service) + "?becomes=9&on=2019-03-04").content.decode()
    assert 'value="9"' in text
    assert 'value="2019-03-04"' in text


def test_the_pages_of_the_service_and_the_client_lead_here(browser, service):
    for name, pk in (("service-detail", service.pk), ("client-services", service.client_id)):
        assert address(service) in browser.get(reverse(name, args=[pk])).content.decode(), name


def test_pages_ask_for_their_right_and_keep_to_the_scope(service):
    other = User.Scope.PORTFOLIO
    card = ProofCard.objects.get()
    change, proof = address(service), reverse("proof-detail", args=[card.pk])
    seen, proofs = reverse("proof-seen", args=[card.pk]), reverse("proof-list")
    for role, expected in {
        "account_manager": {change: 200, proof: 200, seen: 200, proofs: 200},
        "sales": {change: 200, proof: 403, seen: 403, proofs: 403},
        "support": {change: 403, proof: 403, seen: 403, proofs: 403},
    }.items():
        browser = browse(make.user(role))
        assert {page: browser.get(page).status_code for page in expected} == expected, role
    stranger = browse(make.user("account_manager", scope=other))
    assert {page: stranger.get(page).status_code for page in (change, proof, seen)} == {
        change: 404, proof: 404, seen: 404,
    }  # fmt: skip
    assert "Ромашка" not in stranger.get(proofs).content.decode()


def grown(service, manager) -> Invoice:
    """One more user, sent."""
    draft = billing.change_service(billing.quote_change(service, 6, on=date(2019, 2, 8)), by=manager)
    billing.send_invoice(draft, by=manager)
    return Invoice.objects.get(pk=draft.pk)


def test_a_proof_card_shows_before_and_after(browser, service, manager):
    invoice = pay(grown(service, manager))
    answer = browser.get(reverse("proof-detail", args=[invoice.proof.pk]))
    (proof,) = answer.context["proofs"]
    rows = {label: (before, after) for label, before, after in proof.rows}
    assert rows["Units"] == ("5 польз.", "6 польз.")
    assert rows["Recurring"] == ("22\u00a0800,00\u00a0₽", "27\u00a0360,00\u00a0₽")
    assert rows["Paid up to"] == ("31.07.2019", "31.07.2019")
    assert [one.body for one in answer.context["handovers"]] == ["Δ 5-6"]
    assert list(differences()) == []


def test_a_proof_shows_what_support_has_given_before_the_money_came(browser, service, manager):
    invoice = grown(service, manager)
    carry_out(Handover.objects.get(status=Handover.Status.WAITING), by=manager)
    invoice = pay(invoice)
    (proof,) = browser.get(reverse("proof-detail", args=[invoice.proof.pk])).context["proofs"]
    assert ("Units", "6 польз., of them paid 5", "6 польз.") in proof.rows


def test_a_proof_of_an_option_names_its_packs(browser, service, manager):
    disk = service.product.options.get()
    draft = billing.change_service(
        billing.quote_change(service, 2, option=disk, on=date(2019, 2, 8)), by=manager
    )
    billing.send_invoice(draft, by=manager)
    invoice = pay(draft)
    (fact,) = invoice.proof.facts
    assert (fact["before"]["options"], fact["after"]["options"]) == ({}, {disk.name: 2})
    (proof,) = browser.get(reverse("proof-detail", args=[invoice.proof.pk])).context["proofs"]
    assert (disk.name, "0", "2") in proof.rows


def test_what_is_on_control(browser, service, manager):
    """R5.3: additional invoices, what is paid and not looked through first; main ones stand aside."""
    main, first = Invoice.objects.get(), grown(service, manager)
    assert order_of(browser) == [first.pk]
    pay(first)
    draft = billing.change_service(billing.quote_change(service, 7, on=date(2019, 3, 1)), by=manager)
    billing.send_invoice(draft, by=manager)
    assert order_of(browser) == [first.pk, draft.pk]
    assert [order_of(browser, state=s) for s in ("unseen", "unpaid", "seen", "others")] == [
        [first.pk], [draft.pk], [], [main.pk],
    ]  # fmt: skip
    browser.post(reverse("proof-seen", args=[first.proof.pk]))
    assert order_of(browser) == [draft.pk]
    assert order_of(browser, state="seen") == [first.pk]


def order_of(browser, **query) -> list[int]:
    return [row.id for row in browser.get(reverse("proof-list"), query).context["rows"]]


def test_looking_through_is_told_once(browser, service, manager):
    card = ProofCard.objects.get()
    for _ in range(2):
        assert browser.post(reverse("proof-seen", args=[card.pk])).status_code == 302
    card.refresh_from_db()
    assert card.seen_by == manager
    assert Entry.objects.filter(verb="invoices.proof_seen").count() == 1


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_of_the_list_do_not_grow(browser, manager, django_assert_max_num_queries, rows):
    product = make.product(prices={"half_year": "10.00"})
    for _ in range(rows):
        order = make.order(make.client(), Wanted(product, "half_year"), starts_on=date(2019, 2, 1))
        (draft,) = billing.accept_order(order, by=manager)
        billing.send_invoice(draft, by=manager)
        pay(draft)
    browser.get(reverse("proof-list"))
    with django_assert_max_num_queries(14):
        assert len(order_of(browser, state="others")) == rows + 1


@pytest.mark.parametrize("batches", [1, 12])
def test_queries_of_the_dialog_do_not_grow(browser, service, manager, django_assert_max_num_queries, batches):
    for n in range(batches):
        billing.change_service(billing.quote_change(service, 6 + n, on=date(2019, 2, 8)), by=manager)
    with django_assert_max_num_queries(22):
        assert shown(browser, service, becomes="40").context["change"]
