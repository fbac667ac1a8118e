"""Captions of every map."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.places.boundaries.chosen import Boundaries

GENERALISED = "Generalised boundaries, not authoritative."
GIVEN = "County boundaries: {name}. Not authoritative; country outlines are generalised."
DISCLAIMER = "The depiction does not imply any opinion on legal status."
DISPUTED = (
    "Some lines between countries are disputed. That a line is drawn or left out says nothing of whose claim "
    "is right."
)
SCHEMATIC = "Lines join places; they are not roads."
BASE_CREDITS = ("Natural Earth",)
GENERALISED_CREDITS = ("GeoNames (CC BY 4.0)", "kenya-data")


@dataclass(frozen=True)
class Captions:
    """`label` and `disclaimer` go on the map, `credits` below it, the rest where there is room."""

    label: str
    disclaimer: str
    credits: str
    disputed: str = DISPUTED
    schematic: str = SCHEMATIC


def captions(boundaries: Boundaries) -> Captions:
    """Return the captions for these county boundaries."""
    if boundaries.is_generalised:
        return Captions(GENERALISED, DISCLAIMER, "; ".join((*BASE_CREDITS, *GENERALISED_CREDITS)))
    given = f"{boundaries.name} ({boundaries.licence or 'licence not stated'})"
    return Captions(GIVEN.format(name=boundaries.name), DISCLAIMER, "; ".join((given, *BASE_CREDITS)))
