"""Replace the link key, and make link codes again from the originals.

Without an original that the stewards' private key opens, an extract's codes are destroyed. Its records are
linked again once the partner has sent the file again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestration import intake
from orchestration.core import (
    LINK_KEY,
    Keys,
    Settings,
    UsageError,
    durable,
    forget_work,
    write_secret,
)
from orchestration.operations.rotation import rotating, waiting


@dataclass(frozen=True)
class Codes:
    """Extracts, as `partner/extract_id`, with new codes, and those whose codes were destroyed."""

    remade: tuple[str, ...]
    destroyed: tuple[str, ...]


def rotate_link(
    settings: Settings,
    keys: Keys,
    private_key: str | None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Codes:
    """Put another link key in force. The caller holds the refresh lock.

    Raises UsageError if a private key is given and opens no original.
    """
    key, folder = settings.keys / LINK_KEY, waiting(settings.link_codes.resolve())
    with rotating(settings, "link", key):
        extracts = intake.extracts_with_codes(settings)
        remade: list[tuple[str, str]] = []
        secret = secrets.token_hex(32)
        write_secret(waiting(key), secret)
        durable.make_folder(folder, 0o700)
        after = replace(keys, link_key=bytes.fromhex(secret))
        for number, extract in enumerate(extracts if private_key else [], start=1):
            progress(number, len(extracts))
            if intake.remake_codes(settings, after, *extract, str(private_key), folder):
                remade.append(extract)
        if private_key and extracts and not remade:
            raise UsageError(
                f"This key opens none of the originals of the {len(extracts)} extracts with link codes, or "
                "they are no longer there. Nothing was changed."
            )
    forget_work(settings)  # it holds links found with the old codes
    destroyed = [extract for extract in extracts if extract not in remade]
    return Codes(tuple(map("/".join, remade)), tuple(map("/".join, destroyed)))
