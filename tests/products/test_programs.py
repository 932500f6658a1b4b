"""Provisioning programs: the very receiver of docs/modules.md listens, and the panel speaks to it."""

import json
import re
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from invoices import billing
from invoices.models import Invoice
from products import actions, calling, handing, programs, provisioning, running, schedule
from products.actions import Wanted
from products.models import Handover, ModuleCall, ModuleEndpoint, Service
from tests import make
from tests.invoices.papers import pay
from tickets import handing as tickets
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).parents[2] / "docs" / "modules.md"
SECRET = "a secret"
NOON = "2026-11-25 09:00+00:00"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def program(clock):
    """The guide's receiver; `says` holds answers it gives first, instead of its own."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    room: dict[str, Any] = {"__name__": "receiver"}
    exec(code, room)
    room["SECRET"] = SECRET.encode()
    says: list[tuple[int, bytes]] = []
    asked: list[tuple[str, str, dict]] = []

    class Receiver(room["Receiver"], BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.command, self.path, dict(self.headers)))
            if says and says[0][0]:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.answer(*says.pop(0))
                return
            if says:
                says.pop(0)
            super().do_POST()

        def do_GET(self):
            asked.append((self.command, self.path, dict(self.headers)))
            self.answer(*says.pop(0))

        def answer(self, code, body):
            self.send_response(code)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Quiet."""

    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.done, server.says, server.asked = room["done"], says, asked
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint(program):
    return ModuleEndpoint.objects.create(
        name="Облако", url=program.url + "billing", secret=SECRET, allow_private=True
    )


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def product(endpoint):
    return make.product(
        "Доступ", {"half_year": "4800.00"}, module="http", endpoint=endpoint, unit="польз.",
        handover_subject="Доступ",
    )  # fmt: skip


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def sent(client, product, manager):
    """Five users and two packs of disk, ordered and sent: the program's work."""
    disk = make.option(product)
    order = make.order(
        client, Wanted(product, "half_year", 5), Wanted(product, "half_year", 2, option=disk),
        starts_on=date(2026, 12, 1),
    )  # fmt: skip
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    return Service.objects.get(product=product)


def run() -> None:
    """What the clock and the worker do together."""
    programs.give_back_lost()
    while ready := list(programs.due().values_list("pk", flat=True)):
        for pk in ready:
            schedule.call_module(pk)


def states(service: Service) -> list[tuple[str, str]]:
    return list(service.module_calls.order_by("pk").values_list("event", "status"))


def test_what_is_sold_is_asked_of_the_program_and_given_when_it_is_done(sent, program):
    assert tickets.open_handovers() == []
    assert states(sent) == [("create", "queued"), ("change", "queued")]
    run()
    sent.refresh_from_db()
    assert states(sent) == [("create", "done"), ("change", "done")]
    assert sent.status == Service.Status.ACTIVE
    assert sent.recurring == 5 * 4800 + 2 * 360
    create, change = program.done.values()
    assert (create["old"]["quantity"], create["new"]["quantity"], create["new"]["unit"]) == (0, 5, "польз.")
    assert (change["old"]["quantity"], change["new"]["quantity"], change["new"]["unit"]) == (0, 10, "ГБ")
    assert create["service"]["id"] == change["service"]["id"] == sent.pk
    assert not Handover.objects.exclude(status=Handover.Status.DONE).exists()
    assert tickets.open_handovers() == []
    assert list(differences()) == []


def test_calls_of_one_service_go_in_order(sent, program):
    program.says[:] = [(503, b"busy")]
    first, second = sent.module_calls.order_by("pk")
    schedule.call_module(second.pk)
    assert program.asked == []
    schedule.call_module(first.pk)
    schedule.call_module(second.pk)
    assert len(program.asked) == 1
    assert states(sent) == [("create", "queued"), ("change", "queued")]


def test_a_failing_program_is_asked_again_then_people_do_it_and_money_goes_on(sent, program, clock, manager):
    program.says[:] = [(500, "нет места".encode())] * 6
    make.department(name="Техподдержка", takes_handovers=True)
    waits = []
    for _ in range(6):
        run()
        call = sent.module_calls.earliest("pk")
        waits.append((call.due_at - actions.clock.now()).total_seconds() / 60)
        clock.move_to(max(call.due_at, actions.clock.now()))
    assert waits[:5] == [1, 5, 30, 120, 360]
    call.refresh_from_db()
    assert (call.status, call.attempts, call.last_error) == ("handed_over", 6, "HTTP 500: нет места")
    assert len({headers["Idempotency-Key"] for _m, _p, headers in program.asked[:6]}) == 1
    pay(Invoice.objects.get())
    sent.refresh_from_db()
    assert (sent.status, sent.paid_until) == (Service.Status.ACTIVE, date(2027, 6, 1))
    (ticket,) = tickets.open_handovers()
    assert ticket.handover_id == call.handover_id
    tickets.carry_out(Ticket.objects.get(pk=ticket.pk), by=make.user("support"))
    run()
    assert states(sent) == [("create", "handed_over"), ("change", "done")]


def test_a_program_that_needs_time_is_asked_how_far_it_is(sent, program, clock):
    program.says[:] = [(202, b'{"status_url": "/jobs/17?a=1"}'), (202, b""), (200, b"")]
    call = sent.module_calls.earliest("pk")
    for status in ("polling", "polling", "done"):
        schedule.call_module(call.pk)
        call.refresh_from_db()
        assert call.status == status
        clock.shift(60)
    assert [(method, path) for method, path, _h in program.asked] == [
        ("POST", "/billing"), ("GET", "/jobs/17?a=1"), ("GET", "/jobs/17?a=1"),
    ]  # fmt: skip
    _method, _path, headers = program.asked[-1]
    signed = calling.signature(SECRET, headers["Billing-Timestamp"], b"")
    assert headers["Billing-Signature"] == signed
    assert call.attempts == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "202 без status_url"),
        (b"[1]", "202 без status_url"),
        (b'{"status_url": 5}', "202 без status_url"),
        (b'{"status_url": "http://169.254.169.254/latest"}', "202 со status_url другого узла"),
        (b'{"status_url": "//elsewhere.example/"}', "202 со status_url другого узла"),
        (b'{"status_url": "/' + b"a" * 300 + b'"}', "202 со status_url другого узла"),
    ],
)
def test_a_status_url_leads_to_the_same_program_only(sent, program, body, why):
    program.says[:] = [(202, body)]
    call = sent.module_calls.earliest("pk")
    schedule.call_module(call.pk)
    call.refresh_from_db()
    assert (call.status, call.last_error) == ("queued", why)


def test_who_never_finishes_is_not_waited_for_longer_than_two_days(sent, program, clock):
    program.says[:] = [(202, b'{"status_url": "/jobs/1"}'), (202, b"")]
    call = sent.module_calls.earliest("pk")
    schedule.call_module(call.pk)
    clock.shift(2 * 24 * 3600 + 60)
    schedule.call_module(call.pk)
    call.refresh_from_db()
    assert call.status == "handed_over"


def test_a_failed_poll_starts_again_with_the_same_key(sent, program, clock):
    program.says[:] = [(202, b'{"status_url": "/jobs/1"}'), (404, b"no such job")]
    call = sent.module_calls.earliest("pk")
    for _ in range(3):
        schedule.call_module(call.pk)
        clock.shift(600)
    call.refresh_from_db()
    assert (call.status, call.attempts) == ("done", 2)
    assert list(program.done) == [str(call.key)]


def test_a_wrong_secret_is_refused_by_the_receiver(sent, program, endpoint):
    endpoint.secret = "another"
    endpoint.save()
    call = sent.module_calls.earliest("pk")
    schedule.call_module(call.pk)
    call.refresh_from_db()
    assert call.status == "queued"
    assert call.last_error.startswith("HTTP 403")
    assert program.done == {}


def test_a_private_address_is_refused_unless_allowed(sent, program, endpoint):
    ModuleEndpoint.objects.update(allow_private=False)
    call = sent.module_calls.earliest("pk")
    schedule.call_module(call.pk)
    call.refresh_from_db()
    assert (call.status, call.last_error) == ("queued", "127.0.0.1 — внутренний адрес")
    assert program.asked == []


def test_a_call_whose_worker_died_is_made_again(sent, program, clock):
    call = programs.claim(sent.module_calls.earliest("pk").pk)
    assert call is not None
    assert programs.claim(call.pk) is None
    run()
    assert program.asked == []
    clock.shift(61)
    run()
    clock.shift(60)
    run()
    assert states(sent)[0] == ("create", "done")


def test_switching_off_and_on_changes_the_state_at_once(sent, program, manager):
    run()
    running.suspend(sent, by=manager, because="долг с ноября")
    sent.refresh_from_db()
    assert sent.status == Service.Status.SUSPENDED
    running.unsuspend(sent, by=manager)
    run()
    sent.refresh_from_db()
    assert sent.status == Service.Status.ACTIVE
    assert states(sent)[2:] == [("suspend", "done"), ("unsuspend", "done")]
    off = next(one for one in program.done.values() if one["event"] == "suspend")
    assert (off["old"]["quantity"], off["new"]["quantity"]) == (5, 0)
    with pytest.raises(Refused):
        running.unsuspend(sent, by=manager)


def test_a_service_that_is_held_is_not_switched_off(sent, manager):
    run()
    running.hold_until(sent, date(2026, 12, 24), by=manager, because="обещали заплатить")
    with pytest.raises(Refused, match=r"24\.12\.2026"):
        running.suspend(sent, by=manager, because="долг")
    with pytest.raises(Refused, match="причину"):
        running.suspend(sent, by=manager, because="  ")


def test_the_end_takes_what_is_inside_first(sent, program):
    run()
    billing.terminate(sent, by=make.user("head"), because="закрылись")
    run()
    assert states(sent)[2:] == [("change", "done"), ("terminate", "done")]
    end = list(program.done.values())[-1]
    assert (end["event"], end["new"]["quantity"]) == ("terminate", 0)


def test_withdrawn_work_is_not_asked_for(sent, program, manager):
    provisioning.withdraw(Handover.objects.all(), by=manager)
    run()
    assert states(sent) == [("create", "withdrawn"), ("change", "withdrawn")]
    assert program.asked == []


def test_what_may_have_been_done_is_undone(sent, program, clock, manager):
    """The program said 500 and may have made the account all the same: absolute amounts put it right."""
    program.says[:] = [(500, b"")]
    run()
    provisioning.withdraw(Handover.objects.all(), by=manager)
    run()
    assert states(sent) == [("create", "withdrawn"), ("change", "withdrawn"), ("terminate", "done")]
    (undone,) = program.done.values()
    assert (undone["old"]["quantity"], undone["new"]["quantity"]) == (5, 0)


def test_an_answer_after_the_withdrawal_gives_nothing(sent, manager):
    call = programs.claim(sent.module_calls.earliest("pk").pk)
    provisioning.withdraw(Handover.objects.all(), by=manager)
    programs.ask(call)
    sent.refresh_from_db()
    assert sent.status == Service.Status.PENDING
    assert states(sent)[0] == ("create", "withdrawn")


def test_people_take_over_and_give_back(sent, program, manager):
    program.says[:] = [(500, b"")]
    run()
    call = sent.module_calls.earliest("pk")
    programs.leave_to_people(call, by=manager)
    make.department(name="Техподдержка", takes_handovers=True)
    assert len(tickets.open_handovers()) == 1
    run()
    assert states(sent) == [("create", "handed_over"), ("change", "done")]
    programs.try_again(call, by=manager)
    run()
    assert states(sent) == [("create", "done"), ("change", "done")]
    assert [ticket.status for ticket in tickets.close_settled()] == [Ticket.Status.CLOSED]
    with pytest.raises(Refused):
        programs.try_again(ModuleCall.objects.get(pk=call.pk), by=manager)
    with pytest.raises(Refused):
        programs.leave_to_people(ModuleCall.objects.get(pk=call.pk), by=manager)


def test_a_product_by_hand_has_no_calls(client, manager):
    product = make.product("По-старому", {"half_year": "100.00"})
    order = make.order(client, Wanted(product, "half_year"), starts_on=date(2026, 12, 1))
    (draft,) = billing.accept_order(order, by=manager)
    billing.send_invoice(draft, by=manager)
    assert not ModuleCall.objects.exists()
    assert Handover.objects.for_people().count() == 1


def test_a_ping_changes_nothing(endpoint, program):
    assert calling.ping(endpoint).code == 200
    assert program.done == {}


def test_no_secret_stands_in_a_call(sent):
    call = sent.module_calls.select_related("service__product", "service__server").earliest("pk")
    sent.password = "тайна-7"
    sent.save()
    assert "тайна-7" not in calling.body_of(call).decode()
    assert SECRET not in json.dumps([call.old, call.new])
    assert handing.undoing(call.handover).becomes == 0
