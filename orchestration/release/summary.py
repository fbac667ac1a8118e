"""The JSON summary of a refresh (`njia refresh --json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pyarrow.parquet as pq

from orchestration.core import Settings, open_duckdb
from orchestration.intake import TakenExtract
from orchestration.release.candidate import Candidate, count_checks, last_verdict, manifest_checks
from orchestration.release.releases import MEMBERS, ROW_SUMS, Release, alert_count, current_release

Outcome = Literal["published", "unchanged", "refused", "waits"]


def refresh_summary(
    settings: Settings,
    taken: Iterable[TakenExtract],
    manifest: Mapping[str, Any],
    seconds: float,
    outcome: Outcome,
) -> dict[str, Any]:
    """Sum up a refresh. `manifest`: of the release it published, kept or refused; may be empty."""
    current = current_release(settings)
    fates = _fates(settings)
    return {
        "outcome": outcome,
        "release_id": current.release_id if current else None,
        "extracts": [_extract(extract, fates) for extract in taken],
        "rows": manifest.get("rows") or dict.fromkeys(ROW_SUMS),
        "movements": manifest.get("movements"),
        "alerts": alert_count(manifest),
        "checks": _checks(settings, manifest),
        "seconds": round(seconds, 1),
    }


def alerts_of(release: Release | Candidate | None, edition: str = MEMBERS) -> list[dict[str, Any]]:
    """Return the alerts in force that an edition shows."""
    path = release.path / edition / "parquet" / "published.alerts.parquet" if release else None
    return pq.read_table(path).to_pylist() if path and path.is_file() else []


def _extract(
    taken: TakenExtract, fates: dict[tuple[str, str | None], tuple[str, str | None, str]]
) -> dict[str, Any]:
    """Sum up one file; a landed extract that the gate holds is `held`, with the names of the checks."""
    fate, why, finding = fates.get((taken.partner, taken.extract_id), ("", None, ""))
    is_held = taken.outcome == "landed" and fate == "held"
    return {
        "partner": taken.partner,
        "file": taken.file,
        "extract_id": taken.extract_id,
        "outcome": "held" if is_held else taken.outcome,
        "rows_read": taken.rows_read,
        "rows_landed": taken.rows_landed,
        "rows_refused": taken.rows_refused,
        "reason": _held_sentence(taken, why, finding) if is_held else taken.reason,
    }


def _fates(settings: Settings) -> dict[tuple[str, str | None], tuple[str, str | None, str]]:
    path = settings.work / "gates" / "in_force.parquet"
    if not path.is_file():
        return {}
    with open_duckdb() as con:
        rows = con.execute(
            "select partner, extract_id, fate, reason, finding from read_parquet(?)", [str(path)]
        ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def _checks(settings: Settings, manifest: Mapping[str, Any]) -> dict[str, int]:
    """Count the checks before staging and of the release gate by outcome."""
    gate = manifest.get("release_gate")
    if gate is None:
        last = last_verdict(settings)
        is_this = last is not None and last.get("candidate") == manifest.get("release_id")
        gate = manifest_checks(last) if last and is_this else []
    before, at_gate = manifest.get("checks", {}), count_checks(gate)
    return {name: before.get(name, 0) + at_gate[name] for name in at_gate}


def _held_sentence(taken: TakenExtract, checks: str | None, finding: str) -> str:
    sentence = (
        f"{taken.partner}: file {taken.file} is held by the extract gate ({checks}); an extract in force "
        "before it stays. review/failed_checks.csv shows what was expected and what to do."
    )
    return f"{sentence} {finding}".rstrip()
