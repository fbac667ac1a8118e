"""Read the secret of a source: from a file of the keys folder with mode 0600, or from the environment.

Raises PullFailed with a sentence that names the place of the secret, never its value.
"""

from __future__ import annotations

import os
import stat

from orchestration.contracts import AnySource
from orchestration.core import Settings, secret_from
from orchestration.intake.pulling.state import PullFailed

OTHERS = 0o077


def place_of_secret(settings: Settings, source: AnySource) -> str:
    """Say where a person puts a new secret."""
    file, variable = source.secret_at
    if file:
        return f"into {settings.keys / file} (mode 0600)"
    return f"into the environment variable {variable}" if variable else "nowhere: the contract names no token"


def read_secret(settings: Settings, source: AnySource) -> str | None:
    """Return the secret; None for a source without one."""
    file, variable = source.secret_at
    if file is None and variable is None:
        return None
    secret = _of_file(settings, file) if file else secret_from(str(variable))
    where = f"the file {file} in {settings.keys}" if file else f"the environment variable {variable}"
    if not secret:
        raise PullFailed(f"{where} holds no secret. Put it {place_of_secret(settings, source)}.")
    if not (secret.isascii() and secret.isprintable()):
        raise PullFailed(f"{where} holds more than one line, or signs that a token or password has not.")
    return secret


def _of_file(settings: Settings, name: str) -> str:
    path = settings.keys / name
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise PullFailed(
            f"the file {name} is not in {settings.keys}, or cannot be read. Put the secret there, alone in a "
            "file of mode 0600."
        ) from None
    with os.fdopen(handle, encoding="utf-8", errors="replace") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise PullFailed(f"{name} in {settings.keys} is no ordinary file.")
        if os.name == "posix" and status.st_mode & OTHERS:
            raise PullFailed(
                f"other accounts may read {name} in {settings.keys}. Close it (chmod 600 '{path}'), and if "
                "somebody may have read it, have a new one made."
            )
        return opened.read(10_000).strip()
