"""The demo's mailbox: mails come as bytes, answers go by the verbs, everything at its own hour."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from billing_site.home.demo.talks import ASK, BROKEN, NOTE, TALKS, Said, Talk
from billing_site.kit import clock
from billing_site.kit.worktime import add_work
from billing_site.office.models import User
from clients.models import EmailAddress
from tickets import actions, answering, clocks, intake
from tickets.models import Mailbox, Message, Ticket

BROKEN_AGO = 2


class Correspondence:
    """All conversations, told day by day up to the present instant."""

    def __init__(self, today: date, staff: dict[str, User], deliver: Callable):
        self.today, self.staff, self.deliver = today, staff, deliver
        self.mailbox, self.calendar = Mailbox.objects.get(), clocks.Calendar()
        self.events = sorted(self._planned(), key=lambda event: event[0])
        self.tickets: dict[int, Ticket] = {}

    def _planned(self) -> Iterator[tuple[datetime, int, Said | None]]:
        """(instant, number of the talk, turn or None for its first mail) of everything before now."""
        now = clock.now()
        for n, talk in enumerate(TALKS):
            at = self._begins(talk, now)
            yield at, n, None
            for turn in talk.turns:
                at = add_work(at, timedelta(minutes=turn.after), self.calendar)
                if at < now:
                    yield at, n, turn

    def _begins(self, talk: Talk, now: datetime) -> datetime:
        if talk.minutes:
            return now - timedelta(minutes=talk.minutes)
        day = self.today - timedelta(days=talk.ago)
        while not self.calendar(day):
            day -= timedelta(days=1)
        begins = datetime.combine(day, time.fromisoformat(talk.at), clock.MOSCOW)
        return min(begins.astimezone(UTC), now - timedelta(minutes=90))

    def live(self, day: date) -> None:
        """Everything of this day, each at its instant."""
        while self.events and clock.moscow(self.events[0][0]).date() <= day:
            at, n, turn = self.events.pop(0)
            with clock.standing_at(at):
                if turn is None:
                    self._begin(n, TALKS[n])
                else:
                    self._go_on(n, turn)
        if day == self.today - timedelta(days=BROKEN_AGO):
            raw, _fresh = intake.receive_raw(self.mailbox, BROKEN.encode())
            intake.process(raw.pk)
        clocks.watch()

    def _begin(self, n: int, talk: Talk) -> None:
        answered = self.tickets.get(next((m for m, other in enumerate(TALKS[:n]) if _same(other, talk)), -1))
        message = self._receive(self._mail(n, talk, talk.text, answered))
        if message:
            self.tickets[n] = message.ticket

    def _go_on(self, n: int, turn: Said) -> None:
        ticket = Ticket.objects.get(pk=self.tickets[n].pk)
        by = self.staff[turn.by]
        if turn.who == ASK:
            self._receive(self._mail(n, TALKS[n], turn.text, ticket))
        elif turn.who == NOTE:
            answering.note(ticket, turn.text, by=by)
        else:
            if ticket.assignee_id is None:
                actions.assign(ticket, by, by=by)
            self.deliver(answering.answer(ticket, turn.text, by=by).letter)
        if turn.closes:
            actions.close(Ticket.objects.get(pk=ticket.pk), by=by)

    def _receive(self, mail: EmailMessage) -> Message | None:
        raw, _fresh = intake.receive_raw(self.mailbox, mail.as_bytes())
        return intake.process(raw.pk)

    def _mail(self, n: int, talk: Talk, text: str, ticket: Ticket | None) -> EmailMessage:
        address, name = self._sender(talk)
        mail = EmailMessage()
        mail["From"] = formataddr((name, address))
        mail["To"] = self.mailbox.address
        mail["Subject"] = talk.subject if ticket is None else f"Re: {talk.subject.removeprefix('Re: ')}"
        mail["Date"] = format_datetime(clock.moscow(clock.now()))
        mail["Message-ID"] = f"<{clock.now():%Y%m%d%H%M%S}.{n}@{address.rpartition('@')[2]}>"
        for header, value in talk.headers:
            mail[header] = value
        if ticket is not None:
            last = ticket.messages.exclude(message_id="").latest("at")
            mail["In-Reply-To"] = mail["References"] = last.message_id
            text = f"{text}\n\n{clock.moscow(last.at):%d.%m.%Y %H:%M}, Облачный офис пишет:\n> " + (
                last.text.replace("\n", "\n> ")
            )
        mail.set_content(text)
        return mail

    def _sender(self, talk: Talk) -> tuple[str, str]:
        if "@" in talk.login:
            return talk.login, talk.name
        profiles = EmailAddress.objects.filter(kind=EmailAddress.Kind.PROFILE).select_related("client")
        profile = profiles.get(address__startswith=f"{talk.login}@")
        return profile.address, profile.client.name


def _same(one: Talk, other: Talk) -> bool:
    """Whether the other talk goes on with this one."""
    return one.login == other.login and other.subject == f"Re: {one.subject}"
