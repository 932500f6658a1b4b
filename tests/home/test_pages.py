"""My day: each question right, inside the reader's scope, and the same rows behind its link."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_site.home import panels, queries
from billing_site.home.figures import todays_figures
from billing_site.kit import clock
from billing_site.letters.models import Letter
from billing_site.office.models import User, WorkDay
from invoices import billing
from invoices.models import Invoice
from products.actions import Wanted
from products.models import Service
from tests import make
from tickets.models import Ticket
from tickets.queries import my_queue

pytestmark = pytest.mark.django_db
NOON = "2026-11-25 09:00+00:00"
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def manager():
    return make.user("account_manager", name="Мария Петрова")


@pytest.fixture
def head():
    return make.user("head")


@pytest.fixture
def sold(manager):
    """Sells 5 accesses for a month: an invoice issued on a day, due in a week."""

    def sell(on: date = TODAY, pay_on: date | None = None, of: User = manager, client=None) -> Invoice:
        with time_machine.travel(f"{on} 09:00+00:00", tick=False):
            client = client or make.client(account_manager=of)
            order = make.order(
                client, Wanted(make.product(prices={"month": "800.00"}), "month", 5), starts_on=on
            )
            (draft,) = billing.accept_order(order, by=of)
            billing.send_invoice(draft, by=of)
        invoice = Invoice.objects.get(pk=draft.pk)
        if pay_on:
            with time_machine.travel(f"{pay_on} 09:00+00:00", tick=False):
                shares = ((invoice.pk, invoice.total),)
                billing.receive(
                    billing.Receipt(
                        client.pk, invoice.payer_id, invoice.seller_id, pay_on, invoice.total, shares
                    ),
                    by=None,
                )
        return Invoice.objects.get(pk=invoice.pk)

    return sell


@pytest.fixture
def drafted(manager):
    def draft(of: User = manager) -> Invoice:
        order = make.order(
            make.client(account_manager=of), Wanted(make.product(), "half_year"), starts_on=TODAY
        )
        return billing.accept_order(order, by=of)[0]

    return draft


def ticket(**fields) -> Ticket:
    fields = {
        "subject": "Не открывается база",
        "department": make.department(),
        "last_at": clock.now(),
        **fields,
    }
    return Ticket.objects.create(**fields)


def letter(status: str = "failed", **fields) -> Letter:
    return Letter.objects.create(
        status=status, kind="invoice", to=["a@b.example"], subject="Счёт", text="…", due_at=clock.now(),
        message_id="<x@y>", **fields,
    )  # fmt: skip


class TestMyDay:
    def test_tickets_are_mine_and_untaken_ones_of_my_department(self, manager):
        department = make.department()
        User.objects.filter(pk=manager.pk).update(department=department)
        me = User.objects.get(pk=manager.pk)
        late = ticket(assignee=me, answer_due_at=clock.now() - timedelta(hours=1))
        soon = ticket(department=department, answer_due_at=clock.now() + timedelta(hours=1))
        ticket(department=department, assignee=make.user())
        ticket(assignee=me, status=Ticket.Status.CLOSED)
        ticket()
        assert list(my_queue(me)) == [late, soon]

    def test_drafts_are_those_of_my_clients_a_head_sees_all(self, manager, head, drafted):
        mine, other = drafted(), drafted(make.user("account_manager"))
        assert list(queries.my_drafts(manager)) == [mine]
        assert set(queries.my_drafts(head)) == {mine, other}

    def test_overdue_is_what_is_past_due_and_not_paid(self, manager, sold):
        late = sold(date(2026, 11, 10))
        sold(date(2026, 11, 10), pay_on=date(2026, 11, 12))
        sold(TODAY)
        (found,) = queries.my_overdue(manager)
        assert (found, found.open) == (late, late.total)

    def test_debts_by_age_are_the_same_invoices(self, manager, sold):
        invoices = [sold(date(2026, 11, day)) for day in (1, 16)] + [sold(date(2026, 7, 1))]
        sums = queries.debts_by_age(manager)
        ages = {key: sums[key] for key in ("d7", "d30", "d60", "d90", "older")}
        assert sums["debt"] == sum(invoice.total for invoice in invoices) == sum(ages.values())
        assert ages == {
            "d7": invoices[1].total, "d30": invoices[0].total, "d60": 0, "d90": 0, "older": invoices[2].total,
        }  # fmt: skip

    def test_what_paid_additions_changed_waits_until_it_is_seen(self, manager, sold):
        sold(date(2026, 11, 10), pay_on=date(2026, 11, 12))  # a main invoice needs no control (R5.3)
        paid = sold(date(2026, 11, 10), pay_on=date(2026, 11, 12))
        Invoice.objects.filter(pk=paid.pk).update(role=Invoice.Role.ADDON)
        (card,) = queries.unseen_proofs(manager)
        assert card.invoice == paid
        type(card).objects.update(seen_at=clock.now())
        assert not queries.unseen_proofs(manager).exists()

    def test_stopped_letters_are_mine_or_of_my_clients(self, manager, head):
        client, other = make.client(account_manager=manager), make.client()
        mine = [letter(author=manager), letter("held", client_no=client.pk)]
        foreign = letter("uncertain", client_no=other.pk)
        letter("sent", client_no=client.pk)
        assert set(queries.stopped_letters(manager)) == set(mine)
        assert set(queries.stopped_letters(head)) == {*mine, foreign}

    def test_a_letter_outside_the_scope_is_not_offered(self):
        narrow = make.user("account_manager", scope=User.Scope.PORTFOLIO)
        letter(author=narrow, client_no=make.client().pk)
        assert not queries.stopped_letters(narrow).exists()

    def test_orders_wait_for_their_author_and_managers(self, manager, head):
        mine = make.order(
            make.client(account_manager=manager), Wanted(make.product(), "half_year"), starts_on=TODAY
        )
        make.order(make.client(), Wanted(make.product(), "half_year"), starts_on=TODAY)
        assert list(queries.pending_orders(manager)) == [mine]
        assert queries.pending_orders(head).count() == 2


class TestRenewals:
    def test_what_is_due_within_twenty_days_stands_once_per_client_and_day(self, manager, sold):
        invoice = sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3), client=invoice.client)
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3), of=make.user("account_manager"))
        (row,) = queries.coming_renewals(manager)
        assert (row["client_id"], row["paid_until"]) == (invoice.client_id, date(2026, 12, 1))
        assert (row["services"], row["amount"]) == (2, Decimal(8000))

    def test_a_service_that_ends_does_not_renew(self, manager, sold):
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
        Service.objects.update(ends=True)
        assert not queries.coming_renewals(manager)
        assert not any(
            day.services for week in queries.month_of_renewals(manager, date(2026, 12, 1)) for day in week
        )

    def test_the_calendar_shows_them_on_their_due_day(self, manager, sold):
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
        weeks = queries.month_of_renewals(manager, date(2026, 12, 1))
        days = {day.on: day for week in weeks for day in week}
        assert (days[date(2026, 12, 1)].services, days[date(2026, 12, 1)].amount) == (1, Decimal(4000))
        assert sum(day.services for day in days.values()) == 1
        assert (days[date(2026, 11, 30)].inside, days[date(2026, 12, 1)].inside) == (False, True)
        assert all(len(week) == 7 for week in weeks)

    def test_its_days_off_are_those_of_the_working_calendar(self, manager):
        WorkDay.objects.filter(day=date(2026, 12, 2)).update(opens=None, closes=None, note="Учения")
        days = {d.on: d for week in queries.month_of_renewals(manager, date(2026, 12, 1)) for d in week}
        assert (days[date(2026, 12, 2)].works, days[date(2026, 12, 2)].note) == (False, "Учения")
        assert (days[date(2026, 12, 3)].works, days[date(2026, 12, 5)].works) == (True, False)

    def test_support_sees_everybody_s(self, sold):
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
        assert queries.coming_renewals(make.user("support")).count() == 1

    @pytest.mark.parametrize("month", ["2026/13", "2026/0", "0/5"])
    def test_a_month_that_does_not_exist_is_not_found(self, browse, manager, month):
        assert browse(manager).get(f"/home/calendar/{month}/").status_code == 404

    def test_its_days_lead_to_the_same_services(self, browse, manager, sold):
        sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
        browser = browse(manager)
        text = browser.get("/home/calendar/2026/12/").content.decode()
        address = "/services/?due_since=2026-12-01&amp;due_until=2026-12-01"
        assert address in text
        assert len(browser.get(address.replace("&amp;", "&")).context["rows"]) == 1


class TestFigures:
    def test_each_counts_what_happened_today(self, head, sold):
        today = sold(pay_on=TODAY)
        sold(TODAY)
        sold(date(2026, 11, 20), pay_on=date(2026, 11, 21))
        ticket()
        ticket(status=Ticket.Status.CLOSED)
        issued, paid, received, clients, tickets = [f.value for f in todays_figures(head)]
        amount = "666,67\u00a0₽"
        assert today.total == Decimal("666.67")
        assert (paid, received) == (amount, amount)
        assert issued == "1\u00a0333,34\u00a0₽"
        assert (clients, tickets) == ("2", "1")

    def test_they_agree_with_the_lists_behind_their_links(self, browse, head, sold):
        sold(pay_on=TODAY)
        sold(TODAY)
        sold(date(2026, 11, 20), pay_on=date(2026, 11, 21))
        ticket()
        ticket(status=Ticket.Status.CLOSED)
        browser = browse(head)
        listed = {f.label: len(browser.get(f.url).context["rows"]) for f in todays_figures(head) if f.url}
        assert list(listed.values()) == [2, 1, 2, 1]

    def test_only_what_the_reader_may_see_is_told(self, stranger):
        assert todays_figures(stranger) == []

    def test_they_keep_the_scope(self, sold):
        sold()
        narrow = make.user("account_manager", scope=User.Scope.PORTFOLIO)
        assert [f.value for f in todays_figures(narrow)] == ["0,00\u00a0₽"] * 3 + ["0"] * 2


@pytest.fixture
def stranger():
    return make.user()


class TestPages:
    @pytest.mark.parametrize("role", ["head", "account_manager", "sales", "support", "treasury", None])
    @pytest.mark.parametrize("address", ["/", "/home/figures/", "/help/", "/profile/"])
    def test_everybody_has_his_day(self, browse, role, address):
        assert browse(make.user(role)).get(address).status_code == 200

    @pytest.mark.parametrize(
        ("address", "roles"),
        [
            ("/home/renewals/", {"head", "account_manager"}),
            ("/home/debts/", {"head", "account_manager"}),
            ("/home/calendar/2026/12/", {"head", "account_manager", "sales", "support", "treasury"}),
            ("/system/", {"head"}),
        ],
    )
    def test_parts_ask_for_their_right(self, browse, address, roles):
        for role in ("head", "account_manager", "sales", "support", "treasury", None):
            expected = 200 if role in roles else 403
            assert (role, browse(make.user(role)).get(address).status_code) == (role, expected)

    @pytest.mark.parametrize("address", ["/", "/home/figures/", "/home/renewals/", "/home/calendar/2026/12/"])
    def test_it_costs_the_same_with_many_rows(self, browse, manager, sold, drafted, address):
        def cost(rows: int) -> int:
            for _ in range(rows):
                sold(date(2026, 11, 1), pay_on=date(2026, 11, 3))
                sold(date(2026, 11, 10))
                drafted()
                letter(author=manager)
                ticket(assignee=manager)
            browser.get(address)
            with CaptureQueriesContext(connection) as caught:
                assert browser.get(address).status_code == 200
            return len(caught)

        browser = browse(manager)
        assert cost(3) == cost(9)

    def test_a_manager_s_links_lead_to_his_own_rows(self, browse, manager, drafted):
        mine, _other = drafted(), drafted(make.user("account_manager"))
        browser = browse(manager)
        blocks = {one.block.key: one for one in panels.my_day(manager)}
        rows = browser.get(blocks["drafts"].more_url).context["rows"]
        assert [row.id for row in rows] == [mine.pk]

    def test_every_block_has_its_list(self, browse, head):
        browser = browse(head)
        for one in [*panels.my_day(head), panels.filled(panels.RENEWALS, head)]:
            assert (one.block.key, browser.get(one.more_url).status_code) == (one.block.key, 200)

    def test_the_system_page_tells_what_stands_still(self, browse, head):
        letter("queued")
        Letter.objects.update(due_at=clock.now() - timedelta(hours=1))
        letter("failed")
        text = browse(head).get("/system/").content.decode()
        assert "/letters/?state=stopped" in text
        assert "стоит" in text

    def test_a_profile_is_changed_and_what_is_wrong_is_told_at_its_field(self, browse, manager):
        browser = browse(manager)
        typed = {"name": "Мария Ильина", "phone": "8 (495) 540-51-51", "language": "ru", "theme": "dark"}
        assert browser.post("/profile/", typed).status_code == 302
        me = User.objects.get(pk=manager.pk)
        assert (me.name, me.phone, me.theme) == ("Мария Ильина", "+74955405151", "dark")
        answer = browser.post("/profile/", {**typed, "phone": "12"})
        assert answer.context["form"].errors["phone"]
        assert "Мария Ильина" in answer.content.decode()
