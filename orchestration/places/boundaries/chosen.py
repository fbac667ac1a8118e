"""Which county boundaries apply: those of the file NJIA_BOUNDARIES names, else the shipped layer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.core import Settings, UsageError
from orchestration.places.boundaries.shipped import COUNTIES_FILE, SHIPPED, shapes_of


@dataclass(frozen=True, eq=False)
class Boundaries:
    """County polygons in degrees by P-code, and what a release says of them.

    `licence` is None where neither the file nor its companion says it; `warnings` are sentences for the
    operator.
    """

    name: str
    licence: str | None
    sha256: str
    is_generalised: bool
    counties: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """What the manifest of a release keeps: enough to tell which file it was, and to credit it."""
        return {
            "name": self.name,
            "licence": self.licence,
            "sha256": self.sha256,
            "is_generalised": self.is_generalised,
            "warnings": list(self.warnings),
        }


def boundaries_in_force(settings: Settings) -> Boundaries:
    """The boundaries that maps and coordinates are read with; UsageError tells why a file is not accepted."""
    if settings.boundaries is None:
        return generalised()
    if not settings.boundaries.is_file():
        raise UsageError(
            f"NJIA_BOUNDARIES names {settings.boundaries}, which is not a file. Correct the path, or unset "
            "it to draw with the generalised layer."
        )
    return _accepted(settings.boundaries, _hash(settings.boundaries), _companion_text(settings.boundaries))


@lru_cache(maxsize=1)
def generalised() -> Boundaries:
    """The layer that ships with Njia. Its file is held to its checksum by a test, not at every start."""
    path = SHIPPED / COUNTIES_FILE
    counties = shapes_of(path)
    return Boundaries(
        name="Njia generalised counties",
        licence="CC BY 4.0",
        sha256=_hash(path),
        is_generalised=True,
        counties=counties,
    )


@lru_cache(maxsize=2)
def _accepted(path: Path, sha256: str, companion: str | None) -> Boundaries:
    """Both texts are part of the key, so that a changed file is checked again."""
    # geopandas takes a second to load, and only an operator with an own file needs it.
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
    """The small YAML file beside a boundary file that says its name and licence."""
    return path.with_name(f"{path.name}.about.yml")


def _companion_text(path: Path) -> str | None:
    companion = companion_of(path)
    return companion.read_text(encoding="utf-8") if companion.is_file() else None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
