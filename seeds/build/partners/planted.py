"""What is planted in the invented world: what statistics should find there, and what must not mislead them.

The truth stands here once. The world is drawn with it, `truth.json` tells it, and tests ask the marts for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Hotspot:
    """A county that stands out in a role; `times` is what its corridors' weights are multiplied by."""

    place_id: str
    role: str  # origin or exploitation: an end of a corridor
    times: float


@dataclass(frozen=True)
class Shift:
    """A corridor with another weight from a month on, and how that shows once a window lies behind it."""

    origin: str
    destination: str
    month: date
    weight: float
    status: str
    instead_of: str | None = None  # the corridor that this one replaces

    @property
    def corridor_id(self) -> str:
        return f"{self.origin}>{self.destination}"


@dataclass(frozen=True)
class NewWay:
    """A way that nobody took before, between ends that stay as they are."""

    origin: str
    destination: str
    month: date
    passes: tuple[str, ...]  # counties, in order
    share: float  # of the journeys that tell a way

    @property
    def pair(self) -> str:
        return f"{self.origin}>{self.destination}"

    @property
    def corridor_ids(self) -> list[str]:
        """One for each county passed, as tables tell it at level `odv`."""
        return [f"{self.origin}>{county}>{self.destination}" for county in self.passes]


@dataclass(frozen=True)
class PartnerChange:
    """A change of a partner that is no change of the world."""

    partner: str
    change: str  # joins, leaves, doubles or moves
    month: date  # the first month in which it holds
    watches: tuple[str, ...] = ()  # from then on, for one that moves


HOTSPOTS = (
    Hotspot("KE040", "origin", times=2.5),
    Hotspot("KE003", "origin", times=2),
)
SHIFTS = (
    Shift("KE010", "KE047", date(2025, 6, 1), weight=0, status="abandoned"),
    Shift("KE009", "KE047", date(2025, 6, 1), weight=8, status="growing", instead_of="KE010>KE047"),
)
NEW_WAYS = (NewWay("KE015", "KE047", date(2025, 10, 1), passes=("KE017",), share=0.75),)
PARTNER_CHANGES = (
    PartnerChange("tembo_field", "joins", date(2025, 10, 1)),  # and is big at once
    PartnerChange("heroe_lakeside", "leaves", date(2025, 7, 1)),
    PartnerChange("nyati_response", "doubles", date(2025, 9, 1)),
    PartnerChange("chiriku_desk", "moves", date(2025, 8, 1), watches=("KE039", "KE040", "KE026")),
)
