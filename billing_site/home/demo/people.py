"""Invented clients of the demo: company, town, contact, and how they behave with money."""

import re
from dataclasses import dataclass

from products.models import Cycle

LATIN = {  # «ъ» and «ь» are silent
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i",
    "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "",
    "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


@dataclass(frozen=True)
class Persona:
    """A client to be. `pays`: days from issue to payment; None = the last invoices stay unpaid.

    `since`: days before today on which the client came; `owes`: days ago an additional invoice was sent
    that is still unpaid; `habit` picks a special turn of the story. `no_code`: Union does not know it yet;
    `unassigned`: its money comes before somebody looks after it (R1.6).
    """

    name: str
    town: str
    login: str
    users: int
    since: int
    pays: int | None = 5
    cycle: str = Cycle.HALF_YEAR
    licences: int = 0
    disk: int = 0
    discount: int = 0
    module: bool = False
    reporting: bool = False
    habit: str = ""
    owes: int = 0
    kind: str = "legal"
    no_code: bool = False
    unassigned: bool = False

    @property
    def host(self) -> str:
        """The client's invented domain: «Северный Ветер» → severnyy-veter.example."""
        latin = "".join(LATIN.get(letter, letter) for letter in self.name.lower())
        return "-".join(re.findall(r"[a-z]{3,}|[0-9]+", latin)[-2:]) + ".example"


P = Persona
PEOPLE = (
    P("Ромашка-Трейд", "Тверь", "buh", 5, 392, 4, licences=5, disk=1, discount=5, module=True),
    P("Северный Ветер", "Мурманск", "office", 12, 385, 6, licences=12, disk=3, owes=12),
    P("Мебельная мануфактура «Дуб и ясень»", "Вологда", "glavbuh", 8, 371, 9, reporting=True, owes=158),
    P("Пекарня на Заречной", "Тула", "pekarnya", 3, 366, 14, cycle=Cycle.QUARTER, owes=26),
    P(
        "СтройКаскад",
        "Рязань",
        "finance",
        15,
        352,
        None,
        licences=15,
        disk=4,
        cycle=Cycle.MONTH,
        habit="old_debt",
    ),
    P("Аптека «Ландыш»", "Калуга", "apteka", 4, 349, 3, discount=5, owes=1),
    P("Автошкола «Вираж»", "Пенза", "info", 2, 340, 7, cycle=Cycle.QUARTER),
    P("Логистик-Плюс", "Самара", "bill", 22, 333, 5, licences=22, disk=8, habit="grows"),
    P("Типография «Литера»", "Казань", "litera", 6, 320, 11, licences=6, owes=41),
    P("Кофейни «Полдень»", "Ярославль", "account", 9, 311, 4, cycle=Cycle.QUARTER, disk=2, owes=13),
    P("Ёлкин и сыновья", "Кострома", "elkin", 3, 305, 8, habit="letters_bounce"),
    P("Агрофирма «Колос»", "Курск", "agro", 11, 298, None, licences=8, cycle=Cycle.MONTH, habit="debt_60"),
    P("Школа танцев «Ритм»", "Орёл", "ritm", 2, 290, 2, cycle=Cycle.MONTH),
    P(
        "Медцентр «Формула здоровья»",
        "Воронеж",
        "medcenter",
        18,
        284,
        6,
        licences=18,
        reporting=True,
        owes=11,
    ),
    P("Текстиль-Опт", "Иваново", "textile", 7, 270, 15, disk=2, owes=64),
    P("Стоматология «Жемчуг»", "Тверь", "dental", 6, 268, None, cycle=Cycle.QUARTER, habit="debt_60"),
    P("Юридическое бюро «Параграф»", "Москва", "buro", 4, 262, 3, discount=5, habit="grows_paid"),
    P("Завод «Гидроприбор»", "Саратов", "zavod", 30, 255, 10, licences=30, disk=10, module=True, owes=19),
    P("Турагентство «Компас»", "Сочи", "kompas", 3, 243, 5, cycle=Cycle.QUARTER, owes=2),
    P("Ветклиника «Хвост»", "Тамбов", "vet", 4, 236, 6, owes=78),
    P("Оптика «Ясный взгляд»", "Брянск", "optika", 5, 224, None, cycle=Cycle.MONTH, habit="debt_90"),
    P("Детский сад «Теремок»", "Смоленск", "teremok", 3, 213, 8, cycle=Cycle.QUARTER, habit="voided"),
    P("Рыбный двор", "Астрахань", "fish", 6, 204, 4, licences=6, disk=1, owes=35),
    P(
        "Электромонтаж-Сервис",
        "Липецк",
        "emontazh",
        9,
        196,
        None,
        licences=4,
        cycle=Cycle.MONTH,
        habit="debt_30",
    ),
    P("Ателье «Строчка»", "Псков", "atelie", 2, 189, 5, cycle=Cycle.MONTH, owes=120),
    P("ИП Кузнецов А. Д.", "Владимир", "kuznecov", 2, 181, 3, kind="sole", cycle=Cycle.QUARTER),
    P("ИП Орлова Е. С.", "Нижний Новгород", "orlova", 1, 176, 9, kind="sole", cycle=Cycle.MONTH),
    P(
        "Фермерский рынок",
        "Краснодар",
        "market",
        10,
        168,
        7,
        licences=5,
        disk=2,
        cycle=Cycle.MONTH,
        habit="half_paid",
    ),
    P("Автосервис «Поршень»", "Калуга", "porshen", 5, 160, None, cycle=Cycle.MONTH, habit="debt_7"),
    P("Книжный дом «Переплёт»", "Санкт-Петербург", "books", 8, 154, 5, reporting=True, owes=9),
    P("Спортклуб «Высота»", "Пермь", "sport", 5, 141, 6, cycle=Cycle.MONTH, habit="hold"),
    P("Металлобаза № 7", "Челябинск", "metall", 14, 132, 12, licences=14, disk=5, habit="grows_unpaid"),
    P("Ресторан «Причал»", "Сочи", "prichal", 6, 117, None, cycle=Cycle.MONTH, habit="debt_7"),
    P("Ландшафт-Дизайн", "Калининград", "garden", 3, 96, 4, cycle=Cycle.QUARTER),
    P("Научный центр «Вектор»", "Новосибирск", "vektor", 16, 83, 8, licences=16, module=True, owes=30),
    P("Клининг «Чистый день»", "Омск", "clean", 4, 64, 5, cycle=Cycle.MONTH, habit="double_paid"),
    P(
        "Музыкальный магазин «Нота»",
        "Уфа",
        "nota",
        3,
        41,
        6,
        cycle=Cycle.QUARTER,
        habit="changed_mind",
        unassigned=True,
    ),
    P("Кондитерская «Миндаль»", "Томск", "mindal", 5, 23, 7, no_code=True, unassigned=True),
    P(
        "Транспортная компания «Верста»",
        "Екатеринбург",
        "versta",
        12,
        9,
        None,
        licences=12,
        habit="fresh",
        no_code=True,
    ),
    P("Студия красоты «Лада»", "Тула", "lada", 3, 8, 3, unassigned=True),
    P("Архитектурное бюро «Контур»", "Москва", "kontur", 6, 3, None, habit="draft"),
    P("Строительный двор", "Подольск", "dvor", 7, 2, None, habit="pending"),
    P("Экоферма «Лужки»", "Коломна", "luzhki", 2, 1, None, habit="pending"),
    P("Быстрые деньги 24", "Москва", "cash24", 40, 17, None, habit="fraud"),
    P("Мастерская «Гвоздь»", "Тверь", "gvozd", 1, 27, None, habit="refused"),
    P("Прокат «Лыжня»", "Мурманск", "lyzhnya", 2, 190, None, habit="left"),
)
# Who works there: name, post, powers of R2.2, and the mailbox before the client's @.
CONTACTS = (
    ("Смирнова Ирина Олеговна", "Главный бухгалтер", ("papers", "order"), "smirnova"),
    ("Белкин Артём Юрьевич", "Системный администратор", ("access", "delete"), "admin"),
    ("Фролова Елена Викторовна", "Бухгалтер", ("papers",), "frolova"),
    ("Мартынов Павел Сергеевич", "Директор", ("order", "requisites", "access", "delete"), "director"),
)
ACCOUNTANT = ("Тарасова Нина Павловна", "Внешний бухгалтер", "buh@tarasova-uchet.example")
