"""Reading of raw mails: bytes in, values out. Nothing here knows a request, a row or a clock."""

from tickets.reading.authentication import sender_authentication
from tickets.reading.html import html_to_text
from tickets.reading.mail import KINDS, Address, Bounce, Mail, Part, UnreadableMail
from tickets.reading.quotes import fold_quotes
from tickets.reading.reader import read_mail
from tickets.reading.safe import SafeHtml, safe_html
from tickets.reading.tokens import make_message_id, read_message_id, subject_ticket_number

__all__ = [
    "KINDS",
    "Address",
    "Bounce",
    "Mail",
    "Part",
    "SafeHtml",
    "UnreadableMail",
    "fold_quotes",
    "html_to_text",
    "make_message_id",
    "read_mail",
    "read_message_id",
    "safe_html",
    "sender_authentication",
    "subject_ticket_number",
]
