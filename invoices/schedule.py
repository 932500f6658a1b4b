"""Errands of invoices that call a verb, and the work that beat starts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import structlog
from celery import shared_task
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing_site.journal import jobs
from billing_site.journal.models import Job
from billing_site.journal.moves import move_many
from billing_site.kit import clock, errands
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from billing_site.pages.many import Deed, Plan, offer
from clients.models import Client
from invoices import billing, matching
from invoices.forms import BecauseForm
from invoices.matching.loading import ATTEMPTS
from invoices.models import Invoice, ParkedRenewal, Statement
from products import offering

log = structlog.get_logger()
CHUNK = 500  # clients of one transaction
UNCLAIMED = timedelta(seconds=30)  # an errand of this age is lost


@shared_task(name="invoices.read_statement")
def read_statement(statement_id: int) -> None:
    """Read an uploaded statement and match its lines; whoever comes second finds nothing to do."""
    matched = matching.read_and_match(Statement.objects.get(pk=statement_id), by=None)
    if matched:
        log.info("statement read", statement=statement_id, new=matched.new, applied=matched.applied)


@shared_task(name="invoices.sweep_statements")
def sweep_statements() -> None:
    """Send again each statement whose errand or reader was lost; give up after ATTEMPTS."""
    now = clock.now()
    lost = Statement.objects.filter(status=Statement.Status.RECEIVED).filter(
        Q(leased_until__isnull=True, created_at__lt=now - UNCLAIMED) | Q(leased_until__lt=now)
    )
    hopeless = list(lost.filter(attempts__gte=ATTEMPTS).order_by("pk")[:500])
    move_many(hopeless, Statement.Status.FAILED, by=None, error="the reader was lost while reading")
    for statement_id in lost.filter(attempts__lt=ATTEMPTS).order_by("pk").values_list("pk", flat=True)[:500]:
        errands.send_now("invoices.read_statement", statement_id)


@shared_task(name="invoices.turn_payers")
def turn_payers() -> None:
    """New legal entities and KPPs that were announced for today (R1.2)."""
    log.info("payers turned", turned=billing.turn_payers(clock.today()))


@shared_task(name="invoices.carry_out_planned")
def carry_out_planned() -> None:
    """Planned changes whose day has come (R3.4)."""
    log.info("planned changes done", done=billing.carry_out_planned(clock.today()))


@shared_task(name="invoices.terminate_ended")
def terminate_ended() -> None:
    """Services that were to end with their paid period, when it is over."""
    log.info("services ended", ended=billing.terminate_ended(clock.today()))


@shared_task(name="invoices.expire_unpaid")
def expire_unpaid() -> None:
    """What was sold, given to nobody and stayed unpaid (R3.2)."""
    log.info("unpaid units expired", expired=billing.expire_unpaid(clock.today()))


@jobs.work(billing.LOOK)
def look_for_drifts(job: Job) -> None:
    """Look at the services of every client, a stretch in a transaction (R3.6)."""
    after: int | None = 0
    while after is not None:
        after = billing.look_further(after)
        if not jobs.advance(job, min(billing.STRETCH, job.total - job.done)):
            return


@shared_task(name="invoices.look_for_drifts")
def start_look() -> None:
    """Every night: what has drifted since."""
    try:
        billing.start_look(by=None)
    except Refused as why:
        log.info("no second look for drifts", because=why.message)


@shared_task(name="invoices.expire_quotes")
def expire_quotes() -> None:
    """Quotes whose last day is over."""
    log.info("quotes expired", expired=offering.expire_quotes(clock.today()))


@dataclass
class Run:
    """What a renewal run made: drafts, and the clients it had to leave aside, by number, with the reason."""

    drafts: list[Invoice] = field(default_factory=list)
    parked: list[tuple[int, str]] = field(default_factory=list)


@shared_task(name="invoices.renew")
def renew() -> None:
    """Today's renewals (R5.1); run twice it makes nothing more."""
    drafts = parked = 0
    for run in renewed(clock.today()):
        drafts += len(run.drafts)
        parked += len(run.parked)
    log.info("renewals drafted", drafts=drafts, parked=parked)


def run_renewals(on: date) -> Run:
    """All that a run of `on` made, together."""
    run = Run()
    for part in renewed(on):
        run.drafts += part.drafts
        run.parked += part.parked
    return run


def renewed(on: date, *, chunk: int = CHUNK) -> Iterator[Run]:
    """Draft everything that a run of `on` bills, chunk by chunk; a large office is never held whole."""
    last = 0
    while clients := billing.due_clients(on, after=last, limit=chunk):
        run = Run()
        _renew(clients, on, run)
        last = clients[-1]
        yield run
    billing.close_stale(on)


def _renew(clients: Sequence[int], on: date, run: Run) -> None:
    """One chunk in one transaction; a failing one is halved until the client at fault stands alone."""
    try:
        with transaction.atomic():
            made = billing.renew_chunk(clients, on)
            run.drafts += made.drafts
            run.parked += [(held.client.pk, held.because) for held in made.parked]
    except (Refused, LookupError, IntegrityError, DataError) as trouble:
        if len(clients) > 1:
            half = len(clients) // 2
            _renew(clients[:half], on, run)
            _renew(clients[half:], on, run)
            return
        log.warning("client not renewed", client=clients[0], trouble=str(trouble))
        held = billing.park_broken(clients[0], billing.first_due(clients[0], on), trouble)
        run.parked.append((clients[0], held.because))


class BillAsIs(Deed):
    """Parked renewals that somebody has looked at, for one and the same reason."""

    kind, title, form_class = "invoices.bill_as_is", _("Bill as it is"), BecauseForm

    def rows(self, by: User) -> QuerySet[ParkedRenewal]:
        return ParkedRenewal.objects.visible_to(by).select_related("client")

    def stops(self, row: ParkedRenewal, data: dict[str, Any]) -> str | Promise:
        if row.resolved_at:
            return _("somebody has decided already")
        return "" if row.payer_id else _("what is wrong must be put right first")

    def perform(self, row: ParkedRenewal, data: dict[str, Any], by: User) -> None:
        billing.bill_as_is(row, by=by, because=data["because"])


BILL_AS_IS = offer(BillAsIs())


class SendRenewals(Deed):
    """Clients whose renewal drafts go, each in one letter; odd ones that nobody has seen stay."""

    kind, title = "invoices.send_renewals", _("Check & send")

    def rows(self, by: User) -> QuerySet[Client]:
        return Client.objects.visible_to(by)

    def plan(self, ids: Sequence[int], data: dict[str, Any], by: User) -> Plan:
        """Looks at all drafts of the clients in a few queries."""
        drafts: dict[int, list[billing.Draft]] = defaultdict(list)
        for one in billing.drafts_of(billing.renewal_drafts().filter(client__in=ids)):
            drafts[one.invoice.client_id].append(one)
        plan = Plan()
        for client in self.rows(by).filter(pk__in=ids).order_by("pk"):
            why = billing.what_stops(drafts[client.pk])
            if why:
                plan.skipped[why].append(client)
            else:
                plan.rows.append(client)
        return plan

    def perform(self, row: Client, data: dict[str, Any], by: User) -> None:
        billing.send_renewals(row, by=by)


SEND_RENEWALS = offer(SendRenewals())
