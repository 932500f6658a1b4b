"""Thirteen months of the demo office, day by day, by the same verbs that staff press."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection

from billing_site.home.demo.cards import client_groups, equip, group_of, origin_of, payer_of, sign
from billing_site.home.demo.deeds import Deeds, date_history
from billing_site.home.demo.mail import Correspondence
from billing_site.home.demo.office import Catalogue, found, hire, stock
from billing_site.home.demo.people import ACCOUNTANT, CONTACTS, PEOPLE, Persona
from billing_site.home.demo.provisioning import Provisioning
from billing_site.home.demo.services import Services
from billing_site.home.demo.treasury import Treasury
from billing_site.journal.models import Series
from billing_site.kit import clock
from billing_site.kit.money import rounded
from billing_site.letters import actions as letters
from billing_site.letters import tasks as post
from billing_site.letters.models import Letter
from clients import actions as clients
from clients.models import Client, ClientGroup
from invoices import billing
from invoices.issuing import void
from invoices.models import Invoice
from invoices.tasks import render_paper
from products.actions import Wanted, close_order, create_order, units
from products.models import Cycle, Order, Service
from tickets import handing

FIRST_NUMBER = 72400
FIRST_CLIENT = 12460
GROWING = ("clients_client", "products_service", "products_batch", "invoices_invoice", "invoices_revision",
           "invoices_line", "tickets_ticket", "tickets_message")  # fmt: skip
CAREFUL_DAYS = 11  # renewals drafted this recently still wait for somebody to check them


class Story:
    """The demo office on its way from the first client to today."""

    def __init__(self, today: date, seed: int = 2026, people: tuple[Persona, ...] = PEOPLE):
        self.today, self.people = today, people
        self.chance = random.Random(seed)  # noqa: S311 - the same office every time, no secrets
        self.staff = hire()
        self.catalogue: Catalogue = stock(*found())
        self.treasury = Treasury(today, self.staff["treasury"])
        self.mail = Correspondence(today, self.staff, self._deliver)
        self.deeds = Deeds(today, self.staff, self._deliver)
        self.services = Services(today, self.staff, self.catalogue, self._send_today)
        self.provisioning = Provisioning(today, self.staff, self.catalogue.access.seller, self._send_today)
        self.groups: dict[str, ClientGroup] = {}
        self.clients: dict[int, tuple[Client, Persona]] = {}
        self.payments: dict[date, list[tuple[int, Decimal]]] = defaultdict(list)
        Series.objects.create(name="invoices", last=FIRST_NUMBER)
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('clients_client_id_seq', %s)", [FIRST_CLIENT])

    def tell(self) -> None:
        """Live every day until today."""
        day = min(self._came_on(persona) for persona in self.people)
        with clock.standing_at(datetime.combine(day, time(6), UTC)):
            self.groups = client_groups(self.staff["head"])
        while day <= self.today:
            with clock.standing_at(datetime.combine(day, time(7, 30), UTC)):
                self._live(day)
            day += timedelta(days=1)

    def _came_on(self, persona: Persona) -> date:
        return self._ago(persona.since)

    def _ago(self, days: int) -> date:
        """Nobody buys on the 29th–31st: by the office's rule the rest of such a month costs nothing."""
        day = self.today - timedelta(days=days)
        return day.replace(day=min(day.day, 28))

    def _live(self, day: date) -> None:
        if day.day in (1, 15):  # one long transaction: nobody else looks at how the tables have grown
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {', '.join(GROWING)}")
        for persona in self.people:
            if self._came_on(persona) == day:
                self._welcome(persona, day)
        if day.weekday() == 0 or day == self.today:
            self._renew(day)
        for client, persona in list(self.clients.values()):
            self._turn(client, persona, day)
        for invoice_id, part in self.payments.pop(day, ()):
            self._pay(invoice_id, part, day)
        self.treasury.close_day(day)
        self._carry_out(day)
        self.deeds.live(day)
        self.services.live(day)
        self.provisioning.live(day)
        date_history()
        self.mail.live(day)

    # ── newcomers ────────────────────────────────────────────────────────────────────────────

    def _welcome(self, persona: Persona, day: date) -> None:
        n = len(self.clients) + 1
        manager = self.staff["petrova" if n % 2 else "lebedev"]
        client = clients.create_client(
            by=self.staff["sales"],
            name=persona.name,
            email=f"{persona.login}@{persona.host}",
            phone=f"+7495555{n:04d}",
            account_manager=None if persona.unassigned else manager,
            sales_manager=self.staff["sales"],
            client_group=self.groups.get(group_of(persona)),
            payer=payer_of(persona, n, FIRST_CLIENT + n, day),
            registered_on=day,
            **origin_of(persona, n, day, self.staff["sales"]),
        )
        self.clients[client.pk] = (client, persona)
        if n % 7 == 1:
            clients.add_note(client, "Счета высылать до 20-го числа: бюджет утверждают заранее.",
                             by=manager, important=True)  # fmt: skip
        if n % 3 == 0:
            clients.add_note(client, "Звонил, доволен. Спросил про дисковое пространство.", by=manager)
        self._people_of(client, n)
        sign(client, client.payers.get(), n, day, self.catalogue.access.seller, self.staff["sales"])
        equip(client, persona, n, day, self.staff["sales"])
        order = create_order(client, self._wanted(persona), starts_on=day, by=self.staff["sales"])
        if persona.habit in ("fraud", "refused"):
            close_order(order, persona.habit, by=self.staff["head"])
        if persona.habit == "left":
            close_order(order, Order.Status.CANCELLED, by=self.staff["sales"])
        if persona.habit in ("fraud", "refused", "left"):
            billing.change_client_status(client, Client.Status.CLOSED, by=self.staff["head"])
        if persona.habit in ("pending", "fraud", "refused", "left"):
            return
        for draft in billing.accept_order(Order.objects.get(pk=order.pk), by=manager):
            if persona.habit != "draft":
                self._send(draft, persona, day)

    def _people_of(self, client: Client, n: int) -> None:
        """Every second client has a contact; three share one accountant (R2.1)."""
        by, host = self.staff["sales"], client.main_email.partition("@")[2]
        if n % 2:
            name, post, powers, login = CONTACTS[n // 2 % len(CONTACTS)]
            clients.add_contact(client, by=by, email=f"{login}@{host}", name=name, post=post,
                                powers=list(powers), phone=f"+7916555{n:04d}")  # fmt: skip
        if n in (4, 12, 19):
            name, post, email = ACCOUNTANT
            clients.add_contact(client, by=by, email=email, shared=True, name=name, post=post,
                                powers=["papers"])  # fmt: skip

    def _wanted(self, persona: Persona) -> list[Wanted]:
        c, cut = self.catalogue, Decimal(persona.discount)
        wanted = [Wanted(c.access, persona.cycle, persona.users, discount=cut)]
        if persona.disk:
            wanted.append(Wanted(c.access, persona.cycle, persona.disk, option=c.disk, discount=cut))
        if persona.licences:
            wanted.append(Wanted(c.licence, persona.cycle, persona.licences, discount=cut))
        if persona.module:
            wanted.append(Wanted(c.module, Cycle.HALF_YEAR, 1, discount=cut))
        if persona.reporting:
            wanted.append(Wanted(c.reporting, Cycle.YEAR, 1))
        return wanted

    # ── invoices and money ───────────────────────────────────────────────────────────────────

    def _renew(self, day: date) -> None:
        while due := billing.due_clients(day):
            if not billing.renew_clients(due, day):
                break
        drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT).exclude(renewal_key="")
        if (self.today - day).days < CAREFUL_DAYS:
            return
        for draft in drafts.order_by("pk"):
            self._send(draft, self.clients[draft.client_id][1], day)

    def _send_today(self, draft: Invoice) -> None:
        self._send(draft, self.clients[draft.client_id][1], clock.today())

    def _send(self, draft: Invoice, persona: Persona, day: date) -> None:
        """Check & send, the paper and its letter, and when the client will pay."""
        by = self.staff["head" if persona.no_code else "petrova"]  # without a code only a head sends (R1.5)
        letter = billing.send_invoice(draft, by=by)
        self._print(draft)
        self._deliver(letter)
        when = self._pays_on(persona, day)
        if when:
            self.payments[when].append((draft.pk, Decimal(1)))

    def _print(self, draft: Invoice) -> None:
        render_paper(draft.current_id)

    def _pays_on(self, persona: Persona, day: date) -> date | None:
        days = persona.pays
        if days is None:
            stops = {"old_debt": 170, "debt_90": 110, "debt_60": 75, "debt_30": 45, "debt_7": 12}
            if (self.today - day).days < stops.get(persona.habit, 10_000):
                return None
            days = 6
        if persona.habit == "half_paid" and (self.today - day).days < 60:
            return None
        return day + timedelta(days=days + self.chance.randrange(3))

    def _deliver(self, letter: Letter) -> None:
        """The letter went at that time; its file stands in the storage."""
        letter.refresh_from_db()
        if letter.status == Letter.Status.QUEUED and (claimed := post.claim(letter.pk)):
            post.finish(claimed, Letter.Status.SENT, sent_at=clock.now())

    def _pay(self, invoice_id: int, part: Decimal, day: date) -> None:
        invoice = Invoice.objects.select_related("seller", "payer", "current").get(pk=invoice_id)
        amount = rounded(invoice.open_amount * part)
        if self.treasury.takes(day):
            self.treasury.pay(invoice, day, amount)
            return
        receipt = billing.Receipt(
            client_id=invoice.client_id,
            payer_id=invoice.payer_id,
            seller_id=invoice.seller_id,
            account_id=invoice.seller.accounts.get().pk,
            received_on=day,
            amount=amount,
            shares=((invoice.pk, amount),),
            note=f"Платёжное поручение № {invoice.pk % 900 + 100}",
        )
        billing.receive(receipt, by=self.staff["treasury"])

    # ── turns of the story ───────────────────────────────────────────────────────────────────

    def _turn(self, client: Client, persona: Persona, day: date) -> None:
        grown = {"grows": 40, "grows_paid": 16, "grows_unpaid": 6}
        if persona.habit in grown and day == self._ago(grown[persona.habit]):
            self._grow(client, persona, day)
        if persona.owes and day == self._ago(persona.owes):
            self._grow(client, P_UNPAID, day)
        if persona.habit == "half_paid" and day == self._ago(5):
            for invoice in client.invoices.filter(status=Invoice.Status.ISSUED)[:1]:
                self._pay(invoice.pk, Decimal("0.5"), day)
        if persona.habit == "hold" and day == self._ago(4):
            letters.hold(client.pk, by=self.staff["petrova"], because="Готовится новый договор")
            self._grow(client, persona, day)
        if persona.habit == "voided" and day == self._ago(15):
            self._void(client)
        if persona.habit == "changed_mind" and day == self._ago(8):
            wanted = [Wanted(self.catalogue.access, persona.cycle, 2, option=self.catalogue.disk)]
            close_order(create_order(client, wanted, starts_on=day, by=self.staff["sales"]),
                        Order.Status.CANCELLED, by=self.staff["sales"])  # fmt: skip
        if persona.reporting and day == self._ago(21):
            self._work(client, persona, day)
        if persona.habit == "letters_bounce" and day == self._ago(30):
            client.addresses.update(bounced_at=clock.now())

    def _void(self, client: Client) -> None:
        """Sent for three users instead of two, noticed the same day."""
        service = Service.objects.get(client=client, product=self.catalogue.access)
        change = billing.quote_change(service, units(service) + 3, on=clock.today())
        draft = billing.change_service(change, by=self.staff["lebedev"])
        letter = billing.send_invoice(draft, by=self.staff["lebedev"])
        self._print(draft)
        self._deliver(letter)
        void(draft, by=self.staff["lebedev"], because="Клиент просил двух пользователей, а не трёх")

    def _work(self, client: Client, persona: Persona, day: date) -> None:
        """Hours of a specialist: the other seller, sold once, with VAT."""
        wanted = [Wanted(self.catalogue.hours, Cycle.ONE_TIME, 3)]
        order = create_order(client, wanted, starts_on=day, by=self.staff["sales"])
        for draft in billing.accept_order(order, by=self.staff["petrova"]):
            self._send(draft, persona, day)

    def _grow(self, client: Client, persona: Persona, day: date) -> None:
        service = Service.objects.filter(
            client=client, product=self.catalogue.access, status=Service.Status.ACTIVE
        ).first()
        if service is None or service.paid_until is None or service.paid_until <= day:
            return
        becomes = units(service) + 2
        draft = billing.change_service(
            billing.quote_change(service, becomes, on=day), by=self.staff["petrova"]
        )
        paying = persona if persona.habit != "grows_unpaid" else P_UNPAID
        self._send(draft, paying, day)

    def _carry_out(self, day: date) -> None:
        """Support carries out what was handed over, mostly in time; the last days' work still waits."""
        for ticket in handing.open_handovers():
            if day < self._ago(2):
                minutes = self.chance.choice([25, 40, 55, 70, 95, 110, 150])
                with clock.standing_at(clock.now() + timedelta(minutes=minutes)):
                    handing.carry_out(ticket, by=self.staff["support"])


P_UNPAID = Persona("", "", "", 0, 0, None)
