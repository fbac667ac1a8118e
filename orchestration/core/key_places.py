"""The keys of an installation as they may be shown: ids and files, never a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.core.errors import UsageError
from orchestration.core.keys import LINK_KEY, NOISE_KEY, RECORD_KEY, STEWARDS_RECIPIENT, load_keys
from orchestration.core.release_key import RELEASE_KEY, installed_public_key
from orchestration.core.settings import Settings

USES = {
    "record": (RECORD_KEY, "makes record ids, partners' codes and the marks of forgotten records"),
    "link": (LINK_KEY, "makes link codes of names, phones and answers"),
    "noise": (NOISE_KEY, "makes protection keys, which decide the noise of public counts"),
    "stewards": (STEWARDS_RECIPIENT, "originals are sealed to it; the private key is stored nowhere"),
    "release": (RELEASE_KEY, "signs releases; release.pub is for everybody"),
}


@dataclass(frozen=True)
class KeyPlace:
    """`id`: 8 hex digits of a hash, None where the key is missing or cannot be read by this account."""

    name: str
    id: str | None
    file: str
    use: str


def key_places(settings: Settings) -> list[KeyPlace]:
    """Every kind of key in a fixed order, also those that are missing."""
    found = _ids(settings)
    return [
        KeyPlace(name, found.get(name), str(settings.keys / file), use) for name, (file, use) in USES.items()
    ]


def _ids(settings: Settings) -> dict[str, str]:
    ids: dict[str, str] = {}
    asked: tuple[Callable[[], dict[str, str]], ...] = (
        lambda: load_keys(settings.keys).ids,
        lambda: {"release": installed_public_key(settings.keys).id},
    )
    for ask in asked:
        try:
            ids |= ask()
        except (UsageError, OSError, ValueError):
            continue
    return ids
