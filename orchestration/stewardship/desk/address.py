"""The address of the desk, and the hosts and origins that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from orchestration.core import UsageError, loopback_hosts


@dataclass(frozen=True)
class Address:
    """`hosts` are the accepted Host headers: any other name points at DNS rebinding."""

    hosts: frozenset[str]
    origins: frozenset[str]
    is_secure: bool

    @classmethod
    def of(cls, desk_url: str, port: int) -> Address:
        """Return the addresses for NJIA_DESK_URL and the port; raises UsageError for an unfit URL."""
        try:
            parts = urlsplit(desk_url)
            usual = {"http": 80, "https": 443}[parts.scheme]
            name, outside_port = parts.hostname, parts.port or usual
        except (ValueError, KeyError):
            name = None
        if not name or parts.path not in ("", "/") or parts.query or parts.username:
            raise UsageError(
                "NJIA_DESK_URL must be the address of a host of its own, such as https://desk.example.org, "
                "without a path: the desk stands at its root."
            )
        shown = f"[{name}]" if ":" in name else name
        outside = {f"{shown}:{outside_port}"} | ({shown} if outside_port == usual else set())
        here = loopback_hosts(port)
        return cls(
            frozenset(outside | here),
            frozenset({f"{parts.scheme}://{one}" for one in outside} | {f"http://{one}" for one in here}),
            parts.scheme == "https",
        )

    @property
    def session_cookie(self) -> str:
        return "__Host-njia_desk" if self.is_secure else "njia_desk"

    @property
    def login_cookie(self) -> str:
        return "__Host-njia_login" if self.is_secure else "njia_login"


def local_path(given: str | None) -> str:
    """Return a path of this desk; the front page for anything that could lead elsewhere."""
    if (
        given
        and given.startswith("/")
        and not given.startswith("//")
        and "\\" not in given
        and given.isprintable()
    ):
        return given
    return "/"
