"""Another link key. A code cannot be turned into another key's: it is made from what the person said.

So each extract's codes are made anew from its original, if the stewards' private key opens that; the others
are destroyed, and their records are linked again once the partner has sent the file again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestration import intake
from orchestration.core import LINK_KEY, Keys, Settings, UsageError, forget_work, sync, write_secret
from orchestration.operations.rotation import rotating, waiting


@dataclass(frozen=True)
class Codes:
    """Extracts, as `partner/extract_id`, whose codes were made anew, and those that have none any more."""

    remade: tuple[str, ...]
    destroyed: tuple[str, ...]


def rotate_link(
    settings: Settings,
    keys: Keys,
    private_key: str | None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Codes:
    """Put another link key in force. The caller holds the lock of refreshes.

    Raises UsageError where a private key is given and opens none of the originals.
    """
    key, folder = settings.keys / LINK_KEY, waiting(settings.link_codes)
    with rotating(settings, key):
        held = intake.extracts_with_codes(settings)
        remade: list[tuple[str, str]] = []
        secret = secrets.token_hex(32)
        write_secret(waiting(key), secret)
        folder.mkdir(mode=0o700)
        after = replace(keys, link_key=bytes.fromhex(secret))
        for number, one in enumerate(held if private_key else [], start=1):
            progress(number, len(held))
            if intake.remake_codes(settings, after, *one, str(private_key), folder):
                remade.append(one)
        if private_key and held and not remade:
            raise UsageError(
                f"This key opens none of the originals of the {len(held)} extracts with link codes, or they "
                "are no longer there. Nothing was changed."
            )
        sync(folder)
    forget_work(settings)  # links that were found by the old codes
    destroyed = [one for one in held if one not in remade]
    return Codes(tuple(map("/".join, remade)), tuple(map("/".join, destroyed)))
