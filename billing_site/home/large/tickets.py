"""Conversations of four years; some are very long."""

from billing_site.home.large.ground import array, fill, plan, timed
from billing_site.home.large.office import FIRST_CLIENT, SUPPORTERS
from billing_site.home.large.sizes import Size
from billing_site.home.large.words import ANSWERED, ASKED, INSIDE, SUBJECTS, SURNAMES, WOMEN
from tickets import clocks
from tickets.models import Mailbox, Message, Participant, Ticket

LONG_EVERY, LONG = 1000, 200  # one ticket in so many has so many messages
DAYS_BACK = 1460


def plan_tickets(size: Size) -> None:
    """Tickets in the order of opening, on working days; clients with small numbers write more."""
    supporters = min(SUPPORTERS, size.clients // 200) + 1
    plan("talk", f"""
        WITH days AS (SELECT array_agg(day::date ORDER BY day) AS list
                      FROM generate_series(DATE '{size.today}' - {DAYS_BACK}, DATE '{size.today}' - 1,
                          interval '1 day') AS day
                      WHERE extract(isodow FROM day) < 6),
        opened AS (
            SELECT i, CASE WHEN large.roll(i, 300, 20) > 0 THEN
                    1 + floor({size.clients} * power(large.roll(i, 301, 1000000) / 1e6::float8, 1.5))::int
                END AS k,
                (list[1 + floor(place)::int] + make_interval(secs => 32400 + (place - floor(place)) * 32000))
                    AT TIME ZONE INTERVAL '3 hours' AS opened_at,
                15 + large.roll(i, 302, 400) AS gap,
                CASE WHEN i % {LONG_EVERY} = 1 THEN {LONG}
                     ELSE (ARRAY[1, 2, 2, 2, 3, 4, 4, 5, 6, 8, 12, 3])[1 + large.roll(i, 303, 12)]
                END AS wanted
            FROM days, generate_series(1, {size.tickets}) AS i,
                LATERAL (SELECT (i - 1)::float8 * cardinality(list) / {max(size.tickets, 1)} AS place) AS l),
        told AS (
            SELECT *, least(wanted, 1 + floor(extract(epoch FROM evening - opened_at) / 60 / gap))::int
                AS messages
            FROM opened, (SELECT (DATE '{size.today}' - 1 + TIME '19:00') AT TIME ZONE INTERVAL '3 hours'
                          AS evening) AS e)
        SELECT t.*, CASE WHEN messages % 2 = 1 THEN 'client' ELSE 'staff' END AS last_kind,
            opened_at + (messages - 1) * gap * interval '1 minute' AS last_at, s.id AS supporter_id,
            CASE WHEN opened_at < DATE '{size.today}' - 11 AND large.roll(i, 304, 1000) >= 6
                   OR opened_at >= DATE '{size.today}' - 11 AND large.roll(i, 304, 10) < 6 THEN 'closed'
                 WHEN messages = 1 THEN 'open' WHEN messages % 2 = 1 THEN 'client_reply'
                 WHEN large.roll(i, 305, 5) = 0 THEN 'waiting' ELSE 'answered' END AS status
        FROM told t JOIN large.supporter s ON s.n = large.roll(i, 306, {supporters})""", key="i")  # fmt: skip


_TALKS = "FROM large.talk t LEFT JOIN large.address a ON a.k = t.k AND a.kind = 'profile'"
_SENDER = "coalesce(a.address, 'gost' || i || '@pochta.example')"


def fill_tickets() -> None:
    mailbox = Mailbox.objects.get()
    fill(Ticket, "FROM large.talk ORDER BY i", {
        "id": "i", "subject": f"""large.word({array(SUBJECTS)}, i, 310) || CASE WHEN large.roll(i, 311, 4) = 0
            THEN ', база ' || large.roll(i, 312, 50) ELSE '' END""",
        "client_id": f"{FIRST_CLIENT} + k", "department_id": str(mailbox.department_id),
        "mailbox_id": str(mailbox.pk),
        "assignee_id": "CASE WHEN status <> 'open' OR large.roll(i, 313, 3) = 0 THEN supporter_id END",
        "priority": """(ARRAY['normal', 'normal', 'normal', 'normal', 'high', 'low'])
            [1 + large.roll(i, 314, 6)]""",
        "status": "status", "opened_at": "opened_at", "last_at": "last_at",
        "breached": "status = 'closed' AND large.roll(i, 315, 100) < 6",
        "closed_at": "CASE WHEN status = 'closed' THEN last_at + interval '20 minutes' END",
    })  # fmt: skip
    _fill_messages()
    fill(Participant, f"{_TALKS} ORDER BY i", {
        "ticket_id": "i", "address": _SENDER,
    })  # fmt: skip


def _fill_messages() -> None:
    name = f"large.word({array(WOMEN)}, i, 324) || ' ' || large.word({array(SURNAMES)}, i, 325) || 'а'"
    long = "CASE WHEN large.roll(n, 323, 20) = 0 THEN 8 ELSE 1 END"
    fill(Message, """FROM large.talk t LEFT JOIN large.address a ON a.k = t.k AND a.kind = 'profile',
            generate_series(1, messages) AS turn, LATERAL (SELECT i::bigint * 256 + turn AS n) AS l,
            LATERAL (SELECT CASE WHEN turn % 2 = 1 THEN 'client' WHEN turn < messages AND large.roll(n, 320,
                6) = 0
                            THEN 'note' ELSE 'staff' END AS sort) AS s ORDER BY i, turn""", {
        "ticket_id": "i", "kind": "sort", "author_id": "CASE WHEN sort <> 'client' THEN supporter_id END",
        "from_address": f"CASE WHEN sort = 'client' THEN {_SENDER} ELSE '' END",
        "from_name": f"CASE WHEN sort = 'client' THEN {name} ELSE '' END",
        "from_profile": "sort = 'client' AND a.address IS NOT NULL",
        "authentic": "CASE WHEN sort = 'client' THEN 'pass' ELSE 'none' END",
        "text": f"""CASE sort WHEN 'client' THEN repeat(large.word({array(ASKED)}, n, 321) || E'\\n\\n',
                {long})
            WHEN 'note' THEN large.word({array(INSIDE)}, n, 321) ELSE large.word({array(ANSWERED)}, n,
                321) END""",
        "message_id": "CASE WHEN sort <> 'note' THEN '<' || i || '.' || turn || '@talk.example>' ELSE '' END",
        "at": "opened_at + (turn - 1) * gap * interval '1 minute'",
    })  # fmt: skip


def settle_clocks() -> None:
    """Due times of what is not closed, by the clocks themselves; the moves they read come first."""
    with timed("clocks"):
        left = Ticket.objects.exclude(status=Ticket.Status.CLOSED).order_by("pk")
        tickets = list(left)
        for start in range(0, len(tickets), clocks.CHUNK):
            clocks.settle(*tickets[start : start + clocks.CHUNK])
