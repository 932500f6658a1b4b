"""Contracts, 1C licences and options, to-dos and events of the clients."""

from billing_site.home.large.ground import array, fill
from billing_site.home.large.office import Office
from billing_site.home.large.sizes import Size
from billing_site.home.large.words import PROGRAMS, TASKS
from clients.models import ClientOption, Contract, Event, LicenceItem, Todo

_EACH = "FROM large.person p JOIN large.course o USING (k)"


def fill_papers(size: Size, office: Office) -> None:
    today = f"DATE '{size.today}'"
    _fill_contracts(office)
    _fill_licences(today)
    _fill_options(today)
    _fill_plans(today, office)


def _fill_contracts(office: Office) -> None:
    fill(Contract, f"{_EACH} WHERE large.roll(k, 500, 100) < 30 ORDER BY k", {
        "id": "row_number() OVER (ORDER BY k)", "client_id": "p.id", "payer_id": "p.payer_id",
        "seller_id": str(office.cloud.pk), "number": "'О-' || k", "date": "came_on",
        "kind": "(ARRAY['deal', 'deal', 'offer', 'bill'])[1 + large.roll(k, 501, 4)]",
        "state": "(ARRAY['sent', 'scan', 'original', 'edi'])[1 + large.roll(k, 502, 4)]",
        "prolongs": "true", "until": "CASE WHEN large.roll(k, 503, 3) = 0 THEN came_on + 364 END",
        "created_at": "large.at(came_on, k, 504)",
    })  # fmt: skip


def _fill_licences(today: str) -> None:
    """Registration numbers are nine digits; some licences have ended."""
    source = f"{_EACH}, generate_series(1, (ARRAY[0, 0, 1, 1, 2])[1 + large.roll(k, 510, 5)]) AS n,"
    fill(LicenceItem, f"{source} LATERAL (SELECT k * 4 + n AS m) AS l ORDER BY m", {
        "id": "row_number() OVER (ORDER BY m)", "client_id": "p.id",
        "product": f"large.word({array(PROGRAMS)}, m, 511)",
        "ownership": "(ARRAY['rent', 'rent', 'own'])[1 + large.roll(m, 512, 3)]",
        "registration_number": "'80' || lpad((m::bigint * 7919 % 10000000)::text, 7, '0')",
        "its_until": f"CASE WHEN large.roll(m, 513, 3) > 0 THEN {today} - 200 + large.roll(m, 514, 560) END",
        "portal_login": "'its' || 100000 + k", "active_from": "came_on",
        "active_until": """CASE WHEN large.roll(m, 515, 8) = 0
            THEN came_on + 200 + large.roll(m, 516, 900) END""",
    })  # fmt: skip


def _fill_options(today: str) -> None:
    kinds = "unnest(ARRAY['reporting', 'edi', 'counterparty', 'kazakhstan']) WITH ORDINALITY AS t (kind, n)"
    source = f"{_EACH}, {kinds}, LATERAL (SELECT k * 4 + n AS m) AS l"
    fill(ClientOption, f"{source} WHERE large.roll(m, 520, 100) < (ARRAY[35, 30, 10, 2])[n] ORDER BY m", {
        "id": "row_number() OVER (ORDER BY m)", "client_id": "p.id", "kind": "kind", "since": "came_on",
        "state": """(ARRAY['connected', 'connected', 'requested', 'refused', 'off'])
            [1 + large.roll(m, 521, 5)]""",
        "until": f"""CASE WHEN large.roll(m, 521, 5) < 2
            THEN greatest(came_on + 30, {today} - 60 + large.roll(m, 522, 420)) END""",
    })  # fmt: skip


def _fill_plans(today: str, office: Office) -> None:
    """What managers have to do: most is done; and days of the calendar that speak of clients."""
    head = str(office.staff["head"].pk)
    manager = f"coalesce(p.manager_id, {head})"
    fill(Todo, f"{_EACH} WHERE large.roll(k, 530, 6) = 0 ORDER BY k", {
        "id": "row_number() OVER (ORDER BY k)", "client_id": "p.id", "assignee_id": manager,
        "author_id": head, "text": f"'Позвонить: ' || large.word({array(TASKS)}, k, 531)",
        "due_on": f"{today} - 300 + large.roll(k, 532, 330)",
        "done_at": f"""CASE WHEN large.roll(k, 533, 10) > 0
            THEN large.at({today} - 1 - large.roll(k, 534, 300), k, 535) END""",
        "created_at": f"large.at({today} - 330, k, 536)",
    })  # fmt: skip
    fill(Event, f"{_EACH} WHERE large.roll(k, 540, 150) = 0 ORDER BY k", {
        "id": "row_number() OVER (ORDER BY k)", "client_id": "p.id", "author_id": manager,
        "title": "'Встреча в офисе клиента'", "starts_on": f"{today} - 30 + large.roll(k, 541, 60)",
        "created_at": f"large.at({today} - 40, k, 542)",
    })  # fmt: skip
