"""Bank statements as a bank would write them, for the demo office and for trying things."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing_site.kit import clock
from billing_site.kit.requisites import make_account
from billing_site.office.models import BankAccount
from clients.models import Payer
from invoices.models import Invoice

LINE_END = "\r\n"
BIC = "044525974"  # the one bank of the demo


@dataclass(frozen=True)
class Transfer:
    """A movement on our account; the party is the other side. `out`: we pay."""

    on: date
    amount: Decimal
    purpose: str
    party: str
    inn: str = ""
    kpp: str = ""
    account: str = ""
    bic: str = "044525225"
    number: str = ""
    out: bool = False
    kind: str = "Платежное поручение"


# What a settlement account begins with, by the kind of its owner.
BEGINS = {Payer.Kind.LEGAL: 40702, Payer.Kind.SOLE: 40802, Payer.Kind.PERSON: 40817}


def account_of(n: int, kind: str = Payer.Kind.LEGAL) -> str:
    """The settlement account of the n-th payer."""
    return make_account(BIC, f"{BEGINS[Payer.Kind(kind)]}81080000{n:07d}")


def paid_by_client(invoice: Invoice, on: date, amount: Decimal, purpose: str = "") -> Transfer:
    """The invoice's own payer pays, in the words that the invoice asks for unless told otherwise."""
    payer = invoice.payer
    return Transfer(
        on, amount, purpose or invoice.revision.purpose, payer.name, payer.inn, payer.kpp,
        account_of(invoice.client_id % 900, payer.kind), BIC, str(invoice.pk % 900 + 100),
    )  # fmt: skip


def statement_for(
    own: BankAccount,
    starts_on: date,
    ends_on: date,
    transfers: Sequence[Transfer],
    opening: Decimal = Decimal("0.00"),
) -> bytes:
    """A 1CClientBankExchange file in windows-1251 over [starts_on, ends_on], both inclusive.

    The totals are right: opening + received − spent = closing. A transfer without a number gets its
    place in the file.
    """
    requisites = own.seller.requisites_on(ends_on)
    received = sum((one.amount for one in transfers if not one.out), Decimal("0.00"))
    spent = sum((one.amount for one in transfers if one.out), Decimal("0.00"))
    lines = [
        "1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows", f"Отправитель={own.bank}",
        "Получатель=", f"ДатаСоздания={clock.today():%d.%m.%Y}", "ВремяСоздания=09:00:00",
        f"ДатаНачала={starts_on:%d.%m.%Y}", f"ДатаКонца={ends_on:%d.%m.%Y}", f"РасчСчет={own.account}",
        "СекцияРасчСчет", f"ДатаНачала={starts_on:%d.%m.%Y}", f"ДатаКонца={ends_on:%d.%m.%Y}",
        f"РасчСчет={own.account}", f"НачальныйОстаток={opening:.2f}", f"ВсегоПоступило={received:.2f}",
        f"ВсегоСписано={spent:.2f}", f"КонечныйОстаток={opening + received - spent:.2f}",
        "КонецРасчСчет",
    ]  # fmt: skip
    for place, one in enumerate(transfers, start=1):
        lines += _document(one, own, requisites, one.number or str(place))
    return LINE_END.join([*lines, "КонецФайла", ""]).encode("cp1251", errors="replace")


def _document(one: Transfer, own: BankAccount, ours, number: str) -> list[str]:
    us = (ours.full_name, ours.inn, ours.kpp, own.account, own.bic)
    them = (one.party, one.inn, one.kpp, one.account, one.bic)
    payer, payee = (us, them) if one.out else (them, us)
    posted = "ДатаСписано" if one.out else "ДатаПоступило"
    return [
        f"СекцияДокумент={one.kind}", f"Номер={number}", f"Дата={one.on:%d.%m.%Y}", f"Сумма={one.amount:.2f}",
        f"{posted}={one.on:%d.%m.%Y}", *_party("Плательщик", payer), *_party("Получатель", payee),
        "ВидПлатежа=Электронно", "ВидОплаты=01", "Очередность=5",
        f"НазначениеПлатежа={' '.join(one.purpose.split())}", "КонецДокумента",
    ]  # fmt: skip


def _party(side: str, facts: Iterable[str]) -> list[str]:
    name, inn, kpp, account, bic = facts
    return [
        f"{side}Счет={account}", f"{side}={name}", f"{side}ИНН={inn}", f"{side}1={name}",
        f"{side}КПП={kpp}", f"{side}РасчСчет={account}", f"{side}БИК={bic}",
    ]  # fmt: skip
