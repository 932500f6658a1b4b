"""How the reader sees a list: the columns, density, page size and first view that he chose for himself."""

from collections.abc import Sequence
from typing import Any

from billing_site.office.models import User
from billing_site.pages.models import ListSetup
from billing_site.pages.tables import Column

SIZES = (25, 50, 100, 200)


def setup_of(user: User, page: str) -> ListSetup:
    """What the user keeps for the list, an empty setup when he never chose."""
    kept = ListSetup.objects.filter(user=user.pk, page=page).select_related("default_view").first()
    return kept or ListSetup(page=page)


def size_of(wanted: str, setup: ListSetup, declared: int) -> int:
    """Rows on a page: what the address asks for, else what was chosen, else as declared."""
    if wanted.isdecimal() and len(wanted) < 4 and int(wanted) in SIZES:
        return int(wanted)
    return setup.size or declared


def sizes_offered(size: int, declared: int) -> list[dict[str, Any]]:
    return [{"rows": rows, "chosen": rows == size} for rows in sorted({*SIZES, declared})]


def columns_offered(columns: Sequence[Column], visible: Sequence[Column]) -> list[dict[str, Any]]:
    """All columns of a list and whether each is shown."""
    shown = {column.key for column in visible}
    return [{"key": one.key, "label": one.label, "shown": one.key in shown} for one in columns]


def densities_offered(setup: ListSetup) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "chosen": value == setup.density}
        for value, label in ListSetup.Density.choices
    ]
