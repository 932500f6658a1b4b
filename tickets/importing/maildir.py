"""Mails dropped into a Maildir: new/ is read, what is committed moves to cur/."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from billing_site.kit import clock
from tickets.importing.taking import AT_ONCE, LARGEST, Taken
from tickets.intake import receive_raw
from tickets.models import Mailbox

QUIET = 1.0  # seconds without a change: a file copied straight into new/ may be half there


class Odd(Exception):
    """A file that is no mail to take; it stays, and the message says why."""


def take(mailbox: Mailbox) -> Taken:
    """Raises OSError when the folder can't be read."""
    folder = Path(unquote(urlsplit(mailbox.url).path))
    taken = Taken()
    for name in sorted(_names(folder / "new"))[:AT_ONCE]:
        path = folder / "new" / name
        try:
            data = _read(path)
            if data is None:
                continue
            raw, is_new = receive_raw(mailbox, data)
            _put_away(path, folder / "cur", raw.pk)
        except FileNotFoundError:
            continue  # another visitor was quicker
        except (Odd, OSError) as trouble:
            taken.troubles.append(f"{_printable(name)}: {getattr(trouble, 'strerror', None) or trouble}")
            continue
        taken.count(is_new=is_new)
    return taken


def _names(folder: Path) -> Iterator[str]:
    """Files that are mails by name: the format reserves those with a dot in front."""
    with os.scandir(folder) as entries:
        yield from (entry.name for entry in entries if not entry.name.startswith("."))


def _read(path: Path) -> bytes | None:
    """The bytes, or None while somebody is still writing. Never through a link, never from a pipe."""
    known = path.lstat()
    if not stat.S_ISREG(known.st_mode):
        raise Odd(_("not a file"))
    if known.st_size > LARGEST:
        raise Odd(_("too large: %(size)s bytes") % {"size": known.st_size})
    if abs(clock.now().timestamp() - known.st_ctime) < QUIET:
        return None
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        data = file.read(LARGEST + 1)
        after = os.fstat(file.fileno())
    changed = (after.st_ino, after.st_size, after.st_mtime_ns) != (
        known.st_ino,
        len(data),
        known.st_mtime_ns,
    )
    return None if changed else data


def _put_away(path: Path, folder: Path, raw_id: int) -> None:
    """Into cur/, marked seen; another file of that name there stays."""
    folder.mkdir(exist_ok=True)
    base = path.name.partition(":")[0]
    target = folder / f"{base}:2,S"
    if target.exists():
        target = folder / f"{base}.{raw_id}:2,S"
    path.rename(target)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")[:100]
