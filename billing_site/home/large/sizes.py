"""How large the office is to be."""

from dataclasses import dataclass
from datetime import date

from billing_site.kit import clock
from billing_site.kit.errors import Refused

FEWEST_CLIENTS, MOST_CLIENTS = 20, 2_000_000
INVOICES_A_CLIENT = (3, 25)
TICKETS_A_CLIENT = 50


@dataclass(frozen=True)
class Size:
    """Clients, invoices and tickets of an office, and the seed of all its facts.

    `on` is the office's today; empty = the day on which it is built.
    """

    clients: int
    invoices: int
    tickets: int
    seed: int = 2026
    on: date | None = None

    @property
    def today(self) -> date:
        return self.on or clock.today()

    def check(self) -> None:
        """Raises Refused for a size that has no office."""
        fewest, most = (n * self.clients for n in INVOICES_A_CLIENT)
        if not FEWEST_CLIENTS <= self.clients <= MOST_CLIENTS:
            raise Refused(f"--clients: from {FEWEST_CLIENTS} to {MOST_CLIENTS}, not {self.clients}.")
        if not fewest <= self.invoices <= most:
            raise Refused(
                f"--invoices: from {fewest} to {most} for {self.clients} clients, not {self.invoices}."
            )
        if not 0 <= self.tickets <= TICKETS_A_CLIENT * self.clients:
            raise Refused(
                f"--tickets: from 0 to {TICKETS_A_CLIENT * self.clients} for {self.clients} clients, "
                f"not {self.tickets}."
            )
        if not 0 <= self.seed < 10**12:
            raise Refused("--seed: from 0 to 999999999999.")
