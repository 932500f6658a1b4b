"""Pages of one object: seen, filled in, asked about, loaded as a panel. Lists stand in lists.py."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.kit.errors import Refused
from billing_site.pages.access import SIGNED_IN, needs, public
from billing_site.pages.addresses import is_ours
from billing_site.pages.layout import helper_of, native_dates, quick_selects
from billing_site.pages.lists import Bulk, Create, ListPage
from billing_site.pages.page import ObjectPage, Page
from billing_site.pages.refusals import told_by_database

__all__ = [
    "SIGNED_IN", "ActionPage", "Bulk", "Create", "DetailPage", "FormPage", "ListPage", "ObjectPage", "Page",
    "PanelView", "needs", "public", "send_file",
]  # fmt: skip
Text = str | Promise


class DetailPage(ObjectPage):
    """A page that shows one object: `template_name` extends pages/detail.html."""

    template_name = "pages/detail.html"
    base_template = "base.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = obj = self.get_object()
        context = {**self.frame(obj), "base_template": self.base_template, "object": obj}
        return render(request, self.template_name, {**context, **self.get_context(obj)})

    def get_context(self, obj: Any) -> dict[str, Any]:
        """What the template needs beside `object`."""
        return {}


class PanelView(ObjectPage):
    """A fragment with an address of its own, put into any page by {% panel %}."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = obj = self.get_object()
        return render(request, self.template_name, {"object": obj, **self.get_context(obj)})

    def get_context(self, obj: Any) -> dict[str, Any]:
        return {}


class FormPage(ObjectPage):
    """One page, one form, one verb.

    `perform(form, by)` calls the verb and returns its object. What the verb or the database refuses is shown
    at its field (or on top), and nothing typed is lost. Without `pk` in the address it makes a new object.
    """

    form_class: type[forms.BaseForm]
    template_name = "pages/form.html"
    base_template = "base.html"
    submit_label: Text = _("Save")
    success_message: Text = _("Saved.")

    def get_object(self) -> Any:
        return super().get_object() if "pk" in self.kwargs else None

    def get_initial(self) -> dict[str, Any]:
        return {}

    def get_form_kwargs(self) -> dict[str, Any]:
        """More arguments of the form; a ModelForm gets its `instance` by itself."""
        return {}

    def get_context(self, obj: Any) -> dict[str, Any]:
        return {}

    def perform(self, *args: Any, **kwargs: Any) -> Any:
        """The verb: `perform(form, by)` here, `perform(obj, by, data)` of an ActionPage."""
        raise NotImplementedError

    def get_success_url(self, obj: Any) -> str:
        raise NotImplementedError

    def get_cancel_url(self, obj: Any) -> str | None:
        """Where "Cancel" goes: the last breadcrumb that leads somewhere."""
        return next((address for _label, address in reversed(self.get_crumbs(obj)) if address), None)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        return self.answer(self.build_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        form = self.build_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(form)
        try:
            made = self.perform(form, request.user)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            return self.answer(form)
        except IntegrityError as refused:
            form.add_error(None, told_by_database(refused))
            return self.answer(form)
        if self.success_message:
            messages.success(request, str(self.success_message))
        return redirect(self.get_success_url(made))

    def build_form(self, *data: Any) -> forms.BaseForm:
        arguments: dict[str, Any] = {"initial": self.get_initial(), **self.get_form_kwargs()}
        if issubclass(self.form_class, forms.BaseModelForm) and self.object is not None:
            arguments.setdefault("instance", self.object)
        return quick_selects(native_dates(self.form_class(*data, **arguments)))

    def answer(self, form: forms.BaseForm, **more: Any) -> HttpResponse:
        context = {
            **self.frame(self.object),
            "base_template": self.base_template,
            "object": self.object,
            "form": form,
            "helper": self.helper(form),
            "submit_label": self.submit_label,
            "cancel_url": self.get_cancel_url(self.object),
            **more,
        }
        return render(self.request, self.template_name, {**context, **self.get_context(self.object)})

    def helper(self, form: forms.BaseForm) -> FormHelper:
        return helper_of(form)


class ActionPage(FormPage):
    """A deed on an object that deserves a question: GET explains, POST does it.

    `perform(obj, by, data)`; `data` is the form's clean values when there is a `form_class`, else empty.
    Refused → the message is shown where the user came from.
    """

    form_class: type[forms.BaseForm] = forms.Form
    template_name = "pages/action.html"
    explanation: Text = ""
    submit_label: Text = _("Do it")
    success_message: Text = _("Done.")
    danger = False

    def get_explanation(self, obj: Any) -> str:
        return str(self.explanation)

    def get_cancel_url(self, obj: Any) -> str:
        """Where the user came from, if that is one of our pages; else the object's page."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        if is_ours(self.request, wanted):
            return wanted
        return self.get_success_url(obj)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        form = self.build_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(form)
        try:
            made = self.perform(self.object, request.user, form.cleaned_data)
        except Refused as refused:
            if refused.field in form.fields:
                form.add_error(refused.field, refused.message)
                return self.answer(form)
            messages.error(request, refused.message)
            return redirect(self.get_cancel_url(self.object))
        if self.success_message:
            messages.success(request, str(self.success_message))
        return redirect(self.get_success_url(made or self.object))

    def answer(self, form: forms.BaseForm, **more: Any) -> HttpResponse:
        explanation = self.get_explanation(self.object)
        return super().answer(form, explanation=explanation, danger=self.danger, **more)


def send_file(storage_name: str, name: str, content_type: str = "application/octet-stream") -> FileResponse:
    """A stored file as a download that no browser tries to understand. Raises Http404 when it is gone."""
    try:
        file = default_storage.open(storage_name, "rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
