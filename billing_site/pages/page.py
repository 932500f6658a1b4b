"""What all pages share: a right, a title, breadcrumbs, rows inside the user's scope."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.views import View

from billing_site.pages.access import demand
from billing_site.pages.addresses import known
from billing_site.pages.requests import PanelRequest

Crumb = tuple[str | Promise, str | None]


class Page(View):
    """A page of the panel.

    `permission` is required (SIGNED_IN for pages of everybody); `title` is the heading; `crumbs` are pairs of
    (label, URL name) above it; `menu` names the section of the menu that is open ("clients", "billing" …).
    """

    request: PanelRequest
    permission: str | None = None
    title: str | Promise = ""
    crumbs: Sequence[tuple[str | Promise, str]] = ()
    menu: str = ""
    template_name: str = ""
    public = False

    @classmethod
    def as_view(cls, **initkwargs: Any):
        if cls.permission is None and not cls.public:
            raise ImproperlyConfigured(f"{cls.__name__} must name its permission or be public")
        view: Any = super().as_view(**initkwargs)
        view.permission, view.public = cls.permission, cls.public
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.public:
            demand(request.user, self.permission or "")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self, obj: Any = None) -> str:
        return str(self.title or obj or "")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        """Pairs of (label, address or None) above the title."""
        return [(label, known(name)) for label, name in self.crumbs]

    def frame(self, obj: Any = None) -> dict[str, Any]:
        """What every template of a page gets."""
        return {"title": self.get_title(obj), "crumbs": self.get_crumbs(obj), "menu_open": self.menu}


class ObjectPage(Page):
    """A page about one object: `model` or `queryset`, found by `pk` in the address, 404 outside the scope."""

    model: type[Model] | None = None
    queryset: QuerySet | None = None

    def get_queryset(self) -> QuerySet:
        """All rows of the model inside the user's scope."""
        found: Any
        if self.queryset is not None:
            found = self.queryset.all()
        elif self.model is not None:
            found = self.model._default_manager.all()
        else:
            raise ImproperlyConfigured(f"{type(self).__name__} must name its model or queryset")
        return found.visible_to(self.request.user) if hasattr(found, "visible_to") else found

    def get_object(self) -> Any:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
