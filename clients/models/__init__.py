from clients.models.client import (
    Client,
    ClientQuerySet,
    NamedQuerySet,
    Translate,
    client_numbers_seen_by,
    clients_seen_by,
    name_key,
)
from clients.models.links import ClientGroup, CompanyGroup, FormerId, Referral
from clients.models.papers import ClientOption, Contract, LicenceItem, Payer, PayerKpp
from clients.models.people import Contact, EmailAddress, MailClass, Power
from clients.models.work import Event, Mention, Note, NoteFile, Proof, Todo

__all__ = [
    "Client",
    "ClientGroup",
    "ClientOption",
    "ClientQuerySet",
    "CompanyGroup",
    "Contact",
    "Contract",
    "EmailAddress",
    "Event",
    "FormerId",
    "LicenceItem",
    "MailClass",
    "Mention",
    "NamedQuerySet",
    "Note",
    "NoteFile",
    "Payer",
    "PayerKpp",
    "Power",
    "Proof",
    "Referral",
    "Todo",
    "Translate",
    "client_numbers_seen_by",
    "clients_seen_by",
    "name_key",
]
