from invoices.models.bank import BankLine, LearnedPayer, Statement
from invoices.models.drifts import Drifted
from invoices.models.invoice import Invoice, Line, PublicLink, Revision, SkippedPeriod
from invoices.models.money import Allocation, CreditAccount, CreditEntry, Payment
from invoices.models.proofs import ProofCard
from invoices.models.renewals import DraftCheck, Enclosure, ParkedRenewal

__all__ = [
    "Allocation",
    "BankLine",
    "CreditAccount",
    "CreditEntry",
    "DraftCheck",
    "Drifted",
    "Enclosure",
    "Invoice",
    "LearnedPayer",
    "Line",
    "ParkedRenewal",
    "Payment",
    "ProofCard",
    "PublicLink",
    "Revision",
    "SkippedPeriod",
    "Statement",
]
