"""How a verb says no to a person."""


class Refused(Exception):
    """A rule refuses what was asked. The message is translated, for the person who asked.

    `field` names the form field it belongs to, when one does; pages show it there.
    """

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.message, self.field = str(message), field
