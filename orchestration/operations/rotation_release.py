"""Another release key: the kept releases are signed anew, as far as the old key signed them as they are."""

from __future__ import annotations

from orchestration import release
from orchestration.core import RELEASE_KEY, RELEASE_PUB, ReleaseKey, Settings, installed_public_key
from orchestration.operations.rotation import rotating, waiting


def rotate_release(settings: Settings) -> tuple[list[str], list[str]]:
    """Ids of the releases that are signed anew, and of those left alone.

    Where the old key is lost its public part is enough; without that, none can be told from a forgery, and
    all are left alone. The caller holds the lock of refreshes.
    """
    key = settings.keys / RELEASE_KEY
    is_known = key.exists() or (settings.keys / RELEASE_PUB).exists()
    before = installed_public_key(settings.keys) if is_known else None
    with release.switching(settings), rotating(settings, key):
        after = ReleaseKey.generate()
        after.write_new(waiting(key))
        return release.resign(settings, before, after)
