"""The last days of the demo's bank: statement files with clear payments, and with those that need a look."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from billing_site.home.demo.bank import Transfer, account_of, paid_by_client, statement_for
from billing_site.kit.requisites import make_inn
from billing_site.office.models import BankAccount, User, WorkDay
from clients.models import Client
from invoices import matching
from invoices.models import BankLine, Invoice

BANK_DAYS = 9  # working days whose payments come by file
SURPLUS = Decimal("500.00")


class Treasury:
    """Collects what is paid and loads it as the bank's files, one a day and account."""

    def __init__(self, today: date, treasurer: User):
        self.treasurer = treasurer
        open_days = WorkDay.objects.filter(day__lt=today, opens__isnull=False).order_by("-day")
        self.days = list(reversed(open_days.values_list("day", flat=True)[:BANK_DAYS]))
        self.waiting: dict[int, list[Transfer]] = defaultdict(list)
        self.balance: dict[int, Decimal] = defaultdict(lambda: Decimal("184320.55"))

    def takes(self, day: date) -> bool:
        """Whether payments of this day come by file already."""
        return day >= self.days[0]

    def pay(self, invoice: Invoice, on: date, amount: Decimal) -> None:
        """The client pays as the invoice asks."""
        account = invoice.seller.accounts.get()
        self.waiting[account.pk].append(paid_by_client(invoice, on, amount))

    def close_day(self, day: date) -> None:
        """On a working day its files are loaded, and a part payment of the day before is accepted."""
        if day not in self.days:
            return
        for line in BankLine.objects.filter(outcome=BankLine.Outcome.PARTIAL):
            matching.accept_proposal(line, by=self.treasurer)
        for account in BankAccount.objects.select_related("seller").order_by("pk"):
            moved = [*self.waiting.pop(account.pk, ()), *self._oddities(account, day)]
            if not moved:
                continue
            data = statement_for(account, day, day, moved, self.balance[account.pk])
            name = f"kl_to_1c_{account.account[-4:]}_{day:%d%m%Y}.txt"
            matching.load_and_match(data, name, by=self.treasurer)
            self.balance[account.pk] += sum((-one.amount if one.out else one.amount) for one in moved)

    def _oddities(self, account: BankAccount, day: date) -> Iterable[Transfer]:
        """What happens once, told from the last bank day backwards."""
        ago = len(self.days) - 1 - self.days.index(day)
        if not account.seller.is_cloud:
            if ago == 2:
                yield from self._to_wrong_seller(day)
            return
        if ago in (7, 3):
            yield Transfer(day, Decimal("1250.00"), "Комиссия за ведение счета", "АО ДЕМО-БАНК",
                           make_inn("770299887"), kind="Банковский ордер", out=True)  # fmt: skip
        told = {
            6: self._interest, 5: self._for_another, 4: self._twice, 3: self._without_number,
            1: self._too_much, 0: self._nobody_knows,
        }  # fmt: skip
        if ago in told:
            yield from told[ago](day)

    def _interest(self, day: date) -> Iterable[Transfer]:
        yield Transfer(day, Decimal("312.44"), "Начисленные проценты на остаток по счету", "АО ДЕМО-БАНК",
                       make_inn("770299887"), kind="Банковский ордер")  # fmt: skip

    def _for_another(self, day: date) -> Iterable[Transfer]:
        """A third person pays a client's debt and writes so (R7.2)."""
        invoice = _oldest_unpaid("Электромонтаж-Сервис")
        if invoice:
            yield Transfer(
                day, invoice.open_amount,
                f"Оплата за {invoice.payer.name} по сч. № 88#{invoice.number}, НДС не облагается",
                'ООО "Инвест-Снаб"', make_inn("621512345"), "621501001", account_of(990), number="418",
            )  # fmt: skip

    def _twice(self, day: date) -> Iterable[Transfer]:
        """The same invoice paid a second time."""
        client = Client.objects.filter(name="Клининг «Чистый день»").first()
        paid = client and client.invoices.filter(status=Invoice.Status.PAID).order_by("-pk").first()
        if paid:
            yield paid_by_client(paid, day, paid.total)

    def _without_number(self, day: date) -> Iterable[Transfer]:
        invoice = _oldest_unpaid("Типография «Литера»")
        if invoice:
            yield paid_by_client(
                invoice, day, invoice.open_amount, "Оплата за услуги облака, НДС не облагается"
            )

    def _to_wrong_seller(self, day: date) -> Iterable[Transfer]:
        """The cloud's invoice paid to the other legal entity (R7.1)."""
        invoice = _oldest_unpaid("Текстиль-Опт")
        if invoice:
            yield paid_by_client(invoice, day, invoice.open_amount)

    def _too_much(self, day: date) -> Iterable[Transfer]:
        invoice = _oldest_unpaid("Рыбный двор")
        if invoice:
            yield paid_by_client(invoice, day, invoice.open_amount + SURPLUS)

    def _nobody_knows(self, day: date) -> Iterable[Transfer]:
        yield Transfer(day, Decimal("14400.00"), "Оплата по договору за доступ к 1С. НДС не облагается",
                       'ООО "Восход-Инжиниринг"', make_inn("500112233"), "500101001", account_of(991),
                       number="77")  # fmt: skip


def _oldest_unpaid(client: str) -> Invoice | None:
    unpaid = Invoice.objects.unpaid().filter(client__name=client)
    return unpaid.select_related("payer", "seller", "current").order_by("pk").first()
