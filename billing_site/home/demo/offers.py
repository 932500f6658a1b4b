"""Quotes in each state and works that wait for an invoice, told by the demo's staff."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from billing_site.kit import clock
from billing_site.letters.models import Letter
from billing_site.office.models import User
from clients.models import Client
from invoices import billing
from invoices import offering as papers
from products import offering, working
from products.actions import Wanted
from products.models import Cycle, Product, Quote, Service
from products.offering import Terms
from products.working import Work

WORKED_FOR = "Ромашка-Трейд"


class Offers:
    """What sales offer: `tell` on the day that comes, `deliver` lets the letters go."""

    def __init__(self, staff: dict[str, User], deliver: Callable[[Letter], None]):
        self.sales, self.manager, self.deliver = staff["sales"], staff["petrova"], deliver

    def earlier(self) -> None:
        """Three weeks ago: one that nobody answered, one that was too dear, one that was taken."""
        for name, days, end in (
            ("Пекарня на Заречной", 14, ""),
            ("Автошкола «Вираж»", 30, "decline"),
            ("Спортклуб «Высота»", 30, "accept"),
        ):
            quote = self._offer(name, days)
            if quote and end == "decline":
                offering.decline_quote(quote, by=self.sales, because="Дорого, вернёмся к разговору весной")
            if quote and end == "accept":
                offering.accept_quote(quote, by=None)

    def today(self) -> None:
        """One is with the client, one is still a draft; work is collected."""
        offering.expire_quotes(clock.today())
        self._offer("Логистик-Плюс", 14)
        self._draft("Научный центр «Вектор»", 21)
        self._works()

    def _draft(self, name: str, days: int) -> Quote | None:
        """A quote for the first product that the client lacks; None for one who has everything."""
        client = Client.objects.get(name=name)
        has = Service.objects.live().filter(client=client).values("family")
        lacks = Product.objects.filter(kind=Product.Kind.SUBSCRIPTION, prices__cycle=Cycle.HALF_YEAR)
        product = lacks.exclude(family__in=has).order_by("pk").first()
        if product is None:
            return None
        starts = (clock.today().replace(day=1) + timedelta(days=32)).replace(day=1)
        terms = Terms(
            starts, clock.today() + timedelta(days=days),
            comment="Подключение и настройка входят в стоимость.\nСрок подключения — один рабочий день.",
        )  # fmt: skip
        wanted = [Wanted(product, Cycle.HALF_YEAR, 3, discount=Decimal(5))]
        return offering.make_quote(client, wanted, terms, by=self.sales)

    def _offer(self, name: str, days: int) -> Quote | None:
        quote = self._draft(name, days)
        if quote:
            self.deliver(papers.send_quote(quote, by=self.sales))
            quote.refresh_from_db()
        return quote

    def _works(self) -> None:
        client, today = Client.objects.get(name=WORKED_FOR), clock.today()
        hours = Product.objects.get(family="hours")
        for text, quantity, days in (
            ("Настройка печати чеков на двух кассах", "1.5", 6),
            ("Перенос базы ЗУП", "2", 3),
        ):
            done = Work(hours, Decimal(quantity), today - timedelta(days=days), text)
            billing.collect(client, done, by=self.manager)
        at_once = Work(hours, Decimal(4), today - timedelta(days=1), "Обучение бухгалтера", when="now")
        billing.collect(client, at_once, by=self.manager)
        gift, _drafts = billing.collect(
            client, Work(hours, Decimal(1), today, "Консультация"), by=self.manager
        )
        working.drop_work(gift, by=self.manager, because="Подарок к годовщине")
