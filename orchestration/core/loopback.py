"""The one address that anything of Njia listens on: this machine's own.

Neither the Dagster UI nor the desk is made to face a network. Whoever must reach them from elsewhere puts a
tunnel or a proxy that knows its users in front: docs/security.md.
"""

from __future__ import annotations

LOOPBACK = "127.0.0.1"


def loopback_hosts(port: int) -> frozenset[str]:
    """Host headers that name this machine. Any other name was made to lead here (DNS rebinding)."""
    names = {LOOPBACK, "localhost", "[::1]"}  # the last one: through a tunnel
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))
