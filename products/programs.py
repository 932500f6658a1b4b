"""What becomes of a call to a provisioning program: leased, answered, tried again, left to people."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from billing_site.journal.moves import move, move_many, record
from billing_site.kit import calls, clock, errands
from billing_site.kit.errors import Refused
from billing_site.office.models import User
from clients.actions import lock
from products import actions, calling
from products.models import Handover, ModuleCall, ModuleEndpoint
from products.provisioning import ASK, OPEN, Status

LEASE = timedelta(minutes=1)  # longer than a call may take
RETRY = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
POLL = timedelta(minutes=1)
PATIENCE = timedelta(days=2)  # for a program that has said "I am at it"


def due() -> QuerySet[ModuleCall]:
    """Calls whose turn it is: of each service the first that is open, when nobody asks for it now."""
    now = clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    before = ModuleCall.objects.filter(
        Q(status__in=OPEN) | Q(leased_until__gte=now), service=OuterRef("service"), pk__lt=OuterRef("pk")
    )
    return ModuleCall.objects.filter(~Exists(before), free, status__in=OPEN, due_at__lte=now)


@transaction.atomic
def claim(call_id: int) -> ModuleCall | None:
    """Take a call by its lease, committed before a word leaves the house; None for whoever comes second."""
    call = (
        due()
        .filter(pk=call_id)
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("service__product__endpoint", "service__server")
        .first()
    )
    if call is None:
        return None
    until = clock.now() + LEASE
    if call.status == Status.QUEUED:
        return move(call, Status.SENDING, by=None, leased_until=until, attempts=call.attempts + 1)
    ModuleCall.objects.filter(pk=call.pk).update(leased_until=until)  # how far it is: no new try
    return call


def ask(call: ModuleCall) -> None:
    """One claimed call: say it and keep what came of it."""
    try:
        answer = calling.say(call)
        if answer.code == 202:
            _wait(call, answer)
        elif 200 <= answer.code < 300:
            _finish(call)
        else:
            _fail(call, calling.told(answer))
    except calls.Unreachable as trouble:
        _fail(call, str(trouble))


def _wait(call: ModuleCall, answer: calls.Answer) -> None:
    """The program is at it and says where to ask."""
    if clock.now() - call.created_at > PATIENCE:
        _leave(call, _("The program has not finished in two days."), by=None)
        return
    fields: dict[str, Any] = {"leased_until": None, "due_at": clock.now() + POLL, "last_error": ""}
    endpoint = call.service.product.endpoint
    if call.status == Status.SENDING and endpoint:
        fields["status_url"] = calling.status_url(endpoint, answer.body)
        move_many([call], Status.POLLING, by=None, **fields)
    else:
        ModuleCall.objects.filter(pk=call.pk, status=call.status).update(**fields)


@transaction.atomic
def _finish(call: ModuleCall) -> None:
    """Done; so is the hand-over, unless it was withdrawn meanwhile."""
    lock(call.service.client_id)
    moved = move_many([call], Status.DONE, by=None, leased_until=None, last_error="")
    if not moved:
        ModuleCall.objects.filter(pk=call.pk).update(leased_until=None)
        return
    waiting = Handover.objects.filter(module_calls=call, status=Handover.Status.WAITING)
    for handover in waiting.select_related("service"):
        actions.carry_out(handover, by=None)
    _next(call)


def _fail(call: ModuleCall, error: str) -> None:
    """Another try after a growing pause; after the last one people do it."""
    if call.attempts > len(RETRY):
        _leave(call, error, by=None)
        return
    pause = RETRY[call.attempts - 1]
    fields: dict[str, Any] = {"leased_until": None, "last_error": error, "due_at": clock.now() + pause}
    if not move_many([call], Status.QUEUED, by=None, **fields):
        ModuleCall.objects.filter(pk=call.pk).update(leased_until=None)


def _leave(call: ModuleCall, error: str, *, by: User | None) -> None:
    move_many([call], Status.HANDED_OVER, by=by, leased_until=None, last_error=error)
    _next(call)


def _next(call: ModuleCall) -> None:
    """The service's next call needn't wait for the sweep."""
    following = ModuleCall.objects.filter(service=call.service_id, status__in=OPEN, pk__gt=call.pk)
    pk = following.order_by("pk").values_list("pk", flat=True).first()
    if pk:
        errands.send(ASK, pk)


@transaction.atomic
def try_again(call: ModuleCall, *, by: User) -> ModuleCall:
    """Ask the program now, with all its tries before it. Raises Refused when there is nothing to ask for."""
    row = _locked(call)
    if not row.may_be_asked:
        raise Refused(
            _("The call is “%(status)s”: there is nothing to ask for.") % {"status": row.get_status_display()}
        )
    if row.status == Status.HANDED_OVER:
        move(row, Status.QUEUED, by=by, attempts=0, due_at=clock.now(), leased_until=None)
    else:
        ModuleCall.objects.filter(pk=row.pk).update(due_at=clock.now())
        record("products.call_hurried", row, by=by)
    errands.send(ASK, row.pk)
    return row


@transaction.atomic
def leave_to_people(call: ModuleCall, *, by: User) -> ModuleCall:
    """No more tries: support gets the ticket. Raises IllegalMove when it is settled."""
    row = _locked(call)
    if row.status == Status.SENDING:
        raise Refused(_("The program is being asked right now: wait a minute."))
    move(row, Status.HANDED_OVER, by=by, leased_until=None)
    _next(row)
    return row


def _locked(call: ModuleCall) -> ModuleCall:
    lock(call.service.client_id)
    return (
        ModuleCall.objects.select_for_update(no_key=True, of=("self",))
        .select_related("handover", "service")
        .get(pk=call.pk)
    )


def give_back_lost() -> None:
    """Calls whose worker died while asking go to the queue again; the same key makes that harmless."""
    lost = ModuleCall.objects.filter(status=Status.SENDING, leased_until__lt=clock.now())
    for call in lost.order_by(F("due_at").asc())[:500]:
        _fail(call, _("the worker was lost while asking"))


def check(endpoint: ModuleEndpoint, *, by: User) -> ModuleEndpoint:
    """Ask whether the program is there and believes us. Raises Refused with what it said instead."""
    try:
        answer = calling.ping(endpoint)
    except calls.Unreachable as trouble:
        raise Refused(_("The program has not answered: %(why)s") % {"why": trouble}) from trouble
    if not 200 <= answer.code < 300:
        raise Refused(_("The program has answered: %(what)s") % {"what": calling.told(answer)})
    record("products.program_answered", endpoint, by=by, name=endpoint.name)
    return endpoint
