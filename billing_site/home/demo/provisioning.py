"""Domains and provisioning programs in the demo: renewed, expiring soon; a program out of reach."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from billing_site.home.demo.deeds import named
from billing_site.home.demo.office import SINCE
from billing_site.kit import clock
from billing_site.office.models import Seller, User
from invoices import billing
from invoices.models import Invoice
from products import cataloguing, domains, programs
from products.actions import create_order
from products.models import Cycle, Domain, ModuleCall, ModuleEndpoint, Product, ProductGroup
from products.quoting import Wanted


class Provisioning:
    """Deeds by days before today; `send` checks and sends a draft and knows when it will be paid."""

    def __init__(self, today: date, staff: dict[str, User], seller: Seller, send: Callable[[Invoice], None]):
        self.today, self.staff, self.seller, self.send = today, staff, seller, send
        self.told: dict[int, tuple[Callable[[], None], ...]] = {
            383: (self._catalogue,),
            378: (lambda: self._domain("Ромашка-Трейд", "romashka-treyd.example"),),
            349: (lambda: self._domain("Северный Ветер", "veter.example"),),
            120: (lambda: self._domain("Ромашка-Трейд", "склад-ромашки.example"),),
            60: (lambda: self._domain("Аптека «Ландыш»", "landysh.example", Domain.How.OWN),),
            40: (lambda: self._server("Типография «Литера»"),),
            39: (self._left_to_people,),
            2: (lambda: self._domain("Типография «Литера»", "litera.example", Domain.How.TRANSFER),),
            1: (lambda: self._server("Ромашка-Трейд"),),
        }

    def live(self, day: date) -> None:
        for deed in self.told.get((self.today - day).days, ()):
            deed()
        domains.renew_paid()

    def _catalogue(self) -> None:
        group = ProductGroup.objects.create(name="Серверы и домены", position=4)
        program = ModuleEndpoint(name="Облако серверов", url="http://10.20.0.15/billing")
        cataloguing.save_endpoint(program, by=self.staff["head"])
        self.domain = self._product(
            Product(
                group=group, name="Домен", kind=Product.Kind.DOMAIN, family="domain", seller=self.seller,
                unit="шт.", own_year=True, line_text="Домен", handover_subject="Домен",
            ),
            {Cycle.YEAR: "990", Cycle.TWO_YEARS: "1890"},
        )  # fmt: skip
        self.server = self._product(
            Product(
                group=group, name="Виртуальный сервер", family="server", seller=self.seller, unit="шт.",
                line_text="Виртуальный сервер", handover_subject="Виртуальный сервер",
                module=Product.Module.HTTP, endpoint=program,
            ),
            {Cycle.MONTH: "1500", Cycle.HALF_YEAR: "9000"},
        )  # fmt: skip

    def _product(self, product: Product, prices: dict[str, str]) -> Product:
        cataloguing.add_product(product, by=self.staff["head"])
        for cycle, amount in prices.items():
            cataloguing.set_price(
                product, None, cycle=cycle, amount=Decimal(amount), valid_from=SINCE, by=self.staff["head"]
            )
        return product

    def _sell(self, name: str, wanted: Wanted) -> None:
        by = self.staff["petrova"]
        order = create_order(named(name), [wanted], starts_on=clock.today(), by=by)
        for draft in billing.accept_order(order, by=by):
            self.send(draft)

    def _domain(self, name: str, domain: str, how: str = Domain.How.REGISTER) -> None:
        self._sell(name, Wanted(self.domain, Cycle.YEAR, domain=domain, domain_how=how))
        row = Domain.objects.get(name=domain)
        if how != Domain.How.OWN:
            code = {"auth_code": "Qx7-9LmZ-214"} if how == Domain.How.TRANSFER else {}
            domains.change_domain(row, by=self.staff["support"], registrar="Регистратор Р01", **code)

    def _server(self, name: str) -> None:
        """Its program stands in the office's own network, which nobody has allowed: it can't be asked."""
        self._sell(name, Wanted(self.server, Cycle.HALF_YEAR))
        call = programs.claim(ModuleCall.objects.latest("pk").pk)
        if call:
            programs.ask(call)

    def _left_to_people(self) -> None:
        programs.leave_to_people(ModuleCall.objects.latest("pk"), by=self.staff["support"])
