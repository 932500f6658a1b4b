"""Who we are in the demo: sellers, staff, catalogue. All names, numbers and accounts are invented."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import Group

from billing_site.home.demo.bank import BIC
from billing_site.kit.requisites import make_account, make_inn, make_ogrn
from billing_site.office.models import (
    BankAccount,
    Department,
    Seller,
    SellerRequisites,
    User,
    VatRate,
    VatTreatment,
)
from products.models import Cycle, Option, Price, Product, ProductGroup

SINCE = date(2018, 1, 1)

STAFF = (
    ("admin@oblako.example", "Администратор", "", "Администратор панели", ""),
    ("head@oblako.example", "Соколова Анна Павловна", "head", "Руководитель отдела сопровождения", "2201"),
    ("petrova@oblako.example", "Петрова Мария Игоревна", "account_manager", "Персональный менеджер", "2207"),
    ("lebedev@oblako.example", "Лебедев Олег Викторович", "account_manager", "Персональный менеджер", "2208"),
    ("sales@oblako.example", "Громов Илья Сергеевич", "sales", "Менеджер продаж", "2215"),
    ("support@oblako.example", "Жукова Дарья Андреевна", "support", "Инженер поддержки", "2230"),
    ("treasury@oblako.example", "Белова Ольга Николаевна", "treasury", "Казначей", "2240"),
)
DEPARTMENTS = {
    "head": "Сопровождение",
    "account_manager": "Сопровождение",
    "sales": "Продажи",
    "support": "Техническая поддержка",
    "treasury": "Казначейство",
}


@dataclass
class Catalogue:
    """What the demo sells, by the names the story uses."""

    access: Product
    licence: Product
    module: Product
    reporting: Product
    hours: Product
    disk: Option


def hire() -> dict[str, User]:
    """The staff, by the part of the e-mail before @."""
    staff = {}
    for email, name, role, post, extension in STAFF:
        department = Department.objects.get_or_create(name=DEPARTMENTS[role])[0] if role else None
        user = User.objects.create_user(
            email,
            settings.DEMO_PASSWORD,
            name=name,
            post=post,
            department=department,
            phone="+74955550100",
            extension=extension,
            is_superuser=not role,
            scope=User.Scope.ALL,
        )
        if role:
            user.groups.add(Group.objects.get(name=role))
        staff[email.partition("@")[0]] = user
    return staff


def found() -> tuple[Seller, Seller]:
    """Two sellers: the cloud without VAT, services with VAT (MISSION row 15)."""
    for treatment, rate, since in (
        (VatTreatment.GENERAL, "18", date(2004, 1, 1)),
        (VatTreatment.GENERAL, "20", date(2019, 1, 1)),
        (VatTreatment.GENERAL, "22", date(2026, 1, 1)),
        (VatTreatment.REDUCED, "10", date(2004, 1, 1)),
        (VatTreatment.ZERO, "0", date(2004, 1, 1)),
        (VatTreatment.SIMPLIFIED_5, "5", date(2025, 1, 1)),
        (VatTreatment.SIMPLIFIED_7, "7", date(2025, 1, 1)),
    ):
        VatRate.objects.create(treatment=treatment, rate=Decimal(rate), valid_from=since)
    cloud = _seller("Облачный офис", "Облачный офис", "770112345", "115774601234", is_cloud=True)
    cloud.purpose_prefix = "88#"
    cloud.save(update_fields=["purpose_prefix"])
    expert = _seller("Сервис-Эксперт", "Сервис-Эксперт", "770154321", "116774605678", is_cloud=False)
    expert.vat_treatment = VatTreatment.GENERAL
    expert.save(update_fields=["vat_treatment"])
    return cloud, expert


def _seller(name: str, full: str, inn: str, ogrn: str, *, is_cloud: bool) -> Seller:
    seller = Seller.objects.create(
        name=name, is_cloud=is_cloud, offer_text="Договор-оферта на оказание услуг, редакция от 01.01.2026"
    )
    SellerRequisites.objects.create(
        seller=seller,
        valid_from=SINCE,
        full_name=f'ООО "{full}"',
        inn=make_inn(inn),
        kpp="770101001",
        ogrn=make_ogrn(ogrn),
        address="115035, г. Москва, Кадашёвская наб., д. 26, офис 12",
        phone="+74955550100",
        director="Воронцов Е. М.",
        accountant="Зимина О. Л.",
    )
    BankAccount.objects.create(
        seller=seller,
        bank='АО "ДЕМО-БАНК", г. Москва',
        bic=BIC,
        correspondent=make_account(BIC, "30101810000000000974"),
        account=make_account(BIC, f"4070281000000{inn[-7:]}"),
    )
    return seller


def stock(cloud: Seller, expert: Seller) -> Catalogue:
    """The catalogue with prices per cycle; a new price from 2026 shows that old rows stay."""
    rent = ProductGroup.objects.create(name="Аренда 1С", position=1)
    extras = ProductGroup.objects.create(name="Сервисы 1С", position=2)
    work = ProductGroup.objects.create(name="Работы специалистов", position=3)
    access = Product.objects.create(
        group=rent, name="Доступ «Стандарт»", family="access", seller=cloud, unit="польз.",
        line_text="Доступ к облаку «Стандарт»", handover_subject="Доступ",
    )  # fmt: skip
    licence = Product.objects.create(
        group=rent, name="Аренда лицензий 1С", family="licence", seller=cloud, unit="лиц.",
        line_text="Аренда клиентских лицензий 1С", handover_subject="Лицензии",
    )  # fmt: skip
    module = Product.objects.create(
        group=extras, name="Модуль «Управление торговлей»", family="module", seller=cloud, unit="шт.",
        line_text="Модуль «Управление торговлей»", handover_subject="Модуль",
    )  # fmt: skip
    reporting = Product.objects.create(
        group=extras, name="1С-Отчётность", family="reporting", seller=expert, unit="шт.", own_year=True,
        vat_treatment=VatTreatment.GENERAL, line_text="Сервис 1С-Отчётность",
        handover_rule=Product.HandoverRule.ON_PAID, handover_subject="1С-Отчётность",
    )  # fmt: skip
    hours = Product.objects.create(
        group=work, name="Час специалиста", family="hours", seller=expert, unit="час",
        kind=Product.Kind.HOURS,
        vat_treatment=VatTreatment.GENERAL, line_text="Работа специалиста по настройке",
        handover_rule=Product.HandoverRule.NEVER,
    )  # fmt: skip
    disk = Option.objects.create(
        product=access, name="Дисковое пространство", unit="пакет", pack=5, measure="ГБ",
        line_text="Дополнительное дисковое пространство, пакет 5 ГБ",
        handover_subject="Дисковое пространство",
    )  # fmt: skip
    _prices(access, {Cycle.MONTH: "800", Cycle.QUARTER: "2400", Cycle.HALF_YEAR: "4800", Cycle.YEAR: "9600"})
    _prices(licence, {Cycle.MONTH: "450", Cycle.QUARTER: "1350", Cycle.HALF_YEAR: "2700", Cycle.YEAR: "5400"})
    _prices(module, {Cycle.HALF_YEAR: "13380", Cycle.YEAR: "26760"})
    _prices(reporting, {Cycle.YEAR: "5900"})
    _prices(hours, {Cycle.ONE_TIME: "2400"})
    _prices(disk, {Cycle.MONTH: "60", Cycle.QUARTER: "180", Cycle.HALF_YEAR: "360", Cycle.YEAR: "720"})
    return Catalogue(access, licence, module, reporting, hours, disk)


def _prices(thing: Product | Option, amounts: dict[str, str]) -> None:
    which = "product" if isinstance(thing, Product) else "option"
    Price.objects.bulk_create(
        Price(**{which: thing}, cycle=cycle, valid_from=SINCE, amount=Decimal(amount))
        for cycle, amount in amounts.items()
    )
