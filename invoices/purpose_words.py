"""The words a payment purpose is read by, as payers write and shorten them; all folded."""

import re

INVOICE = frozenset(
    (
        "счет",
        "счета",
        "счету",
        "счетом",
        "счете",
        "счетов",
        "счетам",
        "счетами",
        "счетах",
        "сч",
        "счт",
        "посчету",
        "посч",
        "invoice",
        "invoices",
        "инвойс",
        "инвойса",
        "инвойсу",
        "инвойсы",
    )
)
# Before “счет”: a bank or personal account, not an invoice.
ACCOUNT = ("расч", "лиц", "корр", "спец", "банк", "текущ", "казнач", "внутр")
ACCOUNT_LETTERS = frozenset(("р", "л", "к", "кор"))
TAILS = ("фактур", "оферт", "договор")  # счет-фактура, счет-оферта, счет-договор and their cases
ENDINGS = frozenset(("ф", "т", "та", "ту", "том", "те", "тов", "там"))  # сч/ф, сч-та
ON_THE_WAY = frozenset(
    (
        "на",
        "оплату",
        "оплаты",
        "оплате",
        "опл",
        "номер",
        "номера",
        "номеру",
        "номером",
        "номерам",
        "номерами",
        "ном",
        "с",
        "c",
    )
)
UNIT = re.compile(
    "гб|мб|gb|mb|шт|штук.*|польз.*|лицензи.*|мес|месяц.*|час|часа|часов|дн|дня|дней|чел|человек|рабоч.*|тыс"
)
# Words that may stand glued to a number, or after one of another length, and leave it an invoice's.
AFTER = frozenset(
    (
        "от",
        "и",
        "на",
        "за",
        "по",
        "с",
        "c",
        "в",
        "без",
        "ндс",
        "сумма",
        "сумму",
        "сумме",
        "г",
        "год",
        "года",
        "договор",
        "дог",
        "оплата",
        "согласно",
        "ооо",
        "ип",
        "зао",
        "оао",
        "ао",
        "пао",
    )
)
JOINING = frozenset(",;+&")
REFUND = ("возврат", "возвращ", "ошибочн")
