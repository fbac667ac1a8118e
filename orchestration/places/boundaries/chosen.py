"""The county boundaries in force: those of NJIA_BOUNDARIES, else the shipped layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.core import Settings, UsageError, sha256_of
from orchestration.places.boundaries.shipped import COUNTIES_FILE, SHIPPED, shapes_of


@dataclass(frozen=True, eq=False)
class Boundaries:
    """County polygons in degrees by P-code, and their origin.

    `licence`: None where neither the file nor its companion names one. `warnings`: sentences for the
    operator.
    """

    name: str
    licence: str | None
    sha256: str
    is_generalised: bool
    counties: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the manifest's entry, which identifies and credits the file."""
        return {
            "name": self.name,
            "licence": self.licence,
            "sha256": self.sha256,
            "is_generalised": self.is_generalised,
            "warnings": list(self.warnings),
        }


def boundaries_in_force(settings: Settings) -> Boundaries:
    """Return the boundaries for maps and coordinates; raises UsageError for a file that fails its checks."""
    if settings.boundaries is None:
        return generalised()
    if not settings.boundaries.is_file():
        raise UsageError(
            f"NJIA_BOUNDARIES names {settings.boundaries}, which is not a file. Correct the path, or unset "
            "it to draw with the generalised layer."
        )
    return _accepted(
        settings.boundaries, sha256_of(settings.boundaries), _companion_text(settings.boundaries)
    )


@lru_cache(maxsize=1)
def generalised() -> Boundaries:
    """Return the layer that ships with Njia; a test compares its file with its checksum."""
    path = SHIPPED / COUNTIES_FILE
    return Boundaries(
        name="Njia generalised counties",
        licence="CC BY 4.0",
        sha256=sha256_of(path),
        is_generalised=True,
        counties=shapes_of(path),
    )


@lru_cache(maxsize=2)
def _accepted(path: Path, sha256: str, companion: str | None) -> Boundaries:
    """Read and check an own file; hash and companion are part of the cache key."""
    # geopandas takes a second to load and is only needed for an own file.
    from orchestration.places.boundaries.checks import check
    from orchestration.places.boundaries.own_file import read_own_file

    own = read_own_file(path, companion)
    counties, warnings = check(own)
    if own.licence is None:
        warnings = (
            *warnings,
            f"{path.name} does not say its licence. Write it into {companion_of(path).name} beside it, so "
            "that maps can credit it.",
        )
    return Boundaries(own.name, own.licence, sha256, False, counties, warnings)


def companion_of(path: Path) -> Path:
    """Return the path of the YAML file with name and licence of a boundary file."""
    return path.with_name(f"{path.name}.about.yml")


def _companion_text(path: Path) -> str | None:
    companion = companion_of(path)
    return companion.read_text(encoding="utf-8") if companion.is_file() else None
