"""Equal route reports of several partners: evidence for one route, kept apart and never summed as persons.

Two reports are equal if they name the same origin, the same places passed in the same order and the same
destination, for the same year. An unknown end, or an unknown year, is equal to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ORIGIN, TRANSIT, INTENDED, EXPLOITATION = "origin", "transit", "intended_destination", "exploitation"


class Stop(NamedTuple):
    """A place of a route report, by role; `seq` orders the places passed; `place_id` is None if unknown."""

    record_id: int
    partner: str
    year: int | None
    role: str
    seq: int
    place_id: str | None


def route_groups(stops: Iterable[Stop]) -> dict[int, int]:
    """The group of each report that another partner reports too: the smallest record id in it."""
    reports: dict[int, list[Stop]] = {}
    for stop in stops:
        reports.setdefault(stop.record_id, []).append(stop)
    alike: dict[tuple[object, ...], list[int]] = {}
    partners: dict[tuple[object, ...], set[str]] = {}
    for record_id, own in reports.items():
        key = _key(own)
        if key is not None:
            alike.setdefault(key, []).append(record_id)
            partners.setdefault(key, set()).add(own[0].partner)
    return {
        record_id: min(records)
        for key, records in alike.items()
        if len(partners[key]) > 1
        for record_id in records
    }


def _key(stops: list[Stop]) -> tuple[object, ...] | None:
    passed = [stop.place_id for stop in sorted(stops, key=lambda stop: stop.seq) if stop.role == TRANSIT]
    origins = sorted({stop.place_id or "" for stop in stops if stop.role == ORIGIN})
    ends = [
        sorted({stop.place_id or "" for stop in stops if stop.role == role})
        for role in (EXPLOITATION, INTENDED)
    ]
    destinations = ends[0] or ends[1]
    parts = (*origins, *destinations, *passed)
    if stops[0].year is None or not origins or not destinations or not all(parts):
        return None
    return (stops[0].year, tuple(origins), tuple(passed), tuple(destinations))
