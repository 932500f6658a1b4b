"""The bank desk: the queue of payments that wait for a person, and what he decides about one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing_site.journal.models import Entry
from billing_site.kit.errors import Refused
from billing_site.pages import formats
from billing_site.pages.views import ActionPage, DetailPage, FormPage, ListPage
from clients.models import Client, Payer
from invoices import matching
from invoices.evidence import OPEN
from invoices.filters import BankLineFilter
from invoices.forms import BecauseForm, SplitForm, typed_invoices
from invoices.models import BankLine, Invoice
from invoices.tables import BankLineTable

DESK = ((_("Bank desk"), "bank-desk"),)
FOUND = 20  # invoices that a search offers
SEARCHED = "payer_name__icontains", "payer_inn", "number", "purpose__icontains"


@dataclass
class Shown:
    """A line as the desk shows it: candidates with their invoices, what one key would do."""

    line: BankLine
    candidates: list[dict[str, Any]] = field(default_factory=list)
    proposal: list[dict[str, Any]] = field(default_factory=list)


def shown(lines: list[BankLine]) -> list[Shown]:
    """Lines with everything their evidence names: two queries for any number of lines."""
    wanted = {one["invoice"] for line in lines for one in line.evidence}
    wanted |= {one["invoice"] for line in lines for one in line.proposal if "invoice" in one}
    invoices = Invoice.objects.select_related("client", "seller").in_bulk(wanted)
    clients = Client.objects.in_bulk(
        {one["client"] for line in lines for one in line.proposal if "client" in one}
    )
    return [
        Shown(
            line,
            [{**one, "of": invoices.get(one["invoice"]), "reasons": one["for"]} for one in line.evidence],
            [
                {
                    **with_sums(one),
                    "of": invoices.get(one.get("invoice")),
                    "to": clients.get(one.get("client")),
                }
                for one in line.proposal
            ],
        )
        for line in lines
    ]


def with_sums(kept: dict[str, Any], names: tuple[str, ...] = ("amount", "credit")) -> dict[str, Any]:
    """A kept JSON object with these texts as sums again."""
    return {key: Decimal(value) if key in names and value else value for key, value in kept.items()}


class Lines(ListPage):
    """What the lists of bank lines share."""

    permission, menu = "invoices.view_bankline", "billing"
    table = BankLineTable
    filterset = BankLineFilter
    default_order: Sequence[str] = ("-posted_on", "-id")
    search_fields = ("purpose",)
    search_hint = _("Payer, INN, number, purpose")

    def search(self, queryset: QuerySet, typed: str) -> QuerySet:
        wanted = Q()
        for name in SEARCHED:
            wanted |= Q(**{name: typed.strip()})
        return queryset.filter(wanted)


class Desk(Lines):
    """Incoming money that nobody has decided about, over all statements, the newest first."""

    title = _("Bank desk: payments")
    default_order = ("-id",)
    template_name, fragment_name = "invoices/desk/queue.html", "invoices/desk/_queue.html"
    page_size = 30
    empty_text = _("Nothing waits: every payment has its place.")

    def get_queryset(self) -> QuerySet[BankLine]:
        return BankLine.objects.waiting()

    def context(self) -> dict[str, Any]:
        made = super().context()
        found = BankLine.objects.select_related("account__seller").in_bulk([row.id for row in made["rows"]])
        return {**made, "shown": shown([found[row.id] for row in made["rows"] if row.id in found])}


class LineList(Lines):
    """Every line of every statement."""

    title = _("Lines of bank statements")
    crumbs = DESK
    queryset = BankLine.objects.all()


class LinePage(DetailPage):
    """A line: what the bank said, what speaks for which invoice, what was done."""

    permission, menu, crumbs = "invoices.view_bankline", "billing", DESK
    queryset = BankLine.objects.select_related("account__seller", "statement")
    template_name = "invoices/desk/line.html"

    def get_title(self, obj: Any = None) -> str:
        return _t("Payment No. %(number)s") % {"number": obj.number or obj.pk}

    def get_context(self, obj: BankLine) -> dict[str, Any]:
        return {
            "shown": shown([obj])[0],
            "payments": obj.payments.select_related("client").prefetch_related("allocations__invoice"),
            "entries": Entry.objects.about(obj).order_by("-id")[:50],
            "raw": [(key, _text(value)) for key, value in obj.raw.items()],
            "waits": obj.direction == BankLine.Direction.IN and obj.outcome not in BankLine.SETTLED,
        }


def _text(value: Any) -> str:
    return " · ".join(value) if isinstance(value, list) else str(value)


class Decision(ActionPage):
    """A deed on a line; ends at the desk."""

    permission, menu, crumbs = "invoices.record_payment", "billing", DESK
    queryset = BankLine.objects.select_related("account__seller")

    def get_success_url(self, obj: Any) -> str:
        return reverse("bank-desk")


class Accept(Decision):
    """Do what is proposed; from the queue by one key, which takes the row away."""

    title, submit_label, success_message = _("Accept the proposal"), _("Apply"), _("The payment is applied.")

    def get_explanation(self, obj: BankLine) -> str:
        return "\n".join(_in_words(one) for one in shown([obj])[0].proposal) or _t("Nothing is proposed.")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.htmx:
            return super().post(request, *args, **kwargs)
        try:
            self.perform(self.get_object(), request.user, {})
        except Refused as refused:
            return _toast(refused.message, "error", status=204)
        return _toast(str(self.success_message), "success")

    def perform(self, obj: BankLine, by: Any, data: dict[str, Any]) -> BankLine:
        """A third person's account is remembered only when somebody ticks that (see Split)."""
        matching.accept_proposal(obj, by=by, learn=obj.outcome != BankLine.Outcome.THIRD_PARTY)
        return obj


def _in_words(part: dict[str, Any]) -> str:
    if "credit" in part:
        return _t("%(sum)s to the credit of %(client)s") % {
            "sum": formats.money(part["credit"]),
            "client": part["to"],
        }
    return _t("%(sum)s to invoice %(invoice)s of %(client)s") % {
        "sum": formats.money(part["amount"]),
        "invoice": part["of"],
        "client": part["of"].client,
    }


def _toast(text: str, kind: str, status: int = 200) -> HttpResponse:
    told = json.dumps({"toast": {"text": text, "kind": kind}})  # ASCII: headers know no more
    return HttpResponse(status=status, headers={"HX-Trigger": told})


class SetAside(Decision):
    title, submit_label = _("Not a client's payment"), _("Set aside")
    explanation = _("The payment leaves the queue. It can be taken up again.")
    success_message = _("Set aside.")
    form_class = BecauseForm

    def perform(self, obj: BankLine, by: Any, data: dict[str, Any]) -> BankLine:
        return matching.set_aside(obj, by=by, because=data["because"])


class Reopen(Decision):
    title, submit_label = _("Take the payment up again"), _("Take up")
    explanation = _("It is judged anew and waits in the queue; nothing is applied by itself.")
    success_message = _("The payment waits in the queue.")

    def perform(self, obj: BankLine, by: Any, data: dict[str, Any]) -> BankLine:
        return matching.reopen(obj, by=by)


class Split(FormPage):
    """Choose the invoice, split over several, put to credit."""

    permission, menu, crumbs = "invoices.record_payment", "billing", DESK
    title, submit_label, success_message = _("Apply the payment"), _("Apply"), _("The payment is applied.")
    queryset = BankLine.objects.select_related("account__seller")
    form_class = SplitForm
    template_name = "invoices/desk/split.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.request.htmx and "q" in request.GET:
            self.object = self.get_object()
            return render(request, "invoices/desk/_offered.html", {"form": self.build_form()})
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        invoices = self._offered()
        inn = self.object.payer_inn
        clients = {invoice.client_id for invoice in invoices} | {
            one["client"] for one in self.object.proposal if "client" in one
        }
        known = Payer.objects.filter(Q(client__in=clients) | (Q(inn=inn) & ~Q(inn="")))
        return {"line": self.object, "invoices": invoices, "payers": list(known[:50])}

    def _offered(self) -> list[Invoice]:
        """Candidates, what is typed already, what the search finds: open ones of our seller only."""
        line = self.object
        ids = {one["invoice"] for one in line.evidence} | typed_invoices(self.request.POST)
        ids |= typed_invoices(self.request.GET)
        seller = line.account.seller_id if line.account else None
        open_ones = Invoice.objects.filter(status__in=OPEN, seller=seller, number__isnull=False)
        open_ones = open_ones.filter(client__in=Client.objects.visible_to(self.request.user))
        rows = open_ones.select_related("client", "seller")
        found = list(rows.filter(pk__in=ids).order_by("pk"))
        if typed := self.request.GET.get("q", "").strip():
            found += rows.filter(_asked(typed)).exclude(pk__in=ids).order_by("due_on", "pk")[:FOUND]
        return found

    def get_initial(self) -> dict[str, Any]:
        initial: dict[str, Any] = {"learn": self.object.outcome != BankLine.Outcome.THIRD_PARTY}
        for one in self.object.proposal:
            if "invoice" in one:
                initial[f"amount-{one['invoice']}"] = Decimal(one["amount"])
            else:
                initial["credit"] = Decimal(one["credit"])
                initial["payer"] = matching.payer_of(self.object, one["client"])
        return {**initial, **self.request.GET.dict()} if "q" in self.request.GET else initial

    def perform(self, form: SplitForm, by: Any) -> BankLine:
        typed = form.cleaned_data
        matching.accept(
            self.object,
            form.shares(),
            by=by,
            credit=typed["credit"] or Decimal("0.00"),
            payer=typed["payer"],
            learn=typed["learn"],
        )
        return self.object

    def get_success_url(self, obj: Any) -> str:
        return reverse("bank-desk")


def _asked(typed: str) -> Q:
    """Invoices by number, payer's INN, or client's name."""
    text = " ".join(typed.lower().replace("ё", "е").split())
    digits = text.lstrip("#№ ")
    if digits.isdecimal() and len(digits) <= 18:
        return Q(number=int(digits)) | Q(payer__inn=digits) | Q(client=int(digits))
    return Q(client__name_key__contains=text) | Q(payer__name__icontains=text)
