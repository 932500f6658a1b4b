"""The bank desk: statements come in, their lines are matched to invoices, people decide the rest.

Read it in this order: a file is kept and read (loading), its rows are stored once (rows), everything
that could speak for an invoice is fetched (lookup), the pure verdict of `invoices.judging` is written
and its money posted (posting), accounts are learned (learning), people decide what waits (deciding).
"""

from invoices.matching.deciding import accept, accept_proposal, payer_of, reopen, set_aside
from invoices.matching.loading import (
    Matched,
    load_and_match,
    read_again,
    read_and_match,
    receive_statement,
    told_again,
)

__all__ = [
    "Matched",
    "accept",
    "accept_proposal",
    "load_and_match",
    "payer_of",
    "read_again",
    "read_and_match",
    "receive_statement",
    "reopen",
    "set_aside",
    "told_again",
]
