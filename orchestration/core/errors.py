"""Errors for people.

A message names the partner, file, row or column, what was found, what was expected and the next step. It
never quotes a cell: a value may identify a person.
"""

import re
from pathlib import Path

# Control characters, marks of the writing direction, separators of lines and paragraphs.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class NjiaError(Exception):
    """An error that a person can fix; the command line shows its message without a traceback."""

    exit_code = 1


class UsageError(NjiaError):
    """A wrong argument or setting; `field`: the field of a form or entry that it is about."""

    exit_code = 2

    def __init__(self, *arguments: object, field: str | None = None) -> None:
        super().__init__(*arguments)
        self.field = field


class Damaged(NjiaError, ValueError):
    """A file of the home is not what Njia wrote: it was cut, changed or overwritten."""

    exit_code = 6

    def __init__(self, path: Path, found: str, mend: str = "") -> None:
        self.path, self.found = path, found
        mend = mend or "`njia check` says what that means and what mends it."
        super().__init__(f"{path} is damaged: {found}. {mend}")


class ReleaseRefused(NjiaError):
    """The release gate refused the candidate; the current release stays."""

    exit_code = 3


class ReleaseWaits(NjiaError):
    """The candidate passed and waits until a steward signs it; the current release stays."""

    exit_code = 5


class RefreshRunning(NjiaError):
    """Another refresh holds the lock."""

    exit_code = 4


def escaped(name: str) -> str:
    """Return a name with escapes for characters that could steer a terminal or forge a line of a log."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), name)


def kind_and_place(error: BaseException) -> str:
    """Describe an error by type and code location, without its text, which may quote a cell."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
