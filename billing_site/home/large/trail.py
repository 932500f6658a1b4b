"""What was written down beside it all: the journal, and the letters of the last year."""

from billing_site.home.large.ground import fill
from billing_site.home.large.office import Office
from billing_site.home.large.sizes import Size
from billing_site.journal.models import Entry
from billing_site.journal.moves import SYSTEM
from billing_site.letters.models import Hold, Letter

LETTERS_DAYS = 365


def fill_journal(office: Office) -> None:
    """Entries in the order of time; no key points in or out, so ids are the sequence's."""
    fill(Entry, f"""FROM (
            SELECT large.at(came_on, k, 400) AS at, 'clients.created' AS verb,
                {office.staff['sales'].pk} AS by,
                'clients.client:' || p.id AS subject, p.id AS client_no,
                jsonb_build_object('name', c.name, 'email', a.address) AS facts
            FROM large.person p JOIN large.client c USING (k) JOIN large.course USING (k)
                JOIN large.address a USING (k) WHERE a.kind = 'profile'
            UNION ALL
            SELECT large.at(i.day, i.n, 81), 'invoices.invoice.issued', p.manager_id, 'invoices.invoice:'
                || i.id, p.id,
                jsonb_build_object('from', 'draft', 'to', 'issued', 'number', i.number, 'total',
                    i.total::text)
            FROM large.bill i JOIN large.person p USING (k) WHERE i.number IS NOT NULL
            UNION ALL
            SELECT large.at(i.paid_on, i.n, 401), 'invoices.invoice.paid', {office.staff['treasury'].pk},
                'invoices.invoice:' || i.id, p.id, '{{"from": "issued", "to": "paid"}}'
            FROM large.bill i JOIN large.person p USING (k) WHERE i.status = 'paid'
            UNION ALL
            SELECT large.at(i.day, i.n, 402), 'invoices.invoice.void', p.manager_id, 'invoices.invoice:'
                || i.id, p.id,
                '{{"from": "issued", "to": "void", "because": "Выставлен по ошибке"}}'
            FROM large.bill i JOIN large.person p USING (k) WHERE i.status = 'void'
            UNION ALL
            SELECT t.last_at + interval '20 minutes', 'tickets.ticket.' || t.status, t.supporter_id,
                'tickets.ticket:' || i, p.id,
                jsonb_build_object('to', t.status, 'from',
                    CASE last_kind WHEN 'staff' THEN 'answered' ELSE 'client_reply' END)
            FROM large.talk t LEFT JOIN large.person p USING (k) WHERE t.status IN ('closed', 'waiting')
        ) AS e LEFT JOIN office_user u ON u.id = e.by ORDER BY at""", {
        "at": "at", "verb": "verb", "actor_id": "by", "actor_name": f"coalesce(u.name, '{SYSTEM}')",
        "subject": "subject", "client_no": "client_no", "facts": "facts",
    })  # fmt: skip


def fill_letters(size: Size) -> None:
    """A letter with each invoice of the last year; nothing is left to be sent."""
    total, at = "to_char(i.total, 'FM999999990.00')", "large.at(i.day, i.n, 81)"
    fill(Letter, f"""FROM large.bill i JOIN large.person p USING (k)
            JOIN large.address a ON a.k = i.k AND a.kind = 'profile'
            WHERE i.number IS NOT NULL AND i.day > DATE '{size.today}' - {LETTERS_DAYS} ORDER BY i.day,
                i.id""", {
        "id": "row_number() OVER (ORDER BY i.day, i.id)", "kind": "'invoice'",
        "status": """CASE large.roll(i.n, 410, 400)
            WHEN 0 THEN 'failed' WHEN 1 THEN 'held' ELSE 'sent' END""",
        "held_because": "CASE WHEN large.roll(i.n, 410, 400) = 1 THEN 'person' ELSE '' END",
        "client_no": "p.id", "about": "'invoices.invoice:' || i.id", "key": "'invoice-' || i.id || '-1'",
        "to": "ARRAY[a.address]",
        "subject": f"'Счёт № ' || i.number || ' на ' || {total} || ' руб.'",
        "text": """'Здравствуйте!' || E'\\n\\n' || 'Выставили счёт № ' || i.number || ' от ' || to_char(i.day,
                'DD.MM.YYYY')
            || ' на ' || to_char(i.total, 'FM999999990.00') || ' руб. Оплатить до ' || to_char(i.due_on,
                'DD.MM.YYYY') || '.'""",
        "message_id": "'<invoice-' || i.id || '@oblako.example>'", "author_id": "p.manager_id",
        "created_at": at, "due_at": at,
        "sent_at": f"CASE WHEN large.roll(i.n, 410, 400) > 1 THEN {at} + interval '1 minute' END",
        "error": "CASE WHEN large.roll(i.n, 410, 400) = 0 THEN '550 mailbox unavailable' ELSE '' END",
        "bounced_at": f"CASE WHEN large.roll(i.n, 411, 300) = 0 THEN {at} + interval '1 hour' END",
    })  # fmt: skip


def fill_holds(size: Size, office: Office) -> None:
    fill(Hold, "FROM large.person WHERE large.roll(k, 412, 2000) = 0", {
        "client_no": "id", "because": "'Готовится новый договор'", "by_id": str(office.staff["head"].pk),
        "since": f"large.at(DATE '{size.today}' - 3, k, 413)",
    })  # fmt: skip
