"""Facts for tests: each function makes one valid thing; only what a test is about is spelled out."""

import itertools
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import Group

from billing_site.kit.requisites import make_account, make_inn, make_ogrn
from billing_site.office.models import BankAccount, Department, Seller, SellerRequisites, User
from clients.actions import create_client
from clients.models import Client
from products.actions import Wanted, create_order
from products.models import Option, Order, Price, Product, ProductGroup

_count = itertools.count(1)
BIC = "044525225"


def user(role: str | None = None, **fields) -> User:
    """A member of staff with a role of billing_site.roles; without one, nobody in particular."""
    n = next(_count)
    fields = {"email": f"staff{n}@office.example", "name": f"Сотрудник {n}", **fields}
    made = User.objects.create(**fields)
    if role:
        made.groups.add(Group.objects.get(name=role))
    return made


def department(**fields) -> Department:
    return Department.objects.create(**{"name": f"Отдел {next(_count)}", **fields})


def seller(**fields) -> Seller:
    """A seller with requisites since 2015 and one main account."""
    n = next(_count)
    made = Seller.objects.create(
        **{"name": f"ООО Облако {n}", "purpose_prefix": "88#", "offer_text": "Договор-оферта", **fields}
    )
    SellerRequisites.objects.create(
        seller=made,
        valid_from=date(2015, 1, 1),
        full_name=f'ООО "Облако {n}"',
        inn=make_inn(f"7701{n:05d}"),
        kpp="770101001",
        ogrn=make_ogrn(f"11577460{n:04d}"),
        address="119019, Москва, ул. Пречистенка, д. 10",
        phone="+74955405151",
        director="Соколова А. П.",
        accountant="Зимина О. Л.",
    )
    BankAccount.objects.create(
        seller=made,
        bank='ПАО "ПЕРВЫЙ ОБЛАЧНЫЙ БАНК"',
        bic=BIC,
        correspondent=make_account(BIC, "30101810000000000225"),
        account=make_account(BIC, f"4070281000000{n:07d}"),
    )
    return made


def product(name: str = "", prices: dict[str, str] | None = None, **fields) -> Product:
    """A product sold by `fields["seller"]` or a new seller, with prices by cycle since 2015."""
    n = next(_count)
    group, _made = ProductGroup.objects.get_or_create(name="Облако")
    name = name or f"Доступ {n}"
    fields = {"family": f"family-{n}", "line_text": name, **fields}
    if "seller" not in fields:
        fields["seller"] = seller()
    made = Product.objects.create(group=group, name=name, **fields)
    for cycle, amount in (prices or {"half_year": "4800.00"}).items():
        Price.objects.create(product=made, cycle=cycle, valid_from=date(2015, 1, 1), amount=Decimal(amount))
    return made


def option(of: Product, prices: dict[str, str] | None = None, **fields) -> Option:
    fields = {"name": "Дисковое пространство 5 ГБ", "line_text": "Дисковое пространство 5 ГБ", "pack": 5,
              "measure": "ГБ", **fields}  # fmt: skip
    made = Option.objects.create(product=of, **fields)
    for cycle, amount in (prices or {"half_year": "360.00"}).items():
        Price.objects.create(option=made, cycle=cycle, valid_from=date(2015, 1, 1), amount=Decimal(amount))
    return made


def client(*, by: User | None = None, payer: dict | None = None, **fields) -> Client:
    """A client with a main e-mail and a default payer that has INN, KPP and a counterparty code."""
    n = next(_count)
    fields = {"name": f"Ромашка {n}", "email": f"client{n}@romashka.example", **fields}
    requisites = {
        "name": f'ООО "Ромашка {n}"',
        "inn": make_inn(f"7702{n:05d}"),
        "kpp": "770201001",
        "counterparty_code": f"КА-{n:06d}",
        "legal_address": "101000, Москва, ул. Мясницкая, д. 5",
        "valid_from": date(2015, 1, 1),
        **(payer or {}),
    }
    return create_client(by=by, payer=requisites, **fields)


def order(of: Client, *wanted: Wanted, starts_on: date, by: User | None = None) -> Order:
    return create_order(of, wanted, starts_on=starts_on, by=by)
