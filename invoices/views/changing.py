"""The dialog Change: a new total, what it costs and brings, one button. Proof cards: what money changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.pages import formats
from billing_site.pages.addresses import known
from billing_site.pages.page import Crumb
from billing_site.pages.subjects import service_crumbs
from billing_site.pages.views import ActionPage, DetailPage, FormPage, ListPage
from clients.models import clients_seen_by
from invoices import billing
from invoices.filters import ProofFilter
from invoices.forms import ChangeForm
from invoices.models import Invoice, Line, ProofCard
from invoices.tables import ProofTable
from products import actions as products
from products.models import Handover, Option, Service

# Where a refusal of the verb stands in the form.
FIELDS = {"option": "what", "thing": "what", "quantity": "becomes", "cycle": "price"}
GIVEN = "what", "becomes", "on"  # fields that a link to the dialog may fill


class ServiceChange(FormPage):
    """Typing asks the same address for the preview; the button writes exactly what was previewed."""

    permission, menu = "products.change_service", "clients"
    queryset = Service.objects.select_related("client", "payer", "product__seller")
    form_class, template_name = ChangeForm, "invoices/changing/change.html"
    fragment_name = "invoices/changing/_preview.html"
    title, submit_label = _("Change the service"), _("Make the draft")
    success_message = _("The draft is made. Nothing has been sent.")

    @cached_property
    def held(self) -> dict[Option | None, int]:
        """What may grow: the service's own units and each option, with what there is now."""
        units = products.held(self.object)
        options = [
            option
            for option in self.object.product.options.prefetch_related("choices")
            if option.active or units.get(option.pk)
        ]
        return {option: units.get(option.pk if option else None, 0) for option in (None, *options)}

    def get_crumbs(self, obj: Any = None) -> list[Crumb]:
        return service_crumbs(obj)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().get(request, *args, **kwargs)
        self.object = self.get_object()
        form = self.build_form(request.GET)
        return render(request, self.fragment_name, {**self.preview(form), "form": form, "swap": True})

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "service": self.object,
            "options": [option for option in self.held if option],
            "unpaid": billing.unpaid_renewal(self.object),
            "companions": billing.companions_of(self.object),
        }

    def get_initial(self) -> dict[str, Any]:
        given = {
            name: self.request.GET[name] for name in ("what", "becomes", "on") if name in self.request.GET
        }
        return {"on": clock.today(), **given}

    def get_context(self, obj: Service) -> dict[str, Any]:
        return {"service": obj, "client": obj.client, "held": list(self.held.items())}

    def answer(self, form: Any, **more: Any) -> HttpResponse:
        return super().answer(form, **self.preview(form), **more)

    def preview(self, form: Any) -> dict[str, Any]:
        """What the button would do now: `change`, or why not: `refused`; nothing while little is typed."""
        shown: dict[str, Any] = {"service": self.object, "client": self.object.client}
        if not form.is_bound or set(form.errors) - {NON_FIELD_ERRORS}:
            return shown
        try:
            change = self.quote(form)
            together = billing.quote_companions(change)
            changes = [change, *form.ticked(together)]
            return {
                **shown, "change": change, "lines": list(priced(change)),
                "seen": billing.fingerprint_of(changes),
                "everything": sum((one.total for one in changes), Decimal(0)) if len(changes) > 1 else None,
                "together": [(one, one in form.left(together), _lines(one)) for one in together],
            }  # fmt: skip
        except Refused as why:
            return {**shown, "refused": why.message}

    def quote(self, form: ChangeForm) -> billing.Change:
        data = form.cleaned_data
        return billing.quote_change(
            self.object, data["becomes"], on=data["on"], option=data["what"], price=data["price"],
            because=data["because"], discount=data["discount"], way=data.get("way") or billing.Way.ADDITION,
            choice=data["choice"], promo=data["promo"],
        )  # fmt: skip

    def perform(self, form: ChangeForm, by: Any) -> Invoice:
        try:
            change = self.quote(form)
            together = billing.quote_companions(change)
            return billing.change_together(
                [change, *form.ticked(together)], by=by, seen=form.cleaned_data["seen"],
                left=[one.name for one in form.left(together)], without=form.cleaned_data.get("without", ""),
            )  # fmt: skip
        except Refused as why:
            raise Refused(why.message, FIELDS.get(why.field or "", why.field)) from why

    def get_success_url(self, obj: Invoice) -> str:
        return known("invoice-detail", obj.pk) or reverse("service-detail", args=[self.object.pk])


@dataclass(frozen=True)
class Priced:
    """A line of the preview: its arithmetic with sums as sums, and the invoice it joins, if any."""

    line: Line
    steps: list[dict[str, Any]]
    joins: Invoice | None
    place: str | Promise


def priced(change: billing.Change) -> Iterator[Priced]:
    """The lines as `change_service` will place them."""
    for line, home in change.placed:
        steps = [{"text": step["text"], "amount": Decimal(step["amount"])} for step in line.why]
        yield Priced(line, steps, home, _place(change, home))


def _lines(one: billing.Together) -> list[Priced]:
    return list(priced(one.change)) if one.change else []


def _place(change: billing.Change, home: Invoice | None) -> str | Promise:
    if home is None:
        return _("into a new additional invoice")
    if home.status != Invoice.Status.DRAFT:
        return _("into a revision of the unpaid invoice")
    return _("into the drafted renewal") if home == change.following else _("into today's additional draft")


class ProofList(ListPage):
    """Additional invoices on control (R5.3): what was paid and nobody has looked at, then what is unpaid."""

    permission, title, menu = "invoices.look_proof", _("Payments to look through"), "billing"
    table, filterset = ProofTable, ProofFilter
    default_order = ("-proof_waits", "-id")
    search_fields = ("client__name_key", "number")
    search_hint = _("Client or invoice number")
    tabs = (
        (_("On control"), ""),
        (_("Paid, not looked through"), "state=unseen"),
        (_("Additional, unpaid"), "state=unpaid"),
        (_("Looked through"), "state=seen"),
        (_("Main and one-off"), "state=others"),
    )
    empty_text = _("Nothing is on control: additional invoices are paid and looked through.")

    @cached_property
    def order(self) -> tuple[str, ...]:
        """What is on control as its index has it; what has been, the newest card first."""
        past = self.request.GET.get("state") in ("seen", "others")
        return ("-proof__id",) if past else super().order

    def get_queryset(self) -> QuerySet:
        turn = Case(
            When(proof_waits=True, then=2),
            When(role=Invoice.Role.ADDON, status=Invoice.Status.ISSUED, then=1),
            When(Exists(ProofCard.objects.filter(invoice=OuterRef("pk"), seen_at__isnull=False)), then=0),
            default=-1,
        )
        rows = Invoice.objects.annotate(turn=turn)
        return rows if self.request.GET.get("state") else rows.on_control()


def cards_of(user: Any) -> QuerySet[ProofCard]:
    """Proof cards inside the user's scope."""
    whole = ProofCard.objects.select_related(
        "invoice__client", "invoice__payer", "invoice__seller", "seen_by"
    )
    return whole.filter(clients_seen_by(user, "invoice__client__"))


class ProofPage(DetailPage):
    """One card: each service before → after, the invoice, its money, who has looked at it."""

    permission, menu = "invoices.look_proof", "billing"
    crumbs = ((_("Payments to look through"), "proof-list"),)
    template_name = "invoices/changing/proof.html"

    def get_queryset(self) -> QuerySet[ProofCard]:
        return cards_of(self.request.user)

    def get_title(self, obj: Any = None) -> str:
        return _t("What the payment of %(invoice)s changed") % {"invoice": obj.invoice}

    def get_context(self, obj: ProofCard) -> dict[str, Any]:
        invoice = obj.invoice
        return {
            "invoice": invoice,
            "proofs": [compared(fact) for fact in obj.facts],
            "lines": invoice.revision.lines.select_related("batch__option"),
            "allocations": invoice.allocations.select_related("payment").order_by("pk"),
            "handovers": Handover.objects.filter(
                batch__lines__revision=invoice.current_id, batch__lines__live=True
            ).distinct().order_by("pk"),
        }  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """A service before and after the payment; `rows` are (label, before, after) as text."""

    service: int
    name: str
    rows: list[tuple[str, str, str]]


def compared(fact: dict[str, Any]) -> Compared:
    """One fact of a card (invoices.billing.proving) as people read it."""
    before, after = fact["before"], fact["after"]
    unit = after.get("unit", "")
    packs = dict.fromkeys([*before.get("options", {}), *after.get("options", {})])
    shown: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        (_t("Status"), lambda one: str(Service.Status(one["status"]).label)),
        (_t("Units"), lambda one: _held(one["units"], one.get("units_paid"), unit)),
        *((name, partial(_packs, name)) for name in packs),
        (_t("Recurring"), lambda one: formats.money(Decimal(one["recurring"]))),
        (_t("Paid up to"), lambda one: _last_day(one["paid_until"])),
    ]
    rows = [(label, told(before), told(after)) for label, told in shown]
    return Compared(fact["service"], after["name"], rows)


def _packs(option: str, snapshot: dict[str, Any]) -> str:
    paid = snapshot.get("options_paid", {}).get(option)
    return _held(snapshot.get("options", {}).get(option, 0), paid, "")


def _held(units: int, paid: int | None, unit: str) -> str:
    """Units that the client has; of them paid, when support has given more."""
    shown = f"{units} {unit}".strip()
    if paid is None or paid == units:
        return shown
    return _t("%(units)s, of them paid %(paid)s") % {"units": shown, "paid": paid}


def _last_day(paid_until: str | None) -> str:
    """The stored first unpaid day as people say it: the last paid one."""
    return formats.day(date.fromisoformat(paid_until) - timedelta(days=1)) if paid_until else formats.NOTHING


class ProofSeen(ActionPage):
    """Mark a card as looked through; back to those that are left."""

    permission, menu = "invoices.look_proof", "billing"
    crumbs = ((_("Payments to look through"), "proof-list"),)
    title, submit_label = _("Looked through"), _("Looked through")
    explanation = _("What the payment changed is right. The card leaves the list of what is on control.")
    success_message = _("Marked as looked through.")

    def get_queryset(self) -> QuerySet[ProofCard]:
        return cards_of(self.request.user)

    def perform(self, obj: ProofCard, by: Any, data: dict[str, Any]) -> ProofCard:
        return billing.look_through(obj, by=by)

    def get_success_url(self, obj: Any) -> str:
        return reverse("proof-list")
