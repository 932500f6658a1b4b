"""Clients from XLSX or CSV: load, look at what would happen, import."""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing_site.journal import jobs
from billing_site.kit.errors import Refused
from billing_site.pages.bulk import AT_ONCE
from billing_site.pages.exports import CSV, write_csv
from billing_site.pages.views import FormPage
from clients import importing
from tickets import managing

SALT = "clients.import"
SHOWN = 200  # rows with errors on the page


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSX or CSV, up to 10,000 rows; the first line holds the names of the columns."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class ClientImport(FormPage):
    """POST shows what the file would do; nothing is changed before "Import"."""

    permission, title, menu = "clients.import_client", _("Import clients"), "clients"
    crumbs = ((_("Clients"), "client-list"),)
    form_class, template_name, submit_label = ImportForm, "clients/import.html", _("Check the file")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "sample" not in request.GET:
            return super().get(request)
        file = io.BytesIO()
        write_csv(file, importing.sample(), [])
        answer = HttpResponse(file.getvalue(), content_type=CSV)
        answer["Content-Disposition"] = 'attachment; filename="clients.csv"'
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = None
        form = self.build_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(form)
        data = form.cleaned_data["file"].read()
        try:
            sheet = importing.check(data, self.request.user)
        except Refused as refused:
            form.add_error(refused.field, refused.message)
            return self.answer(form)
        kept = {"file": importing.keep(data), "good": len(sheet.good), "rows": len(sheet.rows)}
        return self.answer(self.build_form(), **shown(sheet), kept=signing.dumps(kept, salt=SALT))


def shown(sheet: importing.Sheet) -> dict[str, Any]:
    return {
        "sheet": sheet, "bad": sheet.bad[:SHOWN], "more": max(len(sheet.bad) - SHOWN, 0),
        "job": len(sheet.good) > AT_ONCE,
    }  # fmt: skip


class ClientImportRun(ClientImport):
    """Imports the checked file: at once, or as a job when it is long."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("client-import")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = None
        try:
            kept = signing.loads(request.POST.get("kept", ""), salt=SALT)
            if kept["good"] <= AT_ONCE:
                return self.imported(importing.check(importing.kept(kept["file"]), self.request.user))
        except (signing.BadSignature, Refused):
            messages.error(request, _t("The file is gone: load it again."))
            return redirect("client-import")
        title = _t("Import of clients")
        job = jobs.start("clients.import", title, by=self.request.user, total=kept["rows"], file=kept["file"])
        messages.success(request, _t("Started: you may go on, the bell tells when it is ready."))
        return redirect("job-detail", job.pk)

    def imported(self, sheet: importing.Sheet) -> HttpResponse:
        good = sheet.good
        for row in good:
            if why := importing.carry_out(row, self.request.user, managing.change_client):
                row.errors.append(why)
        done = len(sheet.good)
        told = ngettext("%(n)s row is imported.", "%(n)s rows are imported.", done) % {"n": done}
        messages.success(self.request, told)
        if not sheet.bad:
            return redirect("client-list")
        return self.answer(self.build_form(), **shown(sheet), done=True)
