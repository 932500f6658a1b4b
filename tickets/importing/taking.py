"""What a visit to a source of mail brought."""

from dataclasses import dataclass, field

LARGEST = 100 * 1024 * 1024  # bytes of one mail; a larger one stays where it is, and is told
AT_ONCE = 200  # mails of one visit


@dataclass
class Taken:
    """Mails that are new here, mails that were here already, and what went wrong in people's words."""

    new: int = 0
    known: int = 0
    troubles: list[str] = field(default_factory=list)

    def count(self, *, is_new: bool) -> None:
        self.new += is_new
        self.known += not is_new
