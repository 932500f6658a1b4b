"""The drift list (R3.6): what differs from what its parts say, why, and a repair that shows itself first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Job
from billing_site.kit.errors import Refused
from billing_site.pages import formats
from billing_site.pages.access import may
from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.tables import (
    Column,
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    Row,
    ShownRow,
    Table,
    TextColumn,
)
from billing_site.pages.views import ActionPage, FormPage, ListPage, PanelView
from invoices import billing
from invoices.filters import DriftFilter
from invoices.forms import RepairForm
from invoices.models import Drifted, Invoice
from products import drift
from products.drift import SUMS, Drift, Kind
from products.models import Cycle, Service


@dataclass(frozen=True)
class Found:
    """A finding as people read it."""

    drift: Drift

    @property
    def what(self) -> str:
        return str(self.drift.kind.label)

    @property
    def has_sums(self) -> bool:
        return self.drift.kind in SUMS

    @property
    def words(self) -> list[str]:
        """Why, one sentence each."""
        one = self.drift
        said = [_part_in_words(part, one.service) for part in one.parts if part.differs]
        if one.companion:
            said.append(
                _t("“%(what)s”: there are %(has)s, needed are %(needs)s")
                % {"what": one.companion, "has": one.has, "needs": one.needs}
            )
        elif one.sibling:
            said.append(_sibling_in_words(one, one.sibling))
        if one.kind == Kind.UNPAID:
            said.append(_t("It runs, and nothing that is billed covers today."))
        return said

    @property
    def url(self) -> str:
        """Where the repair is shown: of companions by the dialogs that change what is held."""
        one = self.drift
        if one.companion:
            if one.sibling is None:
                return f"{reverse('order-new')}?client={one.service.client_id}"
            dialog = "service-change" if one.has < one.needs else "service-plan"
            option = one.companion.companion_option_id or ""
            return f"{reverse(dialog, args=[one.sibling.pk])}?what={option}&becomes={one.needs}"
        return reverse("drift-repair", args=[self.drift.service.pk, str(self.drift.kind)])


def _part_in_words(part: drift.Expected, service: Service) -> str:
    said = _t("%(what)s: stored %(stored)s, expected %(words)s = %(amount)s") % {
        "what": part.batch.option or service.product.name,
        "stored": formats.money(part.stored, service.client.currency),
        "words": drift.told(part),
        "amount": formats.money(part.amount, service.client.currency),
    }
    if part.other_cycle:
        said += ". " + _t("The price is that of a %(other)s, the service is billed for a %(cycle)s") % {
            "other": Cycle(part.other_cycle).label,
            "cycle": service.get_cycle_display(),
        }
    return said


def _sibling_in_words(one: Drift, sibling: Service) -> str:
    facts = {
        "service": sibling.product.name,
        "no": sibling.pk,
        "recurring": formats.money(sibling.recurring, one.service.client.currency),
        "day": formats.day(sibling.last_paid_day),
    }
    if one.kind == Kind.ENDS:
        return _t("“%(service)s” No. %(no)s is paid up to %(day)s") % facts
    return _t("Stands beside “%(service)s” No. %(no)s, %(recurring)s") % facts


CURRENCY = "service__client__currency"


def _service(row: Row) -> str:
    told = f"№\u00a0{row['service_id']} · {Cycle(row['service__cycle']).label}"
    return format_html('{}<div class="small muted">{}</div>', row["service__product__name"], told)


def _why(row: Row) -> str:
    what, seen = Kind(row["kind"]).label, row["seen"]
    words = [word for one in seen for word in one.words] if seen else [_t("It has been put right since.")]
    return format_html(
        '<div class="why">{}{}</div>',
        what,
        format_html_join("", '<div class="small muted">{}</div>', ((word,) for word in words)),
    )


def _sum(key: str) -> Callable[[Row], str]:
    def told(row: Row) -> str:
        return formats.money(row[key], row[CURRENCY]) if row["kind"] in SUMS else formats.NOTHING

    return told


def _put_right(row: Row) -> str:
    if not row["seen"]:
        return ""
    return format_html('<a href="{}">{}</a>', row["seen"][0].url, _("Put right"))


def _last_day(row: Row) -> date | None:
    until: date | None = row["service__paid_until"]
    return until - timedelta(days=1) if until else None


class DriftTable(Table):
    """What the last look found; reasons of the shown rows are looked up now, the same few queries for all."""

    columns: Sequence[Column] = (
        LinkColumn("service", _("Service"), fields=("service__product__name", "service_id", "service__cycle"),
                   cell=_service, link=lambda row: reverse("service-detail", args=[row["service_id"]])),
        TextColumn("client", _("Client"), fields=("service__client__name", "service__client_id"),
                   link=lambda row: reverse("client-detail", args=[row["service__client_id"]])),
        TextColumn("kind", _("What is wrong"), cell=_why, export=lambda row: str(Kind(row["kind"]).label)),
        MoneyColumn("stored", _("Stored"), cell=_sum("stored"), currency=CURRENCY),
        MoneyColumn("expected", _("Expected"), cell=_sum("expected"), currency=CURRENCY),
        MoneyColumn("difference", _("Differs by"), cell=_sum("difference"), currency=CURRENCY,
                    sort="difference", sum="difference"),
        DateColumn("paid_until", _("Paid up to"), fields=("service__paid_until",), align="end",
                   cell=lambda row: formats.day(_last_day(row)), export=_last_day, hidden=True),
        TextColumn("manager", _("Manager"), fields=("service__client__account_manager__name",), hidden=True),
        MomentColumn("looked_at", _("Looked at"), hidden=True),
    )  # fmt: skip
    reads = ("service_id", "kind")

    def shown(self, rows: Iterable[Row]) -> list[ShownRow]:
        listed = list(rows)
        found: dict[tuple[int, str], list[Found]] = defaultdict(list)
        for one in billing.drifts_of(*{row["service_id"] for row in listed}):
            found[one.service.pk, str(one.kind)].append(Found(one))
        return super().shown({**row, "seen": found.get((row["service_id"], row["kind"]))} for row in listed)

    def css(self, row: Row) -> str:
        return "" if row["seen"] else "muted"


class RepairTable(DriftTable):
    """The same for who may put right."""

    columns = (
        *DriftTable.columns,
        TextColumn("deed", _("What can be done"), fields=("id",), cell=_put_right),
    )


class DriftList(ListPage):
    """What drifted, as the last look through all services found it."""

    permission, title, menu = "products.view_service", _("Drifted sums and dates"), "clients"
    crumbs = ((_("Services"), "service-list"),)
    queryset, table, filterset = Drifted.objects.all(), DriftTable, DriftFilter
    default_order = ("id",)
    search_fields = ("service__client__name_key",)
    search_hint = _("Client")
    template_name = "invoices/drift/list.html"
    empty_text = _("Nothing has drifted: sums, ends and prices are what their parts say.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if may(self.request.user, "products.change_service"):
            self.table = RepairTable

    def context(self) -> dict[str, Any]:
        looked = Job.objects.filter(kind=billing.LOOK, state=Job.State.DONE).order_by("-pk").first()
        return {**super().context(), "looked": looked}


class LookForDrifts(ActionPage):
    """A look through all services now; it happens every night anyway."""

    permission, menu = "products.change_service", "clients"
    crumbs = ((_("Drifted sums and dates"), "drift-list"),)
    title, submit_label = _("Look through all services"), _("Look through")
    explanation = _(
        "The services of every client are compared with what they are made of. Nothing is changed: the list "
        "shows what was found. You may go on meanwhile."
    )
    success_message = _("Started: you may go on, the bell tells when it is ready.")

    def perform(self, obj: None, by: Any, data: dict[str, Any]) -> Job:
        return billing.start_look(by=by)

    def get_success_url(self, obj: Job | None) -> str:
        return reverse("job-detail", args=[obj.pk]) if obj else reverse("drift-list")


class ServiceDrift(PanelView):
    """What drifted in one service, under "explain this amount"; nothing when all is as its parts say."""

    permission, model, template_name = "products.view_service", Service, "invoices/drift/_service.html"

    def get_context(self, obj: Service) -> dict[str, Any]:
        return {"rows": [Found(one) for one in billing.drifts_of(obj.pk)], "client": obj.client}


class DriftRepair(FormPage):
    """What the repair will do; the button does exactly that."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "product__seller", "payer")
    form_class, template_name = RepairForm, "invoices/drift/repair.html"
    title, submit_label = _("Put the service right"), _("Put it right")
    success_message = _("Put right. Nothing has been sent.")

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return [(_("Drifted sums and dates"), known("drift-list")), *service_crumbs(obj)[1:]]

    def get_object(self) -> Service:
        if self.kwargs["kind"] not in list(Kind):
            raise Http404
        return super().get_object()

    def get_context(self, obj: Service) -> dict[str, Any]:
        shown: dict[str, Any] = {"service": obj, "client": obj.client}
        try:
            repair = billing.quote_repair(obj, self.kwargs["kind"])
        except Refused as why:
            return {**shown, "refused": why.message}
        lines = [
            (line, [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why])
            for line in repair.lines
        ]
        return {**shown, "repair": repair, "row": Found(repair.drift), "lines": lines}

    def perform(self, form: RepairForm, by: Any) -> Invoice | Service:
        quoted = billing.quote_repair(self.object, self.kwargs["kind"])
        return billing.repair(quoted, by=by, seen=form.cleaned_data["seen"]) or self.object

    def get_success_url(self, obj: Invoice | Service) -> str:
        if isinstance(obj, Invoice):
            return reverse("invoice-detail", args=[obj.pk])
        return reverse("service-detail", args=[obj.pk])
