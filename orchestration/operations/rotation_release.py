"""Replace the release key: sign kept releases again if the old key's signature holds."""

from __future__ import annotations

from orchestration import release
from orchestration.core import RELEASE_KEY, NjiaError, ReleaseKey, Settings, installed_public_key
from orchestration.operations.rotation import rotating, waiting


def rotate_release(settings: Settings) -> tuple[list[str], list[str]]:
    """Return the ids of releases signed again, and of those left alone.

    The public part of the old key is enough to check its signatures. Without one that fits the home, no
    release is signed again. The caller holds the refresh lock.
    """
    key = settings.keys / RELEASE_KEY
    try:
        before = installed_public_key(settings)
    except NjiaError:
        before = None
    with release.switching(settings), rotating(settings, "release", key):
        after = ReleaseKey.generate()
        after.write_new(waiting(key))
        return release.resign(settings, before, after)
