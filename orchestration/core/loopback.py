"""The address that the Dagster UI and the desk listen on: loopback only.

Access from elsewhere needs a tunnel or an authenticating proxy in front: docs/security.md.
"""

from __future__ import annotations

LOOPBACK = "127.0.0.1"


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers that name this machine; any other may be DNS rebinding."""
    names = {LOOPBACK, "localhost", "[::1]"}  # the last one: through a tunnel
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))
