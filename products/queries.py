"""What an order line may hold, and how it is found by its name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace
from django.utils.translation import gettext as _

from products.models import Option, OptionChoice, Product

FOLDED = Replace(Lower("name"), Value("ё"), Value("е"))  # a name as typed words are compared with it


@dataclass(frozen=True)
class Thing:
    """What an order line may hold."""

    product: Product
    option: Option | None = None
    choice: OptionChoice | None = None

    def __str__(self) -> str:
        if self.option is None:
            addon = self.product.kind == Product.Kind.ADDON
            return f"{self.product.name} ({_('addon')})" if addon else self.product.name
        name = f"{self.product.name} + {self.option.name}"
        return f"{name}: {self.choice.name}" if self.choice else name

    @property
    def key(self) -> str:
        """ "12" a product, "12-4" its option, "12-4-7" an answer of it."""
        return "-".join(str(one.pk) for one in (self.product, self.option, self.choice) if one)


def sold() -> QuerySet[Product]:
    """Products that are sold, with all that a line about them reads."""
    found = Product.objects.filter(active=True).select_related("group", "seller")
    return found.prefetch_related("options__choices")


def things_of(keys: Iterable[str]) -> dict[str, Thing]:
    """Things by their keys, with the others of the same products; nothing for what isn't sold."""
    numbers = {int(start) for key in keys if (start := key.partition("-")[0]).isdecimal() and len(start) < 10}
    products = sold().filter(pk__in=numbers) if numbers else ()
    return {thing.key: thing for product in products for thing in _things(product)}


def things_called(words: Sequence[str], limit: int) -> list[Thing]:
    """Things whose full name has all the words, by groups; words are lower case, ё as е."""
    products = sold().alias(folded=FOLDED)
    for word in words:
        products = products.filter(_somewhere(word))
    things = (thing for product in products.iterator(chunk_size=limit) for thing in _things(product))
    return list(islice((thing for thing in things if _is_called(thing, words)), limit))


def _things(product: Product) -> Iterable[Thing]:
    yield Thing(product)
    for option in product.options.all():
        if not option.active:
            continue
        if option.kind == Option.Kind.CHOICE:
            yield from (Thing(product, option, choice) for choice in option.choices.all())
        else:
            yield Thing(product, option)


def _is_called(thing: Thing, words: Sequence[str]) -> bool:
    name = str(thing).lower().replace("ё", "е")
    return all(word in name for word in words)


def _somewhere(word: str) -> Q:
    """Products that have the word in their name, that of an option or of an answer."""
    options = Option.objects.filter(product=OuterRef("pk"))
    answers = OptionChoice.objects.filter(option__product=OuterRef("pk"))
    inside = (rows.alias(folded=FOLDED).filter(folded__contains=word) for rows in (options, answers))
    return reduce(or_, (Q(Exists(rows)) for rows in inside), Q(folded__contains=word))
