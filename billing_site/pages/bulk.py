"""The page of a deed for many rows: asks, shows what would happen, does it, reports what failed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing_site.pages import many
from billing_site.pages.layout import helper_of, native_dates
from billing_site.pages.list_address import ListAddress
from billing_site.pages.page import Crumb, Page
from billing_site.pages.requests import PanelRequest

AT_ONCE = 200  # more rows run as a job
LIMIT = 20_000
SHOWN = 8
OURS = ("csrfmiddlewaretoken", "ids", "picked", "list", "all", "stage", "planned")


class BulkPage(Page):
    """Rows come ticked (`ids`) or as everything the list found (`all`), with the list's address (`list`).

    `deed` says what is done, `list_name` which list it is offered on. What is carried out is what was shown:
    numbers of the rows travel with the form, and another form value shows the plan again.
    """

    deed: many.Deed
    list_name = ""
    template_name = "pages/bulk.html"

    def get_title(self, obj: Any = None) -> str:
        return str(self.deed.title)

    def get(self, request: PanelRequest) -> HttpResponse:
        return redirect(self.list_name)

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [(self.place.view.title, str(self.place))]

    @cached_property
    def place(self) -> ListAddress:
        return ListAddress(self.request, self.request.POST.get("list") or reverse(self.list_name))

    @cached_property
    def ids(self) -> list[int]:
        """Numbers of the rows, LIMIT + 1 of them at most."""
        if "picked" in self.request.POST:
            typed = self.request.POST["picked"].split(",")
        elif "all" in self.request.POST:
            page = self.place.list()
            return list(page.found.order_by(*page.order).values_list("pk", flat=True)[: LIMIT + 1])
        else:
            typed = self.request.POST.getlist("ids")
        return [int(one) for one in typed[: LIMIT + 1] if one.isdecimal() and len(one) < 19]

    def post(self, request: PanelRequest) -> HttpResponse:
        if trouble := self.trouble():
            messages.warning(request, trouble)
            return redirect(str(self.place))
        stage = request.POST.get("stage") or ("plan" if "picked" in request.POST else "")
        form = native_dates(self.deed.form_class(request.POST if stage else None))
        if not stage or not form.is_valid():
            return self.answer(form)
        shown = request.POST.get("planned") == self.planned()
        if stage != "do" or not shown:
            return self.answer(form, plan=self.deed.plan(self.ids, form.cleaned_data, request.user))
        return self.carry_out(form)

    def trouble(self) -> str:
        if not self.ids:
            return _("Tick some rows first.")
        if len(self.ids) > LIMIT:
            return _("More than %(limit)s rows: please narrow the filter first.") % {"limit": LIMIT}
        return ""

    def planned(self) -> str:
        """The form's values as one word, to know whether the shown plan is still theirs."""
        kept = self.request.POST.copy()
        for name in OURS:
            kept.pop(name, None)
        return kept.urlencode()

    def answer(self, form: forms.BaseForm, plan: many.Plan | None = None) -> HttpResponse:
        context = {
            **self.frame(),
            "base_template": "base.html",
            "form": form,
            "helper": helper_of(form),
            "ids": ",".join(map(str, self.ids)),
            "count": len(self.ids),
            "list": str(self.place),
            "planned": self.planned(),
            "asks": bool(form.fields) and plan is None,
        }
        if plan is not None:
            context |= {
                "plan": plan, "touched": len(plan.rows), "sample": plan.rows[:SHOWN],
                "more": max(len(plan.rows) - SHOWN, 0), "job": len(plan.rows) > AT_ONCE,
                "skipped": [(why, len(rows), rows[:SHOWN]) for why, rows in plan.skipped.items()],
            }  # fmt: skip
        return render(self.request, self.template_name, context)

    def carry_out(self, form: forms.BaseForm) -> HttpResponse:
        ids = [row.pk for row in self.deed.plan(self.ids, form.cleaned_data, self.request.user).rows]
        if len(ids) > AT_ONCE:
            typed = {name: self.request.POST.getlist(name) for name in form.fields}
            flat = {name: values if len(values) > 1 else "".join(values) for name, values in typed.items()}
            job = many.start(self.deed, ids, flat, by=self.request.user)
            messages.success(self.request, _("Started: you may go on, the bell tells when it is ready."))
            return redirect("job-detail", job.pk)
        failures = self.deed.carry_out(ids, form.cleaned_data, self.request.user)
        done = len(ids) - len(failures)
        told = ngettext("Done for %(n)s row.", "Done for %(n)s rows.", done) % {"n": done}
        if not failures:
            messages.success(self.request, told)
            return redirect(str(self.place))
        context = {**self.frame(), "told": told, "failures": failures.items(), "list": str(self.place)}
        return render(self.request, "pages/bulk_report.html", context)
