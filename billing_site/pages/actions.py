"""Verbs about lists as people keep them."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from billing_site.pages.models import ListSetup, SavedView

QUERY_LIMIT: int = SavedView._meta.get_field("query").max_length or 0


def _store(view: SavedView) -> SavedView:
    """Save a view; the database says whether its name is free. Raises Refused at "label"."""
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as clash:
        raise Refused(_("You have a view of this name already."), "label") from clash
    return view


@transaction.atomic
def save_view(page: str, *, label: str, query: str, shared: bool, first: bool, by: User) -> SavedView:
    """A new view of the list `page`; `first`: the list opens with it for its author."""
    if len(query) > QUERY_LIMIT:
        raise Refused(_("This filter is too long to be kept: make it shorter."))
    view = _store(SavedView(page=page, label=label, query=query, shared=shared, owner=by))
    _put_first(view, first, by)
    record("pages.view_saved", view, by=by, label=label, shared=shared)
    return view


@transaction.atomic
def change_view(view: SavedView, *, label: str, shared: bool, first: bool, by: User) -> SavedView:
    """Another name, shown to others or not, first or not. A colleague's view can only be made first."""
    if view.owner_id == by.pk and (view.label, view.shared) != (label, shared):
        view.label, view.shared = label, shared
        _store(view)
        record("pages.view_changed", view, by=by, label=label, shared=shared)
    _put_first(view, first, by)
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: User) -> None:
    """Only by its author, or by an administrator when the author left."""
    if view.owner_id != by.pk and not by.is_superuser:
        raise Refused(_("Only the author of a view may delete it."))
    record("pages.view_deleted", view, by=by, label=view.label)
    view.delete()


def _put_first(view: SavedView, first: bool, by: User) -> None:
    if first:
        ListSetup.objects.update_or_create(user=by, page=view.page, defaults={"default_view": view})
    else:
        ListSetup.objects.filter(user=by, page=view.page, default_view=view).update(default_view=None)


def arrange(page: str, *, columns: Sequence[str], density: str, size: int | None, by: User) -> ListSetup:
    """Keep the columns, the density and the rows of a page; no columns mean those the list declares."""
    setup, _made = ListSetup.objects.update_or_create(
        user=by, page=page, defaults={"columns": list(columns), "density": density, "size": size}
    )
    return setup
