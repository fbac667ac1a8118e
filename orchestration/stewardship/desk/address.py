"""The address of the server, the hosts and origins that it answers, and where the Dagster UI stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from orchestration.core import UsageError, loopback_hosts

DAGSTER_PATH = "/dagster"


@dataclass(frozen=True)
class Address:
    """`origins` holds the origin of our own pages by Host header. Any other host points at DNS rebinding."""

    origins: Mapping[str, str]
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
                "NJIA_DESK_URL must be the address of a host of its own, such as https://njia.example.org, "
                "without a path: the desk stands at its root."
            )
        shown = f"[{name}]" if ":" in name else name
        outside = shown if outside_port == usual else f"{shown}:{outside_port}"
        here = {host: f"http://{host}" for host in loopback_hosts(port)}
        return cls(here | {outside: f"{parts.scheme}://{outside}"}, parts.scheme == "https")

    @property
    def session_cookie(self) -> str:
        return "__Host-njia_desk" if self.is_secure else "njia_desk"


def is_of_dagster(path: str) -> bool:
    return path == DAGSTER_PATH or path.startswith(f"{DAGSTER_PATH}/")


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
