"""Where mails come from: a Maildir or an IMAP folder. The bytes are committed before the source is told."""

from tickets.importing.taking import Taken
from tickets.importing.visiting import fetch, fetch_due

__all__ = ["Taken", "fetch", "fetch_due"]
