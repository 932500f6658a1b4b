from invoices.models.bank import BankLine, LearnedPayer, Statement
from invoices.models.invoice import Invoice, Line, ProofCard, PublicLink, Revision, SkippedPeriod
from invoices.models.money import Allocation, CreditAccount, CreditEntry, Payment

__all__ = [
    "Allocation",
    "BankLine",
    "CreditAccount",
    "CreditEntry",
    "Invoice",
    "LearnedPayer",
    "Line",
    "Payment",
    "ProofCard",
    "PublicLink",
    "Revision",
    "SkippedPeriod",
    "Statement",
]
