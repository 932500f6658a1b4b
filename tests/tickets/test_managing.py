"""From sales to an account manager: by hand, by a rule, with all that goes along (R1.6)."""

import pytest

from billing_site.journal.models import Entry
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.letters import actions as letters
from billing_site.letters.models import Letter
from clients import actions, schedule
from clients.models import Client, Todo
from tests import make
from tickets import managing
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make.user("head", name="Глава Отдела")


@pytest.fixture
def sales():
    return make.user("sales", name="Продавец Первый")


@pytest.fixture
def anna():
    return make.user(
        "account_manager", name="Анна Ветрова", email="anna@office.example", phone="+74955405151",
        extension="2207", department=make.department(name="Сопровождение"),
    )  # fmt: skip


@pytest.fixture
def client(sales):
    return make.client(name="Ромашка", email="buh@romashka.example", by=sales, sales_manager=sales)


def ticket(client, **fields) -> Ticket:
    fields = {"subject": "Вопрос", "last_at": clock.now(), **fields}
    if "department" not in fields:
        fields["department"] = make.department()
    return Ticket.objects.create(client=client, **fields)


def test_the_manager_gets_a_to_do_with_what_sales_wrote(client, head, sales, anna):
    actions.add_note(client, "Любит звонки до обеда", by=sales)
    actions.add_note(client, "Чужая заметка", by=head)
    managing.appoint(client, anna, by=head)
    todo = Todo.objects.get(client=client)
    assert (todo.assignee, todo.author, todo.due_on) == (anna, head, clock.today())
    assert "Любит звонки до обеда" in todo.text
    assert "Продавец Первый" in todo.text
    assert "Чужая заметка" not in todo.text


def test_the_letter_is_held_and_names_the_manager(client, head, anna):
    managing.appoint(client, anna, by=head)
    letter = Letter.objects.get(kind="manager")
    assert (letter.status, letter.held_because) == (Letter.Status.HELD, Letter.Because.PERSON)
    assert letter.to == ["buh@romashka.example"]
    for told in ("Анна Ветрова", "+7 495 540-51-51 доб. 2207", "anna@office.example", "Ромашка"):
        assert told in letter.text
    letters.release(letter, by=anna)
    letter.refresh_from_db()
    assert letter.status == Letter.Status.QUEUED


def test_a_letter_in_english_for_an_english_client(client, head, anna):
    Client.objects.filter(pk=client.pk).update(language="en")
    managing.appoint(client, anna, by=head)
    letter = Letter.objects.get(kind="manager")
    assert letter.subject == "Your personal manager"
    assert "ваш" not in letter.text.lower()


def test_open_tickets_follow_and_hand_overs_and_closed_ones_stay(client, head, sales, anna):
    support = make.user("support")
    of_sales, untaken = ticket(client, assignee=sales), ticket(client, department=anna.department)
    kept = [
        ticket(client, assignee=support),
        ticket(client, assignee=sales, status=Ticket.Status.CLOSED),
        ticket(make.client(), assignee=sales),
        ticket(client),
    ]
    managing.appoint(client, anna, by=head)
    assert set(Ticket.objects.filter(assignee=anna)) == {of_sales, untaken}
    assert {one.pk: one.assignee for one in Ticket.objects.filter(pk__in=[one.pk for one in kept])} == {
        one.pk: one.assignee for one in kept
    }
    told = Entry.objects.filter(verb="tickets.assigned").order_by("id")
    assert [entry.facts["becomes"] for entry in told] == ["Анна Ветрова"] * 2


def test_from_one_manager_to_another_only_his_tickets_go(client, head, sales, anna):
    boris = make.user("account_manager", name="Борис Новый")
    managing.appoint(client, anna, by=head)
    of_anna, of_sales = ticket(client, assignee=anna), ticket(client, assignee=sales)
    managing.give_manager(client, boris, by=head)
    of_anna.refresh_from_db()
    of_sales.refresh_from_db()
    assert (of_anna.assignee, of_sales.assignee) == (boris, sales)


def test_history_tells_who_was_before(client, head, anna):
    boris = make.user("account_manager", name="Борис Новый")
    managing.appoint(client, anna, by=head)
    managing.appoint(client, boris, by=head)
    told = [(one.was, one.becomes, one.by) for one in managing.history_of(client)]
    assert told == [("Анна Ветрова", "Борис Новый", head.name), ("", "Анна Ветрова", head.name)]
    letters_of = Letter.objects.filter(kind="manager").order_by("pk")
    assert [one.status for one in letters_of] == [Letter.Status.DROPPED, Letter.Status.HELD]


def test_a_second_click_changes_nothing(client, head, anna):
    managing.appoint(client, anna, by=head)
    with pytest.raises(Refused, match="уже ведёт"):
        managing.appoint(client, anna, by=head)
    assert (Todo.objects.count(), Letter.objects.filter(kind="manager").count()) == (1, 1)


def test_nobody_who_left_gets_a_client(client, head, anna):
    anna.is_active = False
    anna.save()
    with pytest.raises(Refused, match="не работает"):
        managing.appoint(client, anna, by=head)
    assert not Todo.objects.exists()


class TestRules:
    def test_the_fewest_active_clients(self, client, anna):
        boris = make.user("account_manager", name="Борис Новый")
        make.client(account_manager=boris)
        make.client(account_manager=anna)
        make.client(account_manager=anna, status=Client.Status.CLOSED)
        make.client(account_manager=boris)
        assert managing.chosen("least", client) == anna
        boris.groups.clear()
        anna.groups.clear()
        with pytest.raises(Refused, match="менеджера для клиента нет"):
            managing.chosen("least", client)

    def test_of_the_department_that_brought_the_client(self, client, sales, anna):
        far = make.user("account_manager", department=make.department(name="Казань"))
        make.client(account_manager=far)
        with pytest.raises(Refused):
            managing.chosen("department", client)
        sales.department = far.department
        sales.save()
        client.refresh_from_db()
        assert managing.chosen("department", client) == far
        client.department = anna.department
        assert managing.chosen("department", client) == anna

    def test_of_the_office_that_brought_the_client(self, client, anna):
        other = make.user("account_manager")
        make.client(account_manager=anna, office_name="Тверь")
        make.client(account_manager=other, office_name="Омск")
        with pytest.raises(Refused):
            managing.chosen("office", client)
        client.office_name = "Тверь"
        assert managing.chosen("office", client) == anna


class TestMany:
    def test_by_rule_each_gets_who_has_the_fewest_by_then(self, head, anna):
        boris = make.user("account_manager", name="Борис Новый")
        ids = [make.client(name=f"К{n}").pk for n in range(4)]
        data = {"rule": "least", "account_manager": None, "introduce": True}
        assert schedule.GIVE_MANAGER.carry_out(ids, data, head) == {}
        given = list(
            Client.objects.filter(pk__in=ids).order_by("pk").values_list("account_manager", flat=True)
        )
        assert given == [anna.pk, boris.pk, anna.pk, boris.pk]
        assert (Todo.objects.count(), Letter.objects.filter(kind="manager").count()) == (4, 4)
        plan = schedule.GIVE_MANAGER.plan(ids, data, head)
        assert (len(plan.rows), list(plan.skipped)) == (0, ["у них уже есть менеджер"])

    def test_without_the_letters_only_the_manager_and_the_tickets_change(self, client, head, sales, anna):
        one = ticket(client, assignee=sales)
        data = {"rule": "", "account_manager": anna, "introduce": False}
        schedule.GIVE_MANAGER.carry_out([client.pk], data, head)
        one.refresh_from_db()
        assert one.assignee == anna
        assert not Todo.objects.exists()
        assert not Letter.objects.filter(kind="manager").exists()


class TestPage:
    def where(self, client) -> str:
        return f"/clients/{client.pk}/manager/"

    def test_it_shows_what_goes_along_and_gives(self, browse, client, head, sales, anna):
        actions.add_note(client, "Любит звонки до обеда", by=sales)
        ticket(client, assignee=sales, subject="Не открывается база")
        page = browse(head).get(self.where(client)).content.decode()
        for told in ("Любит звонки до обеда", "Не открывается база", "Анна Ветрова — 0 клиентов"):
            assert told in page
        answer = browse(head).post(self.where(client), {"rule": "", "account_manager": anna.pk}, follow=True)
        assert "ждёт проверки среди задержанных" in answer.content.decode()
        assert Client.objects.get(pk=client.pk).account_manager == anna
        assert "Анна Ветрова" in browse(head).get(self.where(client)).content.decode()
        assert self.where(client) in browse(head).get(f"/clients/{client.pk}/").content.decode()
        support = make.user("support")
        assert self.where(client) not in browse(support).get(f"/clients/{client.pk}/").content.decode()

    def test_by_rule_and_what_is_missing_is_told_at_its_field(self, browse, client, head, anna):
        empty = browse(head).post(self.where(client), {"rule": "", "account_manager": ""})
        assert "Выберите человека или правило" in str(empty.context["form"].errors["account_manager"])
        nobody = browse(head).post(self.where(client), {"rule": "office", "account_manager": ""})
        assert "менеджера для клиента нет" in str(nobody.context["form"].errors["rule"])
        assert browse(head).post(self.where(client), {"rule": "least"}).status_code == 302
        assert Client.objects.get(pk=client.pk).account_manager == anna

    def test_the_profile_moves_the_tickets_as_well(self, browse, client, head, sales, anna):
        one = ticket(client, assignee=sales)
        typed = {
            "name": client.name, "language": "ru", "payment_method": "transfer", "version": client.version,
            "account_manager": anna.pk, "sales_manager": sales.pk,
        }  # fmt: skip
        assert browse(head).post(f"/clients/{client.pk}/edit/", typed).status_code == 302
        one.refresh_from_db()
        assert one.assignee == anna
