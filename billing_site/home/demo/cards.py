"""What stands on the cards of the demo's clients from the first day: origin, payer, contract, 1C."""

from datetime import date, timedelta
from typing import Any

from billing_site.home.demo.bank import BIC, account_of
from billing_site.home.demo.people import Persona
from billing_site.kit.requisites import make_inn, make_ogrn
from billing_site.letters.actions import FilePart
from billing_site.office.models import Seller, User
from clients import contracting, grouping, licensing
from clients.models import Client, ClientGroup, ClientOption, Contract, LicenceItem, Payer

Kind, State = Contract.Kind, Contract.State
Option, Step = ClientOption.Kind, ClientOption.State
OFFICES = ("Москва, Кадашёвская", "Санкт-Петербург", "Москва, Кадашёвская", "Казань")
SOURCES = ("сайт", "рекомендация", "выставка", "звонок", "сайт")
LEADS = ("Заявка на расчёт", "Обратный звонок", "Семинар «Облако для бухгалтера»", "")
CAMPAIGNS = ("arenda-1c", "oblako-buh", "perenos-bazy")
DIRECTORS = ("Мартынов Павел Сергеевич", "Кириллова Вера Андреевна", "Гусев Роман Ильич",
             "Носова Тамара Львовна")  # fmt: skip
PROGRAMS = ("1С:Бухгалтерия 8 ПРОФ", "1С:Управление торговлей 8 ПРОФ",
            "1С:Зарплата и управление персоналом 8", "1С:Комплексная автоматизация 8")  # fmt: skip
COLOURS = {
    "Ключевые": ClientGroup.Colour.VIOLET,
    "Референсные, скидка 5 %": ClientGroup.Colour.GREEN,
    "На контроле": ClientGroup.Colour.AMBER,
    "Не обслуживать": ClientGroup.Colour.RED,
    "Малый бизнес": ClientGroup.Colour.BLUE,
}
DEBTS = ("old_debt", "debt_90", "debt_60", "debt_30")
SCAN = FilePart(
    "Договор подписанный, скан.pdf",
    "application/pdf",
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length 47>>stream\nBT /F 20 Tf 180 700 Td (DEMO: signed scan) Tj ET\nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n",
)


def client_groups(by: User) -> dict[str, ClientGroup]:
    """The office's own sorting of clients, by name."""
    return {
        name: grouping.save_client_group(ClientGroup(), by=by, name=name, colour=colour)
        for name, colour in COLOURS.items()
    }


def group_of(persona: Persona) -> str:
    if persona.habit in ("fraud", "refused"):
        return "Не обслуживать"
    if persona.habit in DEBTS:
        return "На контроле"
    if persona.users >= 14:
        return "Ключевые"
    if persona.discount:
        return "Референсные, скидка 5 %"
    return "Малый бизнес" if persona.users < 4 else ""


def origin_of(persona: Persona, n: int, day: date, sales: User) -> dict[str, Any]:
    """Where the n-th client came from and how it wants to be dealt with; columns of Client."""
    source = SOURCES[n % len(SOURCES)]
    ads = {"source": "yandex", "medium": "cpc", "campaign": CAMPAIGNS[n % len(CAMPAIGNS)]}
    return {
        "source": source,
        "utm": ads if source == "сайт" else {},
        "lead": LEADS[n % len(LEADS)],
        "department": sales.department if n % 5 else None,
        "office_name": OFFICES[n % len(OFFICES)],
        "company": persona.name if persona.kind == "legal" else "",
        "postal_address": f"г. {persona.town}, а/я {100 + n}" if n % 3 else "",
        "cloud_login": f"{persona.login}{n}" if persona.users > 2 else "",
        "portal_login": f"{persona.login}-its" if persona.module else "",
        "portal_password": f"Portal-{n}-{day:%d%m}" if persona.module else "",
        "security_question": "Кличка первой собаки" if n % 9 == 1 else "",
        "security_answer": "Шарик" if n % 9 == 1 else "",
        "payment_method": Client.PaymentMethod.CARD if n % 11 == 0 else Client.PaymentMethod.TRANSFER,
        "separate_invoices": persona.reporting,
        "never_suspend": persona.users >= 20,
        "recovery": persona.habit == "old_debt",
        "no_late_fee": persona.discount > 0,
        "no_overdue_notices": persona.habit == "half_paid",
        "reliable_payer": persona.pays == 3,
        "admin_notes": "Звонить после 11, до этого планёрка." if n % 8 == 2 else "",
    }


def payer_of(persona: Persona, n: int, client_no: int, day: date) -> dict[str, Any]:
    """Columns of the default Payer; it pays from the account its statements show."""
    sole = persona.kind == "sole"
    director = persona.name.removeprefix("ИП ") if sole else DIRECTORS[n % len(DIRECTORS)]
    return {
        "kind": persona.kind,
        "name": persona.name if sole else f'ООО "{persona.name.replace("«", "").replace("»", "")}"',
        "inn": make_inn(f"{7730 + n:04d}{n * 137:0{6 if sole else 5}d}"),
        "kpp": "" if sole else f"{7730 + n:04d}01001",
        "ogrn": make_ogrn(f"3{20 + n % 6:02d}77460{n:06d}" if sole else f"1{18 + n % 8:02d}77460{n:04d}"),
        "legal_address": f"г. {persona.town}, ул. Садовая, д. {n}",
        "counterparty_code": "" if persona.no_code else f"КА-{12000 + n:06d}",
        "signatory_post": "" if sole else "Генеральный директор",
        "signatory": director,
        "bank_name": 'АО "ДЕМО-БАНК", г. Москва',
        "bic": BIC,
        "account": account_of(client_no % 900, persona.kind),
        "valid_from": day,
    }


def sign(client: Client, payer: Payer, n: int, day: date, seller: Seller, by: User) -> None:
    """Three clients of four have a paper of their own, each kind and state among them."""
    if n % 4 == 0:
        return
    kind = Kind.BILL if n % 5 == 0 else Kind.OFFER if n % 7 == 3 else Kind.DEAL
    state = list(State)[n // 2 % len(State)]
    contracting.add_contract(
        client,
        by=by,
        payer=payer,
        seller=seller,
        kind=kind,
        number=f"{n:03d}-О/{day:%y}" if kind == Kind.DEAL else f"{day:%d%m%y}-{n}",
        date=day,
        until=day + timedelta(days=364) if n % 3 == 0 else None,
        prolongs=n % 3 == 0,
        signatory_post=payer.signatory_post,
        signatory=payer.signatory,
        basis="Свидетельство о регистрации" if payer.kind == Payer.Kind.SOLE else "Устав",
        state=state,
        file=SCAN if state in (State.SCAN, State.ORIGINAL) else None,
    )


def equip(client: Client, persona: Persona, n: int, day: date, by: User) -> None:
    """1C products, rented from us or the client's own, and 1C's services."""
    if persona.licences:
        _licence(client, PROGRAMS[n % 2], n, by, ownership=LicenceItem.Ownership.RENT, active_from=day)
    elif n % 2 and persona.kind == "legal":
        its = day.replace(day=1, year=day.year + 1) + timedelta(days=30 * (n % 6))
        _licence(client, PROGRAMS[n % len(PROGRAMS)], n, by, ownership=LicenceItem.Ownership.OWN,
                 active_from=day, its_until=its, portal_login=f"{persona.login}-its")  # fmt: skip
    if persona.reporting:
        licensing.set_option(client, Option.REPORTING, by=by, since=day, state=Step.CONNECTED,
                             until=day.replace(day=1, year=day.year + 1), note="")  # fmt: skip
    if n % 5 == 2:
        licensing.set_option(client, Option.EDI, by=by, since=day, state=list(Step)[1 + n // 5 % 3],
                             until=None, note="Диадок" if n % 2 else "СБИС")  # fmt: skip
    if n % 12 == 5:
        licensing.set_option(client, Option.COUNTERPARTY, by=by, since=day, state=Step.CONNECTED,
                             until=None, note="")  # fmt: skip
    if n == 17:
        licensing.set_option(client, Option.KAZAKHSTAN, by=by, since=day, state=Step.CONNECTED,
                             until=day.replace(day=1, year=day.year + 1),
                             note="Филиал в Уральске")  # fmt: skip


def _licence(client: Client, product: str, n: int, by: User, **fields: Any) -> None:
    licensing.add_licence(client, by=by, product=product, registration_number=f"80{n * 91:07d}", **fields)
