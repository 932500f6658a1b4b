"""The collector of what is wrong with a file."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from invoices.statements.records import Problem

MAX_PROBLEMS = 1000  # more than this says nothing new and fills memory


@dataclass(slots=True)
class Problems:
    """Collected problems; beyond MAX_PROBLEMS only counted."""

    kept: list[Problem] = field(default_factory=list)
    dropped: int = 0

    def add(self, line: int, text: str) -> None:
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(line, text))
        else:
            self.dropped += 1

    def in_order(self) -> tuple[Problem, ...]:
        """By line of the file; the last says how many were only counted."""
        kept = sorted(self.kept, key=lambda problem: problem.line)
        if self.dropped:
            text = _("And %(count)d more problems.") % {"count": self.dropped}
            kept.append(Problem(kept[-1].line, text))
        return tuple(kept)
