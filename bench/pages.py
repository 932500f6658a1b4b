"""Every other page that is read: about nobody, about an ordinary client, about the heaviest one."""

from collections.abc import Iterable, Iterator

from bench.frame.measuring import Goal, Measurement
from bench.frame.offices import Office
from bench.frame.reading import Reader
from bench.frame.walking import Place, general, of_client

PAGE = Goal(ms=100)


def measure(office: Office) -> Iterator[Measurement]:
    reader = Reader(office.head)
    yield from _each(reader, "", general(office))
    yield from _each(reader, "", of_client(office, office.typical))
    yield from _each(reader, ", heavy client", of_client(office, office.heavy))


def _each(reader: Reader, of: str, places: Iterable[Place]) -> Iterator[Measurement]:
    for place in places:
        if reader.may_read(place.address):  # papers and files are not in every office
            yield reader.measured(f"{place.name}{of}", place.address, PAGE)
