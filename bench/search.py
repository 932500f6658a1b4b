"""The search box: two hundred typical queries, by what was typed."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

from django.db.models import Max, Min, QuerySet
from django.urls import reverse

from bench.frame.addresses import FLOOR
from bench.frame.measuring import Goal, Measurement, clocked
from bench.frame.offices import Office
from bench.frame.reading import TRIVIAL, Reader, Reading
from billing_site.pages.search import TO_LATIN
from clients.models import Client, EmailAddress, LicenceItem, Payer
from invoices.models import Invoice
from products.models import Service

EACH = 17  # of twelve kinds
GOAL = Goal(p95=150)


def measure(office: Office) -> Iterator[Measurement]:
    reader = Reader(office.head)
    everything: list[Reading] = []
    floors: list[float] = []
    for kind, typed in KINDS.items():
        readings = [_look(reader, text, floors) for text in typed()]
        if readings:
            everything += readings
            yield _measurement(kind, readings, floors[-len(readings) :], Goal())
    yield _measurement(f"all {len(everything)} queries", everything, floors, GOAL)


def _look(reader: Reader, text: str, floors: list[float]) -> Reading:
    """Each text once: nobody types the same twice, so nothing is warm but the tables."""
    floors.append(clocked(lambda: reader.browser.get(FLOOR)))
    return reader.read(f"{reverse('search')}?q={quote(text)}")


def _measurement(what: str, readings: list[Reading], floors: list[float], goal: Goal) -> Measurement:
    return Measurement(
        what,
        times=[reading.ms for reading in readings],
        floor=TRIVIAL,
        floor_times=floors,
        queries=max(len(reading.asked) for reading in readings),
        parts=Reader.parts(readings),
        goal=goal,
    )


def spread(rows: QuerySet, field: str, count: int = EACH) -> list[str]:
    """Values from all over the table, the same ones in each run."""
    filled = rows.exclude(**{field: ""}) if rows.model._meta.get_field(field).empty_strings_allowed else rows
    ends = filled.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    step = (ends["last"] - ends["first"]) / count
    found = [
        filled.filter(pk__gte=int(ends["first"] + n * step)).order_by("pk").values_list(field, flat=True)[:1]
        for n in range(count)
    ]
    return [str(value) for one in found for value in one]


def words(shift: int = 0) -> list[list[str]]:
    """Names of clients, word by word, without signs."""
    names = spread(Client.objects.all(), "name_key", EACH + shift)[shift:]
    return [["".join(sign for sign in word if sign.isalnum()) for word in name.split()] for name in names]


def longest() -> list[str]:
    return [max(name, key=len) for name in words()]


def mistyped(word: str) -> str:
    """Two letters in the middle change places."""
    at = len(word) // 2
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


KINDS: dict[str, Callable[[], list[str]]] = {
    "number of an invoice": lambda: spread(Invoice.objects.filter(number__isnull=False), "number"),
    "INN": lambda: spread(Payer.objects.all(), "inn"),
    "phone": lambda: spread(Client.objects.all(), "phone"),
    "part of an e-mail": lambda: [
        address.partition("@")[0][:8] for address in spread(EmailAddress.objects.all(), "address")
    ],
    "name": longest,
    "two words": lambda: [" ".join(sorted(name, key=len)[-2:]) for name in words()],
    "typo": lambda: [mistyped(word) for word in longest() if len(word) > 3],
    "wrong layout": lambda: [word.translate(TO_LATIN) for word in longest()],
    "domain": lambda: spread(Service.objects.all(), "domain"),
    "login": lambda: spread(Client.objects.all(), "cloud_login"),
    "registration number": lambda: spread(LicenceItem.objects.all(), "registration_number"),
    "nothing found": lambda: [f"щцъэ{word[::-1]}" for word in longest()],
}
