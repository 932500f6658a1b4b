"""Who we are in the large office: the demo's sellers and people, more managers, more to sell."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from billing_site.home.demo.office import SINCE, found, hire, stock
from billing_site.home.large.ground import array, plan
from billing_site.home.large.sizes import Size
from billing_site.home.large.words import FATHERS, SURNAMES, WOMEN
from billing_site.kit import clock
from billing_site.office.models import Department, Seller, User
from clients.models import ClientGroup, CompanyGroup
from products.models import Cycle, Option, Price, Product, ProductGroup

CLIENTS_A_MANAGER = 200
SUPPORTERS = 12
GROUPS = (
    ("Ключевые", "violet"),
    ("Сеть", "blue"),
    ("Партнёры", "green"),
    ("Осторожно", "amber"),
    ("Суд", "red"),
)
FIRST_CLIENT = 12460
FIRST_NUMBER = 72400


@dataclass(frozen=True)
class Office:
    """What the sets need of it: ids, prices a month by product code, printed requisites of the sellers."""

    cloud: Seller
    expert: Seller
    staff: dict[str, User]
    snapshots: dict[int, str]
    disk: Option


def open_office(size: Size) -> Office:
    """Sellers, catalogue, staff; and the staging tables of managers, supporters and products."""
    staff = hire()
    cloud, expert = found()
    catalogue = stock(cloud, expert)
    backup = _backup(cloud)
    managers = [staff["petrova"], staff["lebedev"], *_more(size, "m", "account_manager", "Сопровождение")]
    supporters = [staff["support"], *_more(size, "s", "support", "Техническая поддержка", SUPPORTERS)]
    for name, people in (("manager", managers), ("supporter", supporters)):
        plan(name, _listed([user.pk for user in people]), key="n")
    goods = {
        "access": (catalogue.access, 800), "licence": (catalogue.licence, 450),
        "module": (catalogue.module, 2230), "backup": (backup, 120),
        "reporting": (catalogue.reporting, 0), "hours": (catalogue.hours, 0),
    }  # fmt: skip
    rows = ", ".join(
        f"('{code}', {p.pk}, {p.seller_id}, '{p.family}', {month}, ({array([p.line_text])})[1], '{p.unit}')"
        for code, (p, month) in goods.items()
    )
    plan(
        "product", f"SELECT * FROM (VALUES {rows}) AS t (code, id, seller_id, family, month, line_text, unit)"
    )
    ClientGroup.objects.bulk_create(ClientGroup(name=name, colour=colour) for name, colour in GROUPS)
    CompanyGroup.objects.bulk_create(
        CompanyGroup(
            name=f"Группа «{SURNAMES[n % len(SURNAMES)]} и Ко» {n + 1}", created_at=clock.midnight(SINCE)
        )
        for n in range(max(1, size.clients // 60))
    )
    plan("company_group", "SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM clients_companygroup")
    plan("client_group", "SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM clients_clientgroup")
    shown = {seller.pk: json.dumps(_snapshot(seller), ensure_ascii=False) for seller in (cloud, expert)}
    return Office(cloud, expert, staff, shown, catalogue.disk)


def _listed(ids: list[int]) -> str:
    return f"SELECT n - 1 AS n, id FROM unnest(ARRAY{ids}::bigint[]) WITH ORDINALITY AS t (id, n)"


def _backup(cloud: Seller) -> Product:
    made = Product.objects.create(
        group=ProductGroup.objects.get(name="Сервисы 1С"), name="Резервное копирование", family="backup",
        seller=cloud, unit="база", line_text="Резервное копирование баз", handover_subject="Копии",
    )  # fmt: skip
    Price.objects.bulk_create(
        Price(product=made, cycle=cycle, valid_from=SINCE, amount=Decimal(120 * months))
        for cycle, months in ((Cycle.MONTH, 1), (Cycle.QUARTER, 3), (Cycle.HALF_YEAR, 6), (Cycle.YEAR, 12))
    )
    return made


def _more(size: Size, letter: str, role: str, department: str, most: int = 100_000) -> list[User]:
    """More people of a role, one per so many clients; they see their own clients only."""
    count = min(most, size.clients // CLIENTS_A_MANAGER)
    where = Department.objects.get(name=department)
    password = make_password(settings.DEMO_PASSWORD)
    users = User.objects.bulk_create(
        User(
            email=f"{letter}{n:03d}@oblako.example", name=_name(n), password=password, department=where,
            post="Персональный менеджер" if letter == "m" else "Инженер поддержки", phone="+74955550100",
            extension=str(3000 + n), joined_on=SINCE,
            scope=User.Scope.PORTFOLIO if letter == "m" else User.Scope.ALL,
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    Group.objects.get(name=role).user_set.add(*users)
    return users


def _name(n: int) -> str:
    return f"{SURNAMES[n % len(SURNAMES)]}а {WOMEN[n // 3 % len(WOMEN)]} {FATHERS[n // 7 % len(FATHERS)]}на"


def _snapshot(seller: Seller) -> dict[str, Any]:
    """Requisites as invoices.documents.seller_snapshot prints them, with the offer as the basis."""
    account, own = seller.accounts.get(), seller.requisites.get()
    return {
        "name": own.full_name, "inn": own.inn, "kpp": own.kpp, "ogrn": own.ogrn, "address": own.address,
        "phone": own.phone, "director_post": own.director_post, "director": own.director,
        "accountant": own.accountant, "bank": account.bank, "bic": account.bic,
        "correspondent": account.correspondent, "account": account.account, "basis": seller.offer_text,
        "number_prefix": seller.number_prefix, "purpose_prefix": seller.purpose_prefix,
    }  # fmt: skip
