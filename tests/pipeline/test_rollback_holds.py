"""A rollback outlives inputs that change nothing but the inputs: another map, and the same tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestration.release import current_release, rollback
from orchestration.stewardship import record_decision
from tests import scenario
from tests.conftest import EvidenceBase
from tests.unit.boundary_files import counties, write

BY = ("A. Fixture", "wrong counts", scenario.AS_OF)


def test_another_map_does_not_bring_back_what_was_left(evidence_base: EvidenceBase, tmp_path: Path) -> None:
    settings, first = evidence_base.settings, str(evidence_base.release_id())
    release = current_release(settings)
    assert release is not None
    counted = release.manifest["counties_by_partner"]
    assert counted and all(0 <= one["with_county"] <= one["records"] for one in counted.values())
    alias = {"text": "Kisumu", "place_id": "KE001", "override": True}
    record_decision(settings, "place_alias", *BY, **alias)
    assert evidence_base.refresh().error is None
    assert evidence_base.release_id() != first
    rollback(settings, first, *BY)
    own = EvidenceBase(replace(settings, boundaries=write(counties(), tmp_path / "own.gpkg")))
    ended = own.refresh()
    assert ended.error is None, ended.error
    assert ended.refresh.found["rolled_back"] and ended.refresh.found["unchanged"]
    assert own.release_id() == first
    assert not list(settings.releases.glob(".candidate-*"))
