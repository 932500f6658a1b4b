"""The books, recomputed from facts: each stored figure that says something else is a difference."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from tickets import clocks
from tickets.models import Ticket

CHUNK = 2000


@dataclass(frozen=True)
class Difference:
    """A stored figure that its facts don't bear out."""

    what: str
    row: int | str
    stored: str
    expected: str


# Each question selects (row, stored, expected) where the two differ.
QUESTIONS = {
    "invoice total = its current lines": """
        SELECT i.id, i.total, coalesce(sum(l.gross), 0) FROM invoices_invoice i
        LEFT JOIN invoices_line l ON l.revision_id = i.current_id
        GROUP BY i.id HAVING i.total <> coalesce(sum(l.gross), 0)""",
    "invoice paid = its allocations": """
        SELECT i.id, i.paid, coalesce(sum(a.amount), 0) FROM invoices_invoice i
        LEFT JOIN invoices_allocation a ON a.invoice_id = i.id
        GROUP BY i.id HAVING i.paid <> coalesce(sum(a.amount), 0)""",
    "invoice status follows what is paid": """
        SELECT id, status, CASE WHEN paid = total THEN 'paid' ELSE 'issued' END FROM invoices_invoice
        WHERE status IN ('issued', 'paid') AND total > 0
          AND status <> CASE WHEN paid = total THEN 'paid' ELSE 'issued' END""",
    "payment allocated = its allocations": """
        SELECT p.id, p.allocated, coalesce(sum(a.amount), 0) FROM invoices_payment p
        LEFT JOIN invoices_allocation a ON a.payment_id = p.id
        GROUP BY p.id HAVING p.allocated <> coalesce(sum(a.amount), 0)""",
    "credit balance = its entries": """
        SELECT c.id, c.balance, coalesce(sum(e.amount), 0) FROM invoices_creditaccount c
        LEFT JOIN invoices_creditentry e ON e.account_id = c.id
        GROUP BY c.id HAVING c.balance <> coalesce(sum(e.amount), 0)""",
    "manager of an invoice = the client's manager": """
        SELECT i.id, i.manager_id, c.account_manager_id FROM invoices_invoice i
        JOIN clients_client c ON c.id = i.client_id
        WHERE i.manager_id IS DISTINCT FROM c.account_manager_id""",
    "live lines belong to standing current revisions": """
        SELECT l.id, l.live, NOT l.live FROM invoices_line l
        JOIN invoices_revision r ON r.id = l.revision_id JOIN invoices_invoice i ON i.id = r.invoice_id
        WHERE l.live <> (i.current_id = r.id AND i.status NOT IN ('void', 'discarded'))""",
    "month shares of a line sum to it": """
        SELECT l.id, l.gross, s.total FROM invoices_line l
        CROSS JOIN LATERAL (SELECT sum((e ->> 1)::numeric) AS total
                            FROM jsonb_array_elements(l.shares) AS e) AS s
        WHERE jsonb_array_length(l.shares) > 0 AND s.total <> l.gross""",
    "no day of a batch is billed twice": """
        SELECT a.id, a.period::text, 'overlaps line ' || b.id FROM invoices_line a
        JOIN invoices_line b ON b.batch_id = a.batch_id AND b.period && a.period AND b.id > a.id
        WHERE a.live AND b.live AND a.kind = 'charge' AND b.kind = 'charge'""",
    "money, account and invoice are of one seller": """
        SELECT a.id, a.seller_id, i.seller_id FROM invoices_allocation a
        JOIN invoices_invoice i ON i.id = a.invoice_id
        JOIN invoices_payment p ON p.id = a.payment_id
        LEFT JOIN office_bankaccount k ON k.id = p.account_id
        WHERE NOT (a.seller_id = i.seller_id AND a.seller_id = p.seller_id
                   AND coalesce(k.seller_id, p.seller_id) = p.seller_id)""",
    "payment credited = its entries": """
        SELECT p.id, p.credited, coalesce(sum(e.amount), 0) FROM invoices_payment p
        LEFT JOIN invoices_creditentry e ON e.payment_id = p.id
        GROUP BY p.id HAVING p.credited <> coalesce(sum(e.amount), 0)""",
    "a credit entry is of its payment's payer and seller": """
        SELECT e.id, c.payer_id || '/' || c.seller_id, p.payer_id || '/' || p.seller_id
        FROM invoices_creditentry e
        JOIN invoices_creditaccount c ON c.id = e.account_id JOIN invoices_payment p ON p.id = e.payment_id
        WHERE (c.payer_id, c.seller_id) IS DISTINCT FROM (p.payer_id, p.seller_id)""",
    "work is invoiced while a live line charges it": """
        SELECT b.id, b.status, CASE WHEN l.live THEN 'invoiced' ELSE 'open' END FROM products_billableitem b
        LEFT JOIN invoices_line l ON l.id = b.line_id
        WHERE (b.status = 'invoiced') <> coalesce(l.live, false)""",
    "payers belong to the client": """
        SELECT i.id, i.client_id, p.client_id FROM invoices_invoice i
        JOIN clients_payer p ON p.id = i.payer_id WHERE p.client_id <> i.client_id""",
    "a paid invoice has its day": """
        SELECT id, paid_on, status FROM invoices_invoice WHERE (paid_on IS NOT NULL) <> (status = 'paid')
          AND status <> 'refunded'""",
    "the current revision is the invoice's own, sent when it is issued": """
        SELECT i.id, r.invoice_id || ' ' || r.status,
               i.id || CASE WHEN i.number IS NULL THEN ' prepared' ELSE ' sent' END
        FROM invoices_invoice i JOIN invoices_revision r ON r.id = i.current_id
        WHERE r.invoice_id <> i.id OR (r.status = 'prepared') <> (i.number IS NULL)""",
    "a batch is paid when its line is": """
        SELECT b.id, b.paid_at, count(l.id) FROM products_batch b
        LEFT JOIN (invoices_line l JOIN invoices_revision r ON r.id = l.revision_id
                   JOIN invoices_invoice i ON i.id = r.invoice_id)
          ON l.batch_id = b.id AND l.live
             AND (l.kind = 'opening' OR (l.kind = 'charge' AND i.status IN ('paid', 'refunded')))
        GROUP BY b.id HAVING (b.paid_at IS NOT NULL) <> (count(l.id) > 0)""",
    "an additional invoice waits while its proof card does": """
        SELECT i.id, i.proof_waits, NOT i.proof_waits FROM invoices_invoice i
        LEFT JOIN invoices_proofcard p ON p.invoice_id = i.id AND p.seen_at IS NULL
        WHERE i.proof_waits <> (i.role = 'addon' AND p.id IS NOT NULL)""",
    "unpaid units of an invoice = its lines": """
        SELECT i.id, i.unpaid_units, coalesce(u.units, '') FROM invoices_invoice i LEFT JOIN (
            SELECT r.invoice_id,
                   CASE WHEN bool_or(b.given_at IS NOT NULL) THEN 'given' ELSE 'ordered' END AS units
            FROM products_batch b JOIN invoices_line l ON l.batch_id = b.id
            JOIN invoices_revision r ON r.id = l.revision_id
            WHERE b.paid_at IS NULL AND b.taken_back_at IS NULL AND l.live AND l.kind = 'charge'
            GROUP BY r.invoice_id) AS u ON u.invoice_id = i.id
        WHERE i.status = 'issued' AND i.unpaid_units <> coalesce(u.units, '')""",
    "a service with a paid batch is running": """
        SELECT s.id, s.status, 'active' FROM products_service s
        WHERE s.status = 'pending'
          AND EXISTS (SELECT FROM products_batch b WHERE b.service_id = s.id AND b.paid_at IS NOT NULL)""",
    "numbers of a series have no gaps": """
        SELECT series, count(number), max(number) - min(number) + 1 FROM invoices_invoice
        WHERE number IS NOT NULL GROUP BY series
        HAVING count(number) <> max(number) - min(number) + 1""",
    "the series stands at its last number": """
        SELECT i.series, s.last, max(i.number) FROM invoices_invoice i
        LEFT JOIN journal_series s ON s.name = i.series
        WHERE i.number IS NOT NULL GROUP BY i.series, s.last HAVING s.last IS DISTINCT FROM max(i.number)""",
    "a sent revision has its snapshots": """
        SELECT id, 'empty', 'requisites' FROM invoices_revision
        WHERE status <> 'prepared' AND (seller = '{}' OR buyer = '{}')""",
    # Of each batch what its next period costs: an agreed next price, a promotion that still holds then
    # (products.promotions.whole_cycle).
    "recurring amount = its batches": """
        SELECT s.id, s.recurring, coalesce(sum(round(b.quantity * t.price * (100 - t.discount) / 100, 2)), 0)
        FROM products_service s
        LEFT JOIN products_batch b ON b.service_id = s.id
            AND (b.given_at IS NOT NULL OR b.paid_at IS NOT NULL) AND b.taken_back_at IS NULL
        LEFT JOIN products_promotion p ON p.id = b.promotion_id
            AND (b.promo_until IS NULL OR b.promo_until > coalesce(s.paid_until, s.starts_on))
        CROSS JOIN LATERAL (
            SELECT CASE WHEN b.next_price_from <= coalesce(s.paid_until, s.starts_on) THEN b.next_price
                        ELSE b.price END AS agreed) AS c
        CROSS JOIN LATERAL (
            SELECT CASE p.kind WHEN 'fixed' THEN greatest(c.agreed - p.value, 0) WHEN 'price' THEN p.value
                               ELSE c.agreed END AS price,
                   CASE p.kind WHEN 'percent' THEN least(b.discount + p.value, 100)
                               ELSE b.discount END AS discount) AS t
        GROUP BY s.id
        HAVING s.recurring <> coalesce(sum(round(b.quantity * t.price * (100 - t.discount) / 100, 2)), 0)""",
    # Of each batch the last paid day; of a service the first of them, but never beyond the start of what
    # it began with while that is unpaid (invoices.billing.receiving.paid_ends).
    "next due date = its paid lines": """
        SELECT s.id, coalesce(s.paid_until::text, '—'), coalesce(e.until::text, '—')
        FROM products_service s LEFT JOIN (
            SELECT service_id, CASE WHEN (array_agg(until ORDER BY batch_id))[1] IS NULL
                THEN least(min(until), (array_agg(start ORDER BY batch_id))[1]) ELSE min(until) END AS until
            FROM (SELECT b.service_id, l.batch_id, min(lower(l.period)) AS start, max(upper(l.period))
                      FILTER (WHERE l.kind = 'opening' OR i.status = 'paid') AS until
                  FROM invoices_line l JOIN products_batch b ON b.id = l.batch_id
                  JOIN invoices_revision r ON r.id = l.revision_id
                  JOIN invoices_invoice i ON i.id = r.invoice_id
                  WHERE l.live AND l.kind IN ('charge', 'opening') AND b.taken_back_at IS NULL
                  GROUP BY b.service_id, l.batch_id) AS paid
            GROUP BY service_id HAVING count(until) > 0
        ) AS e ON e.service_id = s.id AND s.cycle NOT IN ('free', 'one_time')
        WHERE s.paid_until IS DISTINCT FROM e.until""",
}
# Not those that were closed last of all: their clocks stand and nothing is due. All others are read.
RUNNING_TICKETS = """
    SELECT t.id FROM tickets_ticket t
    LEFT JOIN (SELECT ticket_id, max(at) AS at FROM tickets_message WHERE kind = 'client'
               GROUP BY ticket_id) AS asked ON asked.ticket_id = t.id
    LEFT JOIN (SELECT substr(subject, 16)::bigint AS ticket_id,
                   max(at) FILTER (WHERE verb = 'tickets.ticket.closed') AS closed,
                   max(at) FILTER (WHERE verb <> 'tickets.ticket.closed') AS elsewhere
               FROM journal_entry WHERE verb LIKE 'tickets.ticket.%'
               GROUP BY 1) AS moved ON moved.ticket_id = t.id
    WHERE NOT coalesce(t.answer_due_at IS NULL AND t.solve_due_at IS NULL
                       AND closed >= t.opened_at AND closed >= coalesce(asked.at, t.opened_at)
                       AND closed > coalesce(elsewhere, '-infinity'), false)
    ORDER BY t.id"""


def differences() -> Iterator[Difference]:
    """Everything that doesn't add up; nothing when the books are right."""
    with connection.cursor() as cursor:
        for what, question in QUESTIONS.items():
            cursor.execute(question)
            for row, stored, expected in cursor.fetchall():
                yield Difference(what, row, str(stored), str(expected))
    yield from _clocks()


def _clocks() -> Iterator[Difference]:
    """Due times of tickets from what happened to them (R9.1)."""
    with connection.cursor() as cursor:
        cursor.execute(RUNNING_TICKETS)
        ids = [pk for (pk,) in cursor.fetchall()]
    for start in range(0, len(ids), CHUNK):
        chunk = Ticket.objects.filter(pk__in=ids[start : start + CHUNK]).order_by("pk")
        for ticket, stored, expected in clocks.drifted(chunk):
            yield Difference("due times of a ticket = its history", ticket.pk, stored, expected)
