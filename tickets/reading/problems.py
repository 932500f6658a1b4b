"""What can be wrong with a mail, each said once.

The texts are msgids without parameters: they are stored with the message as they are and translated
where they are shown (`gettext(problem)`).
"""


def _(msgid: str) -> str:
    """Marks a text for translators; Django's gettext_noop would need settings, which reading doesn't."""
    return msgid


NO_HEADERS = _("the mail has no headers")
NO_FROM = _("no sender in From")
NO_MESSAGE_ID = _("no Message-ID, one was derived from the bytes")
NO_DATE = _("no date")
BAD_DATE = _("the date cannot be read")
SEVERAL_SENDERS = _("several senders in From")
HEADER_LINE_SKIPPED = _("a line among the headers is not a header")
HEADERS_CUT = _("the headers are too long and were cut")
RAW_HEADER = _("a header has raw 8-bit letters, the encoding was guessed")
CHARSET_GUESSED = _("the encoding of the text was guessed")
CHARSET_LIES = _("the text is not in the encoding it names")
LETTERS_LOST = _("some letters could not be read")
NUL_BYTES = _("zero bytes were removed")
NO_BOUNDARY = _("the boundary of the parts was not found")
OPEN_BOUNDARY = _("the last boundary is missing")
TOO_DEEP = _("parts are nested too deeply, the rest is kept as a file")
TOO_MANY_PARTS = _("too many parts, the rest is kept as a file")
BROKEN_BASE64 = _("base64 is damaged")
UNKNOWN_ENCODING = _("unknown transfer encoding")
BROKEN_TNEF = _("winmail.dat cannot be opened")
HTML_CUT = _("the text was taken from the beginning of a very long HTML")


def note(problems: list[str], problem: str) -> None:
    """Adds a problem once."""
    if problem not in problems:
        problems.append(problem)
