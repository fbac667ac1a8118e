"""Errors that are written for people.

A message names the partner, file, row or column, what was found, what was expected and the next
step. It never quotes a cell: a value may identify a person.
"""


class NjiaError(Exception):
    """Something a person can mend; the command line shows the message without a traceback."""

    exit_code = 1


class UsageError(NjiaError):
    """A wrong argument or setting."""

    exit_code = 2


class ReleaseRefused(NjiaError):
    """The release gate refused the candidate; the current release stays."""

    exit_code = 3


class RefreshRunning(NjiaError):
    """Another refresh holds the lock."""

    exit_code = 4
