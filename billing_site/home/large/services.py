"""Services and what is in them: planned from what was billed, stored with amounts and dates derived."""

from billing_site.home.large.ground import fill, plan
from billing_site.home.large.office import FIRST_CLIENT, Office
from billing_site.home.large.sizes import Size
from products.models import Batch, Handover, Service

REPORTING, HOURS = 1001, 1002  # places of these services among a client's; the cloud's come first
CYCLES = "(ARRAY['month', '', 'quarter', '', '', 'half_year', '', '', '', '', '', 'year'])[months]"
# Users and their licences are as many; of a big client each service has its own number.
_QUANTITY = """(ARRAY[1, 2, 2, 3, 3, 4, 5, 5, 6, 8, 10, 12, 15, 22, 30, 2])
    [1 + large.roll(CASE WHEN size = 'usual' THEN k ELSE id END, 64, 16)]"""


def plan_services() -> None:
    """Services by client, and batches with the invoice that sold each alone."""
    plan("service", f"""
        SELECT row_number() OVER (ORDER BY k, sn) AS id, s.*, p.id AS product_id, p.family,
            p.month AS month_price
        FROM (
            SELECT k, sn, months, {CYCLES} AS cycle, size, fate,
                CASE WHEN size <> 'usual' OR sn = 1 THEN 'access'
                     ELSE (ARRAY['licence', 'backup', 'module'])[1 + (large.roll(k, 60, 3) + sn - 2) % 3] END
                    AS code,
                large.month(head - months * (CASE WHEN size = 'usual' THEN mains::int
                    ELSE (q - sn) / services + 1 END - 1)) AS since
            FROM large.life JOIN large.course USING (k), generate_series(1, services) AS sn
            UNION ALL
            SELECT k, {REPORTING}, 12, 'year', size, fate, 'reporting', NULL
            FROM large.life JOIN large.course USING (k) WHERE reports_on IS NOT NULL
            UNION ALL
            SELECT k, {HOURS}, 0, 'one_time', size, fate, 'hours', NULL
            FROM large.life JOIN large.course USING (k) WHERE works
        ) AS s JOIN large.product p USING (code)""", key="k, sn")  # fmt: skip
    plan("batch", f"""
        SELECT row_number() OVER (ORDER BY service_id, since, place) AS id, b.*
        FROM ({_FIRST_BATCHES} UNION ALL {_DISKS} UNION ALL {_LATER_BATCHES}) AS b
        """, key="k, sn")  # fmt: skip


_DISCOUNT = "(ARRAY[0, 0, 0, 0, 0, 0, 0, 5, 5, 10])[1 + large.roll(s.k, 61, 10)]"
_OWN = "large.roll(id, 62, 100) < 4"
_FIRST_BATCHES = f"""
    SELECT id AS service_id, k, sn, 0 AS place, 'first' AS sort, NULL::int AS invoice_id, false AS disk,
        CASE code WHEN 'module' THEN 1 WHEN 'backup' THEN 1 + large.roll(id, 63, 3)
                  ELSE {_QUANTITY} END AS quantity,
        (CASE WHEN {_OWN} THEN month_price - 10 ELSE month_price END) * months AS price,
        CASE WHEN {_OWN} THEN month_price - 10 ELSE month_price END AS month_price,
        {_OWN} AS own, {_DISCOUNT} AS discount, since
    FROM large.service s WHERE sn < {REPORTING}"""
_DISKS = f"""
    SELECT id, k, sn, 1, 'first', NULL, true, 1 + large.roll(id, 65, 8), 60 * months, 60, false, {_DISCOUNT},
        since
    FROM large.service s WHERE code = 'access' AND large.roll(id, 66, 100) < 30"""
# An additional invoice and a one-off work sell a batch of their own; each year of reporting, the same one.
_LATER_BATCHES = f"""
    SELECT s.id, i.k, s.sn, 2 + i.j, i.kind, i.id, disk, 1 + large.roll(i.n, 68, 8),
        CASE i.kind WHEN 'one_off' THEN 2400 WHEN 'addon' THEN i.months * month END,
        CASE i.kind WHEN 'addon' THEN month END, false,
        CASE i.kind WHEN 'addon' THEN {_DISCOUNT} ELSE 0 END, i.day
    FROM large.invoice i
        JOIN large.service s ON s.k = i.k AND s.sn = CASE i.kind WHEN 'addon' THEN 1 ELSE {HOURS} END,
        LATERAL (SELECT i.kind = 'addon' AND large.roll(i.n, 67, 10) < 4 AS disk) AS d,
        LATERAL (SELECT CASE WHEN disk THEN 60 ELSE s.month_price END AS month) AS m
    WHERE i.kind IN ('addon', 'one_off')
    UNION ALL
    SELECT s.id, k, sn, 2, 'yearly', NULL, false, 1 + large.roll(k, 68, 2), 5900, NULL, false, 0, reports_on
    FROM large.service s JOIN large.course USING (k) WHERE sn = {REPORTING}"""


def plan_states(size: Size) -> None:
    """What follows for batches and services from the lines and from who has paid them."""
    plan("sold", """
        SELECT b.id, min(l.paid_on) AS paid_on, bool_or(l.status <> 'draft') AS given,
            max(l.finish) FILTER (WHERE l.status = 'paid') AS paid_until, min(l.start) AS start
        FROM large.batch b LEFT JOIN large.line l ON l.batch_id = b.id AND l.live
        GROUP BY b.id""", key="id")  # fmt: skip
    plan("units", f"""
        SELECT b.id, b.service_id, b.sn, b.disk, b.quantity, b.price, b.own, b.discount, b.since, s.paid_on,
            s.paid_until, s.start,
            CASE WHEN b.sn = {HOURS} THEN NULL WHEN b.sn = {REPORTING} THEN s.paid_on + 1
                 WHEN s.given THEN least(b.since + 1, DATE '{size.today}' - 1) END AS given_on
        FROM large.batch b JOIN large.sold s USING (id)""", key="service_id")  # fmt: skip
    plan("state", f"""
        SELECT service_id AS id,
            coalesce(sum(round(quantity * price * (100 - discount) / 100.0, 2)) FILTER
                (WHERE paid_on IS NOT NULL OR given_on IS NOT NULL), 0) AS recurring,
            CASE WHEN sn = {HOURS} THEN NULL WHEN min(paid_until) IS NULL THEN NULL
                 WHEN (array_agg(paid_until ORDER BY id))[1] IS NULL
                     THEN least(min(paid_until), (array_agg(start ORDER BY id))[1])
                 ELSE min(paid_until) END AS paid_until,
            bool_or(paid_on IS NOT NULL OR given_on IS NOT NULL) AS begun, min(since) AS since
        FROM large.units GROUP BY service_id, sn""", key="id")  # fmt: skip
    plan("selling", """
        SELECT l.invoice_id AS id,
            CASE WHEN bool_or(u.given_on IS NOT NULL) THEN 'given' ELSE 'ordered' END AS unpaid_units
        FROM large.units u JOIN large.line l ON l.batch_id = u.id
        WHERE u.paid_on IS NULL AND l.live AND l.status = 'issued'
        GROUP BY l.invoice_id""", key="id")  # fmt: skip


def fill_services(size: Size, office: Office) -> None:
    today = f"DATE '{size.today}'"
    source = "FROM large.service s JOIN large.state t USING (id) JOIN large.client c USING (k) ORDER BY id"
    fill(Service, source, {
        "id": "s.id", "client_id": f"{FIRST_CLIENT} + k", "product_id": "s.product_id", "family": "s.family",
        "order_line_id": f"CASE WHEN sn < {REPORTING} AND s.size = 'usual' THEN s.id END",
        "status": f"""CASE WHEN NOT begun THEN 'pending' WHEN s.fate = 'runs' THEN 'active'
            WHEN s.fate = 'debtor' AND coalesce(paid_until, t.since) > {today} - 150 THEN 'suspended'
            ELSE 'terminated' END""",
        "cycle": "s.cycle",
        "anchor": f"CASE WHEN sn < {REPORTING} THEN date_trunc('month', t.since)::date ELSE t.since END",
        "starts_on": "t.since", "paid_until": "paid_until", "recurring": "recurring",
        "domain": """CASE WHEN s.code = 'access' THEN 'srv' || large.roll(s.id, 70, 40) || '.' || c.host
            ELSE '' END""",
        "username": "CASE WHEN s.code IN ('access', 'backup') THEN 'u' || k || '_' || sn ELSE '' END",
        "not_until": f"CASE WHEN large.roll(s.id, 71, 200) = 0 THEN {today} + large.roll(s.id, 72, 40) END",
        "not_until_because": "CASE WHEN large.roll(s.id, 71, 200) = 0 THEN 'Обещали оплатить' ELSE '' END",
        "doubled_because": """CASE WHEN s.size <> 'usual' AND sn > 1 THEN 'Отдельная база филиала ' || sn
            ELSE '' END""",
        "created_at": "large.at(t.since - 3, s.id, 73)",
    })  # fmt: skip
    fill(Batch, "FROM large.units u ORDER BY id", {
        "id": "u.id", "service_id": "service_id", "option_id": f"CASE WHEN disk THEN {office.disk.pk} END",
        "quantity": "quantity", "price": "price", "discount": "discount", "since": "since",
        "own_price_because": "CASE WHEN own THEN 'Договорённость при переходе' ELSE '' END",
        "created_at": "large.at(since - 3, id, 74)", "given_at": "large.at(given_on, id, 75)",
        "paid_at": "large.at(paid_on, id, 76)",
    })  # fmt: skip
    _fill_handovers(office)


def _fill_handovers(office: Office) -> None:
    """Support has carried out what additional invoices sold."""
    source = "FROM large.units u JOIN large.batch b USING (id) WHERE b.sort = 'addon' ORDER BY id"
    fill(Handover, source, {
        "id": "row_number() OVER (ORDER BY id)", "service_id": "u.service_id", "batch_id": "id",
        "subject": """CASE WHEN u.disk THEN 'Дисковое пространство + ' || u.quantity * 5
            ELSE 'Доступ + ' || u.quantity END""", "status": "'done'",
        "body": "'Δ ' || 5 || '-' || 5 + u.quantity", "was": "5", "becomes": "5 + u.quantity",
        "unit": "CASE WHEN u.disk THEN 'пакет' ELSE 'польз.' END",
        "created_at": "large.at(u.since, id, 77)", "done_at": "large.at(u.given_on, id, 75)",
        "done_by_id": str(office.staff["support"].pk),
    })  # fmt: skip
