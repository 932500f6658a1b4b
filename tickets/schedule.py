"""Errands of tickets that call a verb, and the work that beat starts."""

import structlog
from celery import shared_task

from billing_site.kit import errands
from tickets import clocks, handing, importing, intake

log = structlog.get_logger()


@shared_task(name="tickets.fetch")
def fetch() -> None:
    """Visit the mailboxes whose turn it is; each mail taken sends its own errand."""
    for name, taken in importing.fetch_due().items():
        if taken.new:
            log.info("mail taken", mailbox=name, new=taken.new, known=taken.known)


# The reader has its own guards; the limit is for what they don't know. LEASE is longer.
@shared_task(name="tickets.process", time_limit=200, soft_time_limit=180)
def process(raw_id: int) -> None:
    """Make a message of one mail; whoever comes second finds nothing to do."""
    intake.process(raw_id)


@shared_task(name="tickets.sweep")
def sweep() -> None:
    """Send again each mail whose errand or reader was lost."""
    for raw_id in intake.sweep():
        errands.send_now("tickets.process", raw_id)


@shared_task(name="tickets.open_handovers")
def open_handovers() -> None:
    """A ticket for each hand-over that waits; tickets of those that are settled are closed."""
    opened, closed = handing.open_handovers(), handing.close_settled()
    if opened or closed:
        log.info("hand-overs", opened=len(opened), closed=len(closed))


@shared_task(name="tickets.watch_clocks")
def watch_clocks() -> None:
    """Tell the stages that the clocks have reached, each once."""
    told = clocks.watch()
    if told:
        log.info("clocks", told=told)
