"""Field history: one way of asking pghistory for it."""

from collections.abc import Callable

import pghistory
from django.db import models


def keep_history(*fields: str) -> Callable[[type[models.Model]], type[models.Model]]:
    """Class decorator: every update and delete of the named fields leaves a row, bulk and raw SQL included.

    The event model is called `<Model>History`. Statement level, because a bulk update of 10,000 rows
    then costs one trigger call. Never name secrets, counters or derived columns here.
    """

    def track(model: type[models.Model]) -> type[models.Model]:
        return pghistory.track(
            pghistory.UpdateEvent(row=pghistory.Old, level=pghistory.Statement),
            pghistory.DeleteEvent(level=pghistory.Statement),
            fields=list(fields),
            model_name=f"{model.__name__}History",
            meta={"default_permissions": ()},
        )(model)

    return track
