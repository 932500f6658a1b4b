"""Who the clients are and how they behave: the plan that services, invoices and tickets read."""

from billing_site.home.large.ground import array, plan
from billing_site.home.large.office import FIRST_CLIENT
from billing_site.home.large.sizes import Size
from billing_site.home.large.words import ENDINGS, KINDS, NAMES, SURNAMES

HEAVIES_EVERY, BIG_EVERY = 20_000, 500  # a client in so many is heavy, or big
HEAVIEST = (300, 10_000)  # services and invoices of a heavy client
MONTHS_BACK = 96  # how far back the office's invoices go

# How many invoices, of all in the mean: most clients have few.
_COUNTED = """
    SELECT k, {first} + k AS id,
        CASE WHEN k % {heavies} = 1 THEN 'heavy' WHEN k % {big} = 7 THEN 'big' ELSE 'usual' END AS size,
        (ARRAY[0.35, 0.35, 0.35, 0.75, 0.75, 0.75, 1.2, 1.2, 1.2, 1.2, 1.2, 2.0, 2.0, 3.3, 3.3, 0.35, 0.75,
               0.75, 0.35, 0.35])[1 + large.roll(k, 11, 20)]::float8 AS weight
    FROM generate_series(1, {clients}) AS k"""
_WEIGHED = """
    SELECT *, CASE size WHEN 'heavy' THEN greatest(3, least({heaviest}, {invoices} / 100))
                        WHEN 'big' THEN 20 * {invoices} / {clients} END AS fixed
    FROM counted"""
_ROLLED = """
    SELECT w.*, coalesce(w.fixed, greatest(1, floor(w.weight * m.mean + large.roll(k, 12,
        1000) / 1000.0)))::int
        AS rolled
    FROM weighed w, (SELECT ({invoices} - coalesce(sum(fixed), 0)) / count(*) FILTER (WHERE fixed IS NULL)
                         / avg(weight) FILTER (WHERE fixed IS NULL) AS mean FROM weighed) AS m"""
# What the rolls miss of the exact number is made up by the last clients, one each.
_EXACT = """
    SELECT r.*, rolled + CASE WHEN size = 'usual' THEN
            sign(m.missing) * (abs(m.missing) / m.usual + (place <= abs(m.missing) % m.usual)::int) ELSE 0 END
                AS q
    FROM (SELECT *, CASE WHEN size = 'usual' THEN
              count(*) FILTER (WHERE size = 'usual') OVER (ORDER BY (rolled > 1) DESC, k DESC) END AS place
          FROM rolled) AS r,
         (SELECT {invoices} - sum(rolled) AS missing, count(*) FILTER (WHERE size = 'usual') AS usual
          FROM rolled) AS m"""
_LIVED = """
    SELECT k, id, size, q::int AS q, large.roll(k, 13, 100) AS luck,
        CASE WHEN size <> 'usual' THEN 1
             WHEN q <= 6 THEN (ARRAY[6, 6, 6, 6, 3, 3, 12, 12, 1, 6])[1 + large.roll(k, 14, 10)]
             WHEN q <= 16 THEN (ARRAY[6, 6, 6, 3, 3, 3, 1, 1, 6, 3])[1 + large.roll(k, 14, 10)]
             WHEN q <= 33 THEN (ARRAY[3, 1])[1 + large.roll(k, 14, 2)]
             ELSE 1 END AS months,
        CASE size WHEN 'heavy' THEN least({services}, greatest(3, q / 33)::int)
                  WHEN 'big' THEN 12
                  ELSE (ARRAY[2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4])[1 + large.roll(k, 15, 11)] END AS services
    FROM exact"""
# fate: runs, debtor (the newest invoice was never paid, services are off), left (went in peace).
_FATED = """
    SELECT *, CASE WHEN size <> 'usual' OR luck < 78 THEN 'runs' WHEN luck < 88 THEN 'debtor' ELSE 'left' END
        AS fate,
        {now} - (({now} - large.roll(k, 16, months)) % months + months) % months AS boundary
    FROM lived"""
_HEADED = """
    SELECT *, CASE
            WHEN fate <> 'runs' THEN boundary - months * (fate = 'left')::int
                - months * (least((large.roll(k, 17, 60) * large.roll(k, 18, 60) / 60),
                                  greatest(0, {back} - q::int * months)) / months)
            WHEN large.month(boundary + months) - 20 <= {today} THEN boundary + months
            ELSE boundary END AS head
    FROM fated"""


def plan_clients(size: Size) -> None:
    """One row a client: its number, how many invoices and services, its cycle, its fate, its name."""
    today = size.today
    values = {
        "first": FIRST_CLIENT, "heavies": HEAVIES_EVERY, "big": BIG_EVERY, "clients": size.clients,
        "invoices": size.invoices, "services": HEAVIEST[0], "heaviest": HEAVIEST[1], "back": MONTHS_BACK,
        "now": today.year * 12 + today.month - 1, "today": f"DATE '{today}'",
    }  # fmt: skip
    steps = {
        "counted": _COUNTED, "weighed": _WEIGHED, "rolled": _ROLLED, "exact": _EXACT, "lived": _LIVED,
        "fated": _FATED,
    }  # fmt: skip
    chain = ", ".join(f"{name} AS ({text.format(**values)})" for name, text in steps.items())
    plan("life", f"WITH {chain} {_HEADED.format(**values)}", key="k")
    plan("client", f"SELECT l.*, {_naming()} FROM large.life l", key="k")


def _naming() -> str:
    names, latin = array([name for name, _l in NAMES]), array([latin for _n, latin in NAMES])
    surnames, endings, kinds = array(SURNAMES), array(ENDINGS), array(KINDS)
    first = f"1 + large.roll(k, 21, {len(NAMES)})"
    second = f"1 + large.roll(k, 22, {len(NAMES)})"
    letters = "substr('АБВГДЕИКЛМНОПРСТ', 1 + large.roll(k, {salt}, 16), 1)"
    return f"""
        CASE WHEN large.roll(k, 20, 10) = 0 THEN 'sole' WHEN large.roll(k, 20, 50) = 1 THEN 'person'
             ELSE 'legal' END AS kind,
        CASE WHEN large.roll(k, 20, 10) = 0 OR large.roll(k, 20, 50) = 1 THEN
                CASE WHEN large.roll(k, 20, 10) = 0 THEN 'ИП ' ELSE '' END
                || large.word({surnames}, k, 23) || ' ' || {letters.format(salt=24)} || '. '
                || {letters.format(salt=25)} || '.'
             WHEN large.roll(k, 26, 2) = 0 THEN
                large.word({kinds}, k, 27) || ' «' || ({names})[{first}] || '»'
                || CASE WHEN large.roll(k, 28, 4) = 0 THEN ' № ' || 1 + large.roll(k, 29, 60) ELSE '' END
             ELSE ({names})[{first}] || '-' || ({names})[{second}] || large.word({endings}, k, 30) END
                 AS name,
        ({latin})[{first}] || '-' || ({latin})[{second}] || '-' || k || '.example' AS host"""
