"""What each client was billed for, from the newest invoice back: kinds, days and how each one stands."""

from billing_site.home.large.ground import plan
from billing_site.home.large.office import FIRST_NUMBER
from billing_site.home.large.sizes import Size

# Most are main ones; a client with very many has nothing else.
_KINDED = """
    SELECT c.k, j, c.k::bigint * 16384 + j AS n,
        CASE WHEN c.size <> 'usual' OR j = 0 OR dice >= 180 THEN 'main'
             WHEN dice < 60 THEN 'one_off'
             WHEN dice < 120 THEN 'addon'
             WHEN dice < 130 THEN 'void'
             WHEN dice < 135 THEN 'discarded'
             WHEN large.roll(c.k, 41, 100) < 30 THEN 'yearly'
             ELSE 'main' END AS kind,
        c.size, c.fate, c.months, c.head, c.services, large.roll(c.k, 42, 355) AS own_day
    FROM large.life c, generate_series(0, c.q - 1) AS j,
        LATERAL (SELECT large.roll(c.k::bigint * 16384 + j, 40, 1000) AS dice) AS d"""
_COUNTED = """
    SELECT *, count(*) FILTER (WHERE kind = 'main') OVER before AS newer,
        count(*) FILTER (WHERE kind = 'yearly') OVER before AS years,
        count(*) FILTER (WHERE kind = 'main') OVER (PARTITION BY k) AS mains
    FROM kinded WINDOW before AS (PARTITION BY k ORDER BY j ROWS BETWEEN UNBOUNDED PRECEDING
        AND 1 PRECEDING)"""
_PLACED = """
    SELECT k, j, n, size, fate, months, head, years, mains, own_day,
        CASE WHEN kind IN ('addon', 'void', 'discarded') AND newer >= mains THEN 'one_off' ELSE kind END
            AS kind,
        CASE WHEN size = 'usual' THEN 1 ELSE j % services + 1 END AS sn,
        large.month(head - months * past) AS start, large.month(head - months * (past - 1)) AS finish, past
    FROM counted, LATERAL (SELECT CASE WHEN size = 'usual' THEN least(newer, mains - 1)::int
                                       ELSE j / services END AS past) AS l"""
_DATED = """
    SELECT k, j, n, size, fate, months, mains, kind, sn, past, years, start, finish,
        CASE kind WHEN 'main' THEN least({yesterday}, start - 8 - large.roll(n, 43, 13))
                  WHEN 'void' THEN least({yesterday}, start - 9 - large.roll(n, 43, 12))
                  WHEN 'discarded' THEN least({yesterday}, start - 9 - large.roll(n, 43, 12))
                  WHEN 'addon' THEN grown - CASE WHEN extract(day FROM grown) > 25 THEN 10 ELSE 0 END
                  WHEN 'one_off' THEN least({yesterday} - large.roll(n, 43, 5),
                                            start + large.roll(n, 44, 28 * months))
                  ELSE ({today} - 5 - own_day - make_interval(months => 12 * years::int
                            + CASE WHEN fate = 'runs' THEN 0 ELSE greatest(0, {now} - head) END))::date - 10
        END AS day
    FROM placed, LATERAL (SELECT greatest(start, least({yesterday},
            start + 1 + large.roll(n, 44, greatest(1, finish - start - 8)))) AS grown) AS g"""
_STANDING = """
    SELECT d.*, CASE WHEN kind IN ('main', 'void', 'discarded') THEN start
                     WHEN kind = 'yearly' THEN day + 10 ELSE day + 7 END AS due_on,
        CASE kind WHEN 'void' THEN 'void' WHEN 'discarded' THEN 'discarded'
            ELSE CASE WHEN draft THEN 'draft' WHEN NOT unpaid THEN 'paid'
                      WHEN day < {today} - 700 AND large.roll(n, 45, 5) = 0 THEN 'collections'
                      ELSE 'issued' END END AS status,
        unpaid AND NOT draft AND kind NOT IN ('void', 'discarded') AND large.roll(n, 46, 100) < 15 AS partly
    FROM dated d, LATERAL (SELECT
            CASE kind WHEN 'main' THEN start > {today} AND large.roll(n, 47, 10) < 3
                      WHEN 'one_off' THEN day > {today} - 6 AND large.roll(n, 47, 10) < 3
                      ELSE false END AS draft,
            large.roll(n, 48, 100) < CASE
                WHEN kind = 'main' AND start > {today} THEN 55
                WHEN kind = 'main' AND size <> 'usual' THEN CASE WHEN day > {today} - 75 THEN 22 ELSE 0 END
                WHEN kind = 'main' AND past = 0 AND fate = 'debtor' THEN 100
                WHEN kind = 'main' AND past = 0 AND fate = 'runs' AND start > {today} - 60 THEN 25
                WHEN kind IN ('addon', 'one_off') THEN CASE WHEN day > {today} - 20 THEN 50 ELSE 15 END
                WHEN kind = 'yearly' AND years = 0 AND fate = 'runs' THEN 12
                ELSE 0 END AS unpaid) AS s"""
_NUMBERED = """
    SELECT k::int, j::int, n, size = 'usual' AS usual, kind, sn::int, months::int, mains::int, start, finish,
        day, due_on, status, partly,
        id::int, CASE WHEN status NOT IN ('draft', 'discarded') THEN {first} + row_number()
            OVER (PARTITION BY status IN ('draft', 'discarded') ORDER BY day, id) END AS number,
        CASE WHEN status = 'paid' THEN greatest(day, least({yesterday}, day + 1 + large.roll(n, 49, 28))) END
            AS paid_on,
        made_on, status NOT IN ('draft', 'discarded', 'void') AND large.roll(n, 50, 1000) < 12 AS revised
    FROM (SELECT *, row_number() OVER (ORDER BY made_on, k, j) AS id
          FROM (SELECT *, CASE WHEN status = 'draft' THEN {yesterday} - large.roll(n, 51, 4)
                               ELSE day - large.roll(n, 51, 3) END AS made_on FROM standing) AS made)
                                   AS ordered"""


def plan_invoices(size: Size) -> None:
    """One row an invoice, numbered in the order of issue; ids in the order of making.

    What an invoice is depends on its client and its place there alone; its id and number, on all others.
    """
    today = size.today
    values = {
        "today": f"DATE '{today}'", "yesterday": f"(DATE '{today}' - 1)",
        "now": today.year * 12 + today.month - 1, "first": FIRST_NUMBER,
    }  # fmt: skip
    steps = {
        "kinded": _KINDED, "counted": _COUNTED, "placed": _PLACED, "dated": _DATED, "standing": _STANDING,
    }  # fmt: skip
    chain = ", ".join(f"{name} AS ({text.format(**values)})" for name, text in steps.items())
    plan("invoice", f"WITH {chain} {_NUMBERED.format(**values)}", key="k")
    plan(
        "course",
        "SELECT k, max(mains) AS mains, min(least(day, made_on)) - 3 - large.roll(k, 52, 20) AS came_on, "
        "min(due_on) FILTER (WHERE kind = 'yearly') AS reports_on, bool_or(kind = 'one_off') AS works "
        "FROM large.invoice GROUP BY k",
        key="k",
    )
