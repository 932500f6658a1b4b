"""Invoices with their revisions, lines and public links."""

import base64
import hashlib
import io
from collections.abc import Iterator

from django.db import connection, transaction

from billing_site.home.large.ground import array, fill, plan, run, timed
from billing_site.home.large.office import Office
from billing_site.home.large.services import REPORTING
from billing_site.home.large.sizes import Size
from billing_site.kit.secrets import encrypt, token_hash
from invoices.models import Invoice, Line, ProofCard, PublicLink, Revision

PAPER = "large/paper.pdf"  # one file stands for all: a million papers say nothing more to a bench
TOKENS_AT_ONCE = 5000

_MAINS = f"""
    SELECT i.id AS invoice_id, b.id AS batch_id, b.service_id, i.status, i.paid_on, i.start, i.finish, b.disk,
        b.quantity, b.discount, b.price, b.month_price, i.months,
        b.quantity * b.price * (100 - b.discount) / 100.0 AS gross,
        i.status <> 'void' AND i.status <> 'discarded' AS live
    FROM large.invoice i JOIN large.batch b
        ON b.k = i.k AND b.sn < {REPORTING} AND (b.sort = 'first' OR b.since < i.start)
            AND (i.sn = b.sn OR i.usual)
    WHERE i.kind IN ('main', 'void', 'discarded')"""
# To the end of the running period by the office's rule (R4.3): a rest of the month, then whole ones.
_ADDONS = """
    SELECT i.id, b.id, b.service_id, i.status, i.paid_on, i.day, i.finish, b.disk, b.quantity, b.discount,
        b.month_price * part, b.month_price, i.months,
        b.quantity * b.month_price * part * (100 - b.discount) / 100.0, true
    FROM large.invoice i JOIN large.batch b ON b.invoice_id = i.id,
        LATERAL (SELECT (extract(year FROM i.finish) * 12 + extract(month FROM i.finish)
                         - extract(year FROM i.day) * 12 - extract(month FROM i.day) - 1)::int
                        + CASE WHEN extract(day FROM i.day) = 1 THEN 1
                               ELSE (30 - extract(day FROM i.day)) / 30.0 END AS part) AS p
    WHERE i.kind = 'addon'"""
_WORKS = """
    SELECT i.id, b.id, b.service_id, i.status, i.paid_on, i.day, i.day + 1, false, b.quantity, 0, b.price,
        NULL, 0,
        b.quantity * b.price, true
    FROM large.invoice i JOIN large.batch b ON b.invoice_id = i.id WHERE i.kind = 'one_off'"""
_YEARS = f"""
    SELECT i.id, b.id, b.service_id, i.status, i.paid_on, i.due_on, (i.due_on + interval '1 year')::date,
        false,
        b.quantity, 0, b.price, NULL, 12, b.quantity * b.price, true
    FROM large.invoice i JOIN large.batch b ON b.k = i.k AND b.sn = {REPORTING} WHERE i.kind = 'yearly'"""


def plan_lines(office: Office) -> None:
    """Lines with their sums; then each invoice's total and what is paid of it."""
    plan("line", f"""
        SELECT row_number() OVER (ORDER BY invoice_id, batch_id) AS id,
            row_number() OVER (PARTITION BY invoice_id ORDER BY batch_id) AS position, l.*,
            round(l.gross, 2) AS amount, p.code, p.seller_id, rate,
            CASE WHEN rate IS NULL THEN 0 ELSE round(round(l.gross, 2) * rate / (100 + rate), 2) END AS vat
        FROM ({_MAINS} UNION ALL {_ADDONS} UNION ALL {_WORKS} UNION ALL {_YEARS}) AS l
        JOIN large.service s ON s.id = l.service_id JOIN large.product p USING (code),
        LATERAL (SELECT CASE WHEN p.seller_id <> {office.expert.pk} THEN NULL
            WHEN l.finish > DATE '2026-01-01' THEN 22 WHEN l.finish > DATE '2019-01-01' THEN 20
            ELSE 18 END AS rate) AS r""", key="batch_id")  # fmt: skip
    plan("bill", """
        SELECT i.*, b.*, CASE WHEN status = 'paid' THEN total WHEN partly THEN round(total / 2, 2) ELSE 0 END
            AS paid,
            CASE WHEN revised THEN (SELECT max(id) FROM large.invoice) + sum(revised::int) OVER (ORDER BY id)
                 ELSE id END AS current_id
        FROM large.invoice i JOIN (
            SELECT invoice_id, sum(amount) AS total, sum(vat) AS vat, min(seller_id) AS seller_id,
                max(rate) AS rate, string_agg(DISTINCT code, ' ') AS codes, min(start) AS from_on, max(finish)
                    AS to_on
            FROM large.line GROUP BY invoice_id) AS b ON b.invoice_id = i.id""", key="id")  # fmt: skip


@transaction.atomic
def fill_invoices(size: Size, office: Office) -> None:
    """Invoices name their current revisions before those are there: both come in one transaction."""
    source = """FROM large.bill i JOIN large.client c USING (k) JOIN large.person p USING (k)
        JOIN clients_client cc ON cc.id = p.id LEFT JOIN large.selling u ON u.id = i.id ORDER BY i.id"""
    fill(Invoice, source, {
        "id": "i.id", "client_id": "p.id", "payer_id": "p.payer_id", "seller_id": "i.seller_id",
        "series": f"'{office.cloud.series}'", "number": "i.number",
        "role": "CASE i.kind WHEN 'addon' THEN 'addon' WHEN 'one_off' THEN 'one_off' ELSE 'main' END",
        "status": "i.status", "total": "i.total", "paid": "i.paid",
        "issued_on": "CASE WHEN i.number IS NOT NULL THEN i.day END", "due_on": "i.due_on",
        "paid_on": "i.paid_on", "unpaid_units": "coalesce(u.unpaid_units, '')",
        "manager_id": "cc.account_manager_id",
        "manager_at_issue_id": "CASE WHEN i.number IS NOT NULL THEN cc.account_manager_id END",
        "current_id": "i.current_id", "author_id": "cc.account_manager_id",
        "created_at": "large.at(i.made_on, i.n, 80)",
    })  # fmt: skip
    _fill_revisions(office)


_BUYER = """jsonb_build_object('name', y.name, 'kind', y.kind, 'inn', y.inn, 'kpp', y.kpp,
    'address', y.legal_address, 'code', y.counterparty_code)"""


def _fill_revisions(office: Office) -> None:
    sellers = " ".join(f"WHEN {pk} THEN s{pk}.told" for pk in office.snapshots)
    joins = " ".join(
        f"CROSS JOIN (SELECT $large${told}$large$::jsonb AS told) AS s{pk}"
        for pk, told in office.snapshots.items()
    )
    texts = "(SELECT string_agg(line_text, ' + ') FROM large.product WHERE strpos(i.codes, code) > 0)"
    purpose = f"""left('Оплата по счету ' || CASE WHEN i.seller_id = {office.cloud.pk} THEN '88#' ELSE '' END
        || i.number || ' от ' || to_char(i.day, 'DD.MM.YY') || '; ' || t.texts || ' с ' || to_char(i.from_on,
            'DD.MM.YY')
        || ' по ' || to_char(i.to_on - 1, 'DD.MM.YY') || ' Сумма: ' || trunc(i.total) || 'р. '
        || to_char(i.total % 1 * 100, 'FM00') || 'к. ' || CASE WHEN i.rate IS NULL THEN 'НДС не облагается.'
           ELSE 'В т.ч. НДС ' || i.rate || '% ' || to_char(i.vat, 'FM9999999990.00') || 'р.' END, 210)"""
    source = f"""FROM large.bill i JOIN large.person p USING (k) JOIN clients_payer y ON y.id = p.payer_id
        JOIN (SELECT codes, {texts.replace("i.codes", "x.codes")} AS texts
              FROM (SELECT DISTINCT codes FROM large.bill) AS x) AS t ON t.codes = i.codes {joins}"""
    shared = {
        "invoice_id": "i.id", "created_at": "large.at(i.made_on, i.n, 80)",
        "seller": f"CASE WHEN i.number IS NULL THEN '{{}}' ELSE CASE i.seller_id {sellers} END END",
        "buyer": f"CASE WHEN i.number IS NULL THEN '{{}}' ELSE {_BUYER} END",
        "purpose": f"CASE WHEN i.number IS NULL THEN '' ELSE {purpose} END",
        "file": f"CASE WHEN i.number IS NULL THEN '' ELSE '{PAPER}' END",
        "sha256": "CASE WHEN i.number IS NULL THEN '' ELSE encode(sha256(i.id::text::bytea), 'hex') END",
        "sent_at": "CASE WHEN i.number IS NOT NULL THEN large.at(i.day, i.n, 81) END",
    }  # fmt: skip
    fill(Revision, f"{source} ORDER BY i.id", {
        **shared, "id": "i.id", "n": "1",
        "status": "CASE WHEN i.number IS NULL THEN 'prepared' WHEN revised THEN 'replaced' ELSE 'sent' END",
    })  # fmt: skip
    fill(Revision, f"{source} WHERE revised ORDER BY i.id", {
        **shared, "id": "i.current_id", "n": "2", "status": "'sent'",
    })  # fmt: skip


def fill_lines(office: Office) -> None:
    """Lines of current revisions, and of the replaced ones, which live no more."""
    plan("months", """
        SELECT start, finish, '[' || string_agg('["' || day::date || '", "@"]', ', ' ORDER BY day) || ']'
            AS told,
            count(*) AS n
        FROM (SELECT DISTINCT start, finish FROM large.line WHERE months > 0) AS p,
            generate_series(date_trunc('month', start::timestamp), finish - 1, interval '1 month') AS day
        GROUP BY start, finish""", key="start, finish")  # fmt: skip
    month_share = "round(l.quantity * l.month_price * (100 - l.discount) / 100.0, 2)"
    # A whole period is equal months; an additional one has its rest in the first month.
    shares = f"""CASE
        WHEN l.months = 0 THEN '[]'
        WHEN l.month_price IS NULL THEN _yearly
        WHEN m.n * {month_share} = l.amount THEN replace(m.told, '@', {month_share}::text)
        ELSE regexp_replace(replace(regexp_replace(m.told, '@', '#'), '@', {month_share}::text), '#',
                            (l.amount - (m.n - 1) * {month_share})::text) END::jsonb"""
    yearly = """regexp_replace(replace(regexp_replace(m.told, '@', '#'), '@', trunc(l.amount / m.n, 2)::text),
            '#',
        (l.amount - (m.n - 1) * trunc(l.amount / m.n, 2))::text)"""
    columns = {
        "position": "l.position", "kind": "'charge'", "batch_id": "l.batch_id",
        "period": "daterange(l.start, l.finish)",
        "text": f"CASE WHEN l.disk THEN ({array([office.disk.line_text])})[1] ELSE p.line_text END",
        "unit": "CASE WHEN l.disk THEN 'пакет' ELSE p.unit END", "price": "round(l.price, 2)",
        "month_price": "l.month_price", "discount": "l.discount", "net": "l.amount - l.vat",
        "vat_treatment": "CASE WHEN l.rate IS NULL THEN 'none' ELSE 'general' END", "vat_rate": "l.rate",
        "vat": "l.vat", "gross": "l.amount", "rule": "CASE WHEN l.months > 0 THEN 'office' ELSE '' END",
        "shares": shares.replace("_yearly", yearly),
        "why": """jsonb_build_array(jsonb_build_object(
            'text', l.quantity || ' × ' || to_char(l.price, 'FM999999990.00'), 'amount', l.amount::text))""",
    }  # fmt: skip
    source = """FROM large.line l JOIN large.bill i ON i.id = l.invoice_id JOIN large.product p USING (code)
        LEFT JOIN large.months m ON m.start = l.start AND m.finish = l.finish"""
    last = "(SELECT max(id) FROM large.line)"
    fill(Line, f"{source} ORDER BY l.id", {
        **columns, "id": "l.id", "revision_id": "i.current_id", "live": "l.live", "quantity": "l.quantity",
    })  # fmt: skip
    fill(Line, f"{source} WHERE i.revised ORDER BY l.id", {
        **columns, "id": f"{last} + row_number() OVER (ORDER BY l.id)", "revision_id": "i.id",
        "live": "false", "quantity": "l.quantity",
    })  # fmt: skip


_STOOD = """jsonb_build_object('name', p.name, 'status', 'active', 'unit', p.unit, 'units', held,
    'units_paid', {paid}, 'options', '{{}}'::jsonb, 'options_paid', '{{}}'::jsonb,
    'recurring', t.recurring::text, 'paid_until', t.paid_until)"""


def fill_proofs(size: Size, office: Office) -> None:
    """What the last months' additional users changed; the newest cards nobody has looked through."""
    seen = f"i.paid_on < DATE '{size.today}' - 10"
    fill(ProofCard, f"""FROM large.bill i JOIN large.batch b ON b.invoice_id = i.id AND NOT b.disk
            JOIN large.service s ON s.id = b.service_id JOIN large.state t ON t.id = s.id
            JOIN products_product p ON p.id = s.product_id
            JOIN (SELECT service_id, sum(quantity) AS held FROM large.units WHERE NOT disk GROUP BY 1) AS u
                ON u.service_id = s.id
            WHERE i.kind = 'addon' AND i.paid_on > DATE '{size.today}' - 200 ORDER BY i.id""", {
        "id": "row_number() OVER (ORDER BY i.id)", "invoice_id": "i.id",
        "facts": f"""jsonb_build_array(jsonb_build_object('service', s.id,
            'before', {_STOOD.format(paid="held - b.quantity")}, 'after', {_STOOD.format(paid="held")}))""",
        "made_at": "large.at(i.paid_on, i.n, 401)",
        "seen_at": f"CASE WHEN {seen} THEN large.at(i.paid_on + 1, i.n, 83) END",
        "seen_by_id": f"CASE WHEN {seen} THEN {office.staff['head'].pk} END",
    })  # fmt: skip
    run("""UPDATE invoices_invoice SET proof_waits = true
        WHERE id IN (SELECT invoice_id FROM invoices_proofcard WHERE seen_at IS NULL)""")


def make_tokens(size: Size) -> None:
    """Tokens of links follow from the seed (so they are no secret); kept encrypted as everywhere."""
    run("CREATE UNLOGGED TABLE large.token (invoice_id int, token_hash text, token text)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM large.bill WHERE number IS NOT NULL ORDER BY id")
        ids = [row[0] for row in cursor.fetchall()]
    with timed("tokens"), connection.cursor() as cursor:
        for start in range(0, len(ids), TOKENS_AT_ONCE):
            _copy_tokens(cursor, size.seed, ids[start : start + TOKENS_AT_ONCE])


def fill_links() -> None:
    fill(PublicLink, "FROM large.token t JOIN large.bill i ON i.id = t.invoice_id ORDER BY i.id", {
        "id": "i.id", "invoice_id": "i.id", "token_hash": "t.token_hash", "token": "t.token",
        "created_at": "large.at(i.day, i.n, 81)",
        "first_opened_at": """CASE WHEN large.roll(i.n, 82, 10) < 8
            THEN large.at(i.day, i.n, 81) + interval '2 hours' END""",
    })  # fmt: skip


def token_of(seed: int, invoice_id: int) -> str:
    """The token in an invoice's public link."""
    digest = hashlib.sha256(f"large office {seed}, invoice {invoice_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _copy_tokens(cursor, seed: int, ids: list[int]) -> None:
    cursor.copy_expert("COPY large.token FROM STDIN", io.BytesIO("".join(_token_rows(seed, ids)).encode()))


def _token_rows(seed: int, ids: list[int]) -> Iterator[str]:
    for pk in ids:
        token = token_of(seed, pk)
        yield f"{pk}\t{token_hash(token)}\t{encrypt(token)}\n"
