"""What the demo's staff do with clients beside money, each on its day: groups, changes, notes, to-dos."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pgtrigger
from django.contrib.postgres.functions import TransactionNow

from billing_site.home.demo.cards import SCAN
from billing_site.home.demo.offers import Offers
from billing_site.kit import clock
from billing_site.kit.requisites import make_inn, make_ogrn
from billing_site.letters import actions as letters
from billing_site.letters.actions import FilePart
from billing_site.letters.models import Letter
from billing_site.office.models import User
from billing_site.pages import actions as lists
from clients import assigning, contacting, grouping, noting, proving
from clients.models import Client, Contact, EmailAddress, Mention, Payer, Power, Todo
from invoices import billing
from tickets import managing

COMPANIES = (
    ("Холдинг «Волга»", "Логистик-Плюс", "Завод «Гидроприбор»", "Металлобаза № 7"),
    ("Семья Ёлкиных", "Ёлкин и сыновья", "Экоферма «Лужки»"),
    ("Кофейни и пекарни «Полдень»", "Кофейни «Полдень»", "Пекарня на Заречной"),
)
BROUGHT = (
    ("Аптека «Ландыш»", "Ромашка-Трейд", "Соседи по бизнес-центру"),
    ("Ветклиника «Хвост»", "Ромашка-Трейд", ""),
    ("Архитектурное бюро «Контур»", "Юридическое бюро «Параграф»", "Общий учредитель"),
    ("Кондитерская «Миндаль»", "Кофейни «Полдень»", "Партнёрская скидка обсуждается"),
)
VIEWS = (
    ("client-list", "Мои должники", "manager=mine&debt=overdue", "petrova", True),
    ("client-list", "Без кода Юнион", "status=active&code=without", "head", True),
    ("client-list", "Арендники", "status=active&licences=rent", "petrova", True),
    ("client-list", "Новые без договора", "status=active&contract=none", "sales", False),
    ("payer-list", "ИП", "kind=sole", "head", True),
)  # fmt: skip
KEPT: tuple[Any, ...] = (Client, Contact, EmailAddress, Payer)  # what the timeline tells
LETTERHEAD = FilePart("Письмо на бланке.pdf", SCAN.content_type, SCAN.data)


def named(name: str) -> Client:
    return Client.objects.get(name=name)


def date_history() -> None:
    """Old values kept since the last call are of the day that is told, not of the hour of the telling."""
    histories = [model.pgh_event_model for model in KEPT]
    with pgtrigger.ignore(*(f"{one._meta.label}:append_only" for one in histories)):
        for history in histories:
            history.objects.filter(pgh_created_at=TransactionNow()).update(pgh_created_at=clock.now())


class Deeds:
    """Deeds by days before today; a day without any costs nothing."""

    def __init__(self, today: date, staff: dict[str, User], deliver: Callable[[Letter], None]):
        self.today, self.staff, self.deliver = today, staff, deliver
        offers = Offers(staff, deliver)
        self.told: dict[int, tuple[Callable[[], None], ...]] = {
            60: (self._another_entity,),
            40: (self._another_kpp,),
            33: (self._main_address,),
            32: (self._appointed,),
            20: (offers.earlier,),
            12: (self._person,),
            5: (self._earlier_todos,),
            2: (self._asked_by_link, self._notes),
            1: (self._appointed_yesterday,),
            0: (self._company_groups, self._referrals, self._views, self._todos, offers.today),
        }

    def live(self, day: date) -> None:
        for deed in self.told.get((self.today - day).days, ()):
            deed()
            for letter in Letter.objects.filter(kind="contacts", status=Letter.Status.QUEUED):
                self.deliver(letter)

    # ── who belongs to whom ──────────────────────────────────────────────────────────────────

    def _company_groups(self) -> None:
        for name, first, *others in COMPANIES:
            head = grouping.join_group(named(first), by=self.staff["head"], group=None, new=name)
            for other in others:
                grouping.join_group(named(other), by=self.staff["head"], group=head.company_group)

    def _referrals(self) -> None:
        for client, referrer, note in BROUGHT:
            grouping.refer(named(client), by=self.staff["sales"], referrer=named(referrer), note=note)

    def _views(self) -> None:
        for page, label, query, owner, shared in VIEWS:
            lists.save_view(page, label=label, query=query, shared=shared, first=False, by=self.staff[owner])

    # ── sales hand a client over (R1.6) ──────────────────────────────────────────────────────

    def _appointed(self) -> None:
        """The letter was looked at and let go, the to-do is done."""
        letter = self._appoint(
            "Музыкальный магазин «Нота»", "Обещали бесплатный перенос базы до конца месяца."
        )
        letters.release(letter, by=self.staff["lebedev"])
        self.deliver(letter)
        for todo in Todo.objects.filter(assignee=self.staff["lebedev"], client=letter.client_no):
            assigning.finish_todo(todo, by=self.staff["lebedev"])

    def _appointed_yesterday(self) -> None:
        """Its letter is still held, the to-do open."""
        self._appoint("Кондитерская «Миндаль»", "Главный бухгалтер одна на три фирмы, звонить до обеда.")

    def _appoint(self, name: str, known: str) -> Letter:
        client, manager = named(name), self.staff["lebedev"]
        noting.write_note(client, known, by=self.staff["sales"])
        managing.appoint(client, manager, by=self.staff["head"])
        return Letter.objects.get(client_no=client.pk, kind="manager")

    # ── changes with proofs ──────────────────────────────────────────────────────────────────

    def _another_entity(self) -> None:
        """ООО → ИП (R1.2); an unpaid invoice of the old one is named in the note."""
        old = Payer.objects.get(client__name="Ателье «Строчка»", is_default=True)
        billing.replace_payer(
            old, by=self.staff["head"], on=clock.today(),
            because="Учредители закрывают ООО, работают дальше от ИП. Письмо получено, оригинал в папке.",
            kind=Payer.Kind.SOLE, name="ИП Лаптева Зоя Фёдоровна", inn=make_inn("6027512345"),
            ogrn=make_ogrn("32360270001234"), legal_address=old.legal_address,
            counterparty_code="КА-014410", signatory="Лаптева Зоя Фёдоровна",
            bank_name=old.bank_name, bic=old.bic, account=old.account,
        )  # fmt: skip

    def _another_kpp(self) -> None:
        payer = Payer.objects.get(client__name="Завод «Гидроприбор»", is_default=True)
        billing.change_kpp(payer, by=self.staff["lebedev"], kpp="645501001", on=clock.today())

    def _main_address(self) -> None:
        """The main e-mail by two proofs of different kinds (R2.3)."""
        client = named("Кофейни «Полдень»")
        host = client.main_email.partition("@")[2]
        wanted = {"email": f"buhgalteria@{host}", "phone": client.phone, "extension": client.extension}
        contacting.change_contacts(
            client, wanted, by=self.staff["lebedev"],
            proofs=(proving.CallBack(client.phone, "директор, Полуднева А. С."), proving.OnPaper(LETTERHEAD)),
            because="Прежний ящик принадлежал уволенному бухгалтеру.",
        )  # fmt: skip

    def _person(self) -> None:
        """A known person gets another phone and one more power, confirmed by a call to the client."""
        contact = Contact.objects.select_related("client").get(client__name="Автошкола «Вираж»")
        own = contact.addresses.exclude(kind=EmailAddress.Kind.FORMER).get()
        contacting.change_person(
            contact, by=self.staff["petrova"],
            proofs=(proving.CallBack(contact.client.phone, "секретарь, сама перезвонила"),),
            because="Новый рабочий телефон.", name=contact.name, post=contact.post, email=own.address,
            phone="+79265550177", extension="", powers=[*contact.powers, Power.REQUISITES],
            classes=["invoices", "papers"],
        )  # fmt: skip

    def _asked_by_link(self) -> None:
        """A change that waits for the client's click."""
        client = named("Логистик-Плюс")
        wanted = {"email": client.main_email, "phone": "+78465550142", "extension": "12"}
        proving.ask_by_link(client, contacting.difference(client, wanted), by=self.staff["lebedev"])

    # ── notes and to-dos ─────────────────────────────────────────────────────────────────────

    def _notes(self) -> None:
        noting.write_note(
            named("Медцентр «Формула здоровья»"),
            "@Жукова, у них проверка лицензии в пятницу: до вечера четверга базу ЗУП не трогаем. "
            "@Лебедев, счёт за отчётность просят отдельным письмом.",
            by=self.staff["petrova"], important=True,
        )  # fmt: skip
        noting.write_note(
            named("Логистик-Плюс"), "Прислали схему складов, 22 пользователя по трём городам. @Петрова",
            by=self.staff["sales"], files=[FilePart("Схема складов.pdf", SCAN.content_type, SCAN.data)],
        )  # fmt: skip
        noting.write_note(
            named("Ромашка-Трейд"), "@Соколова, просят скидку 7 % за годовую оплату. Соглашаться?",
            by=self.staff["petrova"],
        )  # fmt: skip
        for mention in Mention.objects.filter(user=self.staff["support"]):
            noting.see(mention)

    def _earlier_todos(self) -> None:
        """Given last week: one is done, one was due yesterday and is not."""
        staff, due = self.staff, clock.today() + timedelta(days=4)
        late = named("Текстиль-Опт")
        assigning.give_todo("Позвонить: почему не платят дополнительный счёт", by=staff["head"],
                            assignee=staff["petrova"], due_on=due, client=late)  # fmt: skip
        done = assigning.give_todo("Выслать акт сверки за квартал", by=staff["petrova"],
                                   assignee=staff["treasury"], due_on=due,
                                   client=named("Рыбный двор"))  # fmt: skip
        assigning.finish_todo(done, by=staff["treasury"])

    def _todos(self) -> None:
        staff, today = self.staff, clock.today()
        for text, by, who, days, client in (
            ("Согласовать продление договора", "petrova", "petrova", 0, "Спортклуб «Высота»"),
            ("Вернулся ли с почты оригинал договора", "petrova", "sales", 3, "Научный центр «Вектор»"),
            ("Показать новую отчётность по деньгам", "head", "lebedev", 1, "Логистик-Плюс"),
            ("Узнать код контрагента", "sales", "treasury", 0, "Кондитерская «Миндаль»"),
            ("Подготовить список на обзвон перед декабрьскими счетами", "head", "petrova", 7, ""),
            ("Обновить скидки для референсных клиентов", "head", "head", None, ""),
        ):  # fmt: skip
            assigning.give_todo(
                text, by=staff[by], assignee=staff[who], client=named(client) if client else None,
                due_on=None if days is None else today + timedelta(days=days),
            )  # fmt: skip
