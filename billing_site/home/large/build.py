"""The order of the work, on two connections: what doesn't wait for each other goes side by side."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from billing_site.home.large import (
    clients,
    ground,
    history,
    invoices,
    money,
    office,
    orders,
    papers,
    people,
    services,
    tickets,
    trail,
)
from billing_site.home.large.office import Office
from billing_site.home.large.sizes import Size
from billing_site.journal.models import Series


def build(size: Size) -> None:
    """Fill the empty, furnished database of this connection. Raises Refused for an impossible size."""
    size.check()
    ground.settle_session()
    ground.lay(size)
    ours = office.open_office(size)
    _plan(size, ours)
    people.fill_clients(size, ours)
    with ThreadPoolExecutor(1, initializer=ground.settle_session) as beside:
        talks = beside.submit(_talk, size, ours)
        people.fill_payers()
        orders.fill_orders(size, ours)
        services.fill_services(size, ours)
        invoices.fill_invoices(size, ours)
        money.fill_statements(size, ours)
        talks.result()
        paid = beside.submit(_pay, size, ours)
        invoices.fill_lines(ours)
        trail.fill_journal(ours)
        tickets.settle_clocks()
        paid.result()
        beside.submit(connections.close_all).result()
    Series.objects.create(name=ours.cloud.series, last=_last_number())
    ground.strike()
    _tidy()


def _plan(size: Size, ours: Office) -> None:
    clients.plan_clients(size)
    history.plan_invoices(size)
    services.plan_services()
    invoices.plan_lines(ours)
    services.plan_states(size)
    people.plan_people(size)
    money.plan_payments(size, ours)
    tickets.plan_tickets(size)


def _talk(size: Size, ours: Office) -> None:
    """All that needs nothing but clients."""
    people.fill_contacts(size)
    people.fill_rest(size, ours)
    tickets.fill_tickets()
    trail.fill_letters(size)
    trail.fill_holds(size, ours)
    invoices.make_tokens(size)


def _pay(size: Size, ours: Office) -> None:
    """All that needs invoices, contacts and bank lines."""
    invoices.fill_links()
    invoices.fill_proofs(size, ours)
    money.fill_payments(ours)
    papers.fill_papers(size, ours)


def _last_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM large.invoice")
        return cursor.fetchone()[0]


def _tidy() -> None:
    """Statistics and the visibility map, as autovacuum would leave them in a running office."""
    with ground.timed("vacuum"):
        ground.run("VACUUM (ANALYZE, FREEZE)")
