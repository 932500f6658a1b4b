"""What happens to services in the demo: answers, promo codes, plans, corrections, each on its day."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from billing_site.home.demo.deeds import named
from billing_site.home.demo.office import Catalogue
from billing_site.kit import clock
from billing_site.office.models import User
from invoices import billing
from invoices.models import Invoice
from products import cataloguing, promotions
from products.actions import units
from products.models import MONTHS, Companion, Cycle, Option, Promotion, Service

BACKUP = {"раз в неделю": 100, "ежедневно": 200}  # roubles a month
MONITORING = 50
SOLD = (Cycle.MONTH, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR)


class Services:
    """Deeds by days before today; `send` checks and sends a draft and knows when it will be paid."""

    def __init__(
        self, today: date, staff: dict[str, User], catalogue: Catalogue, send: Callable[[Invoice], None]
    ):
        self.today, self.staff, self.catalogue, self.send = today, staff, catalogue, send
        self.told: dict[int, tuple[Callable[[], None], ...]] = {
            100: (self._options, self._code),
            95: (self._backup,),
            85: (self._monitoring,),
            70: (self._by_code,),
            64: (self._without_discount,),
            59: (self._reissued,),
            3: (self._plans,),
            0: (self._companion,),
        }

    def live(self, day: date) -> None:
        for deed in self.told.get((self.today - day).days, ()):
            deed()

    # ── the catalogue grows ──────────────────────────────────────────────────────────────────

    def _options(self) -> None:
        by, access = self.staff["head"], self.catalogue.access
        backup = cataloguing.save_option(
            Option(
                product=access, name="Резервное копирование", kind=Option.Kind.CHOICE, unit="услуга",
                line_text="Резервное копирование базы", handover_subject="Резервное копирование",
            ),
            choices=list(BACKUP), by=by,
        )  # fmt: skip
        for choice in backup.choices.all():
            self._price(backup, BACKUP[choice.name], choice=choice)
        monitoring = cataloguing.save_option(
            Option(
                product=access, name="Мониторинг доступности", kind=Option.Kind.YES_NO, unit="услуга",
                line_text="Мониторинг доступности базы", handover_subject="Мониторинг",
            ),
            choices=[], by=by,
        )  # fmt: skip
        self._price(monitoring, MONITORING)

    def _price(self, option: Option, month: int, **which: Any) -> None:
        for cycle in SOLD:
            amount = Decimal(month * MONTHS[cycle])
            cataloguing.set_price(
                self.catalogue.access, option, cycle=cycle, amount=amount, valid_from=clock.today(),
                by=self.staff["head"], **which,
            )  # fmt: skip

    def _companion(self) -> None:
        """Who rents licences has as many as users (R3.5): the others stand in the drift list now."""
        rule = Companion(
            product=self.catalogue.access, companion_product=self.catalogue.licence, only_rent=True
        )
        cataloguing.save_companion(rule, by=self.staff["head"])

    def _code(self) -> None:
        code = Promotion(
            code="REF5", name="Референсный клиент", value=Decimal(5), shown=Promotion.Shown.LINE, cycles=2,
            valid_from=clock.today(),
        )  # fmt: skip
        promotions.save_promotion(code, products=(), options=(), by=self.staff["head"])

    # ── services change ──────────────────────────────────────────────────────────────────────

    def _change(self, name: str, becomes: int | None = None, **how: Any) -> None:
        service = self._access_of(name)
        wanted = units(service) + 1 if becomes is None else becomes
        change = billing.quote_change(service, wanted, on=clock.today(), **how)
        self.send(billing.change_service(change, by=self.staff["petrova"]))

    def _access_of(self, name: str) -> Service:
        return Service.objects.get(client=named(name), product=self.catalogue.access)

    def _backup(self) -> None:
        option = self.catalogue.access.options.get(name="Резервное копирование")
        self._change("Ромашка-Трейд", 1, option=option, choice=option.choices.get(name="ежедневно"))

    def _monitoring(self) -> None:
        option = self.catalogue.access.options.get(name="Мониторинг доступности")
        self._change("Типография «Литера»", 1, option=option)

    def _by_code(self) -> None:
        self._change("Аптека «Ландыш»", promo="REF5")

    def _without_discount(self) -> None:
        """Bought without the client's 5 %: «пояснить сумму» and the drift list tell it (figure 3)."""
        self._change("Ромашка-Трейд", discount=Decimal(0))

    def _plans(self) -> None:
        """Copied less often from the next period on, and one user less: the second sees the first."""
        service = self._access_of("Ромашка-Трейд")
        option = self.catalogue.access.options.get(name="Резервное копирование")
        weekly = billing.quote_plan(service, option=option, choice=option.choices.get(name="раз в неделю"))
        billing.plan_change(weekly, by=self.staff["petrova"])
        fewer = billing.quote_plan(service, becomes=units(service) - 1, because="Уволился бухгалтер")
        billing.plan_change(fewer, by=self.staff["petrova"])

    def _reissued(self) -> None:
        """ООО became ИП: what was unpaid is issued anew to the new payer (R1.2, R6.2)."""
        client = named("Ателье «Строчка»")
        for invoice in Invoice.objects.unpaid().filter(client=client, payer__valid_until__isnull=False):
            quoted = billing.quote_reissue(invoice, by=self.staff["petrova"])
            billing.reissue(quoted, by=self.staff["petrova"], because="Плательщик теперь ИП")
