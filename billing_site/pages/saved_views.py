"""Pages that keep how people see their lists: saved views, and the setup of columns and rows."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from billing_site.pages import actions
from billing_site.pages.access import SIGNED_IN, needs
from billing_site.pages.addresses import changed
from billing_site.pages.arrangement import SIZES
from billing_site.pages.list_address import ListAddress
from billing_site.pages.models import ListSetup, SavedView
from billing_site.pages.page import Crumb
from billing_site.pages.requests import PanelRequest
from billing_site.pages.tabs import EVERYTHING, kept_query
from billing_site.pages.views import ActionPage, FormPage


@require_POST
@needs(SIGNED_IN)
def arrange(request: PanelRequest) -> HttpResponse:
    """Keep what was chosen for a list, then back to it."""
    place = ListAddress(request, request.POST.get("next", ""))
    chosen = QueryDict() if "reset" in request.POST else request.POST
    size, density = chosen.get("size", ""), chosen.get("density", "")
    actions.arrange(
        place.page,
        columns=place.columns(chosen.getlist("column")),
        density=density if density in ListSetup.Density.values else ListSetup.Density.DENSE,
        size=int(size) if size in map(str, SIZES) else None,
        by=request.user,
    )
    return redirect(place.path + changed(place.query, cols=None, size=None))


class SavedViewForm(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("Stands as a tab above the list."))
    shared = forms.BooleanField(
        label=_("Colleagues see it"), required=False,
        help_text=_("Each sees only what his own rights show."),
    )  # fmt: skip
    first = forms.BooleanField(
        label=_("Open the list with it"), required=False, help_text=_("For you only, whoever made the view.")
    )


class ViewNew(FormPage):
    """The filter of the list at ?next= under a name."""

    permission, title, form_class = SIGNED_IN, _("Save the view"), SavedViewForm
    success_message = _("The view is saved: it stands as a tab above the list.")

    @property
    def place(self) -> ListAddress:
        return ListAddress(self.request, self.request.GET.get("next", ""))

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        place = self.place
        return [(place.view.title, place.path + changed(place.query))]

    def perform(self, form: SavedViewForm, by: Any) -> SavedView:
        place = self.place
        columns = place.query.get("cols", "").split(",") if "cols" in place.query else []
        if not columns:
            kept = ListSetup.objects.filter(user=by, page=place.page).first()
            columns = kept.columns if kept else []
        query = kept_query(place.query, place.columns(columns) if columns else [])
        return actions.save_view(place.page, query=query, by=by, **form.cleaned_data)

    def get_success_url(self, obj: SavedView) -> str:
        return f"{self.place.path}?{obj.query or EVERYTHING}"


class ViewPage(FormPage):
    """A saved view that the user sees; the list it belongs to is where its buttons lead."""

    permission, model = SIGNED_IN, SavedView

    def get_queryset(self) -> QuerySet:
        return SavedView.objects.seen_by(self.request.user).select_related("owner")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        address = reverse(self.object.page)
        view: Any = resolve(address).func
        return [(view.view_class.title, address)]

    def get_success_url(self, obj: Any) -> str:
        return f"{reverse(self.object.page)}?{self.object.query or EVERYTHING}"


class ViewEdit(ViewPage):
    title, form_class, template_name = _("Saved view"), SavedViewForm, "pages/view_form.html"

    def build_form(self, *data: Any) -> forms.BaseForm:
        form = super().build_form(*data)
        if self.object.owner_id != self.request.user.pk:  # a colleague's: only whether it comes first
            form.fields["label"].disabled = form.fields["shared"].disabled = True
        return form

    def get_initial(self) -> dict[str, Any]:
        first = ListSetup.objects.filter(user=self.request.user, default_view=self.object)
        return {"label": self.object.label, "shared": self.object.shared, "first": first.exists()}

    def get_context(self, obj: SavedView) -> dict[str, Any]:
        return {"mine": obj.owner_id == self.request.user.pk}

    def perform(self, form: SavedViewForm, by: Any) -> SavedView:
        return actions.change_view(self.object, by=by, **form.cleaned_data)


class ViewDelete(ActionPage):
    permission, model, title, danger = SIGNED_IN, SavedView, _("Delete the view"), True
    explanation = _(
        "The tab goes away, for colleagues too if they see it. Rows of the list stay as they are."
    )
    submit_label, success_message = _("Delete"), _("View deleted.")

    def get_queryset(self) -> QuerySet:
        return SavedView.objects.seen_by(self.request.user)

    def perform(self, obj: SavedView, by: Any, data: dict[str, Any]) -> None:
        actions.delete_view(obj, by=by)

    def get_success_url(self, obj: SavedView) -> str:
        return reverse(obj.page)
