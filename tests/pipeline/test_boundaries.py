"""A release says which county boundaries its maps are drawn with, and a wrong file stops before anything is taken in."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.operations import read_status
from orchestration.places.boundaries import generalised
from orchestration.release import current_release
from tests import scenario
from tests.evidence_base import EvidenceBase
from tests.fixtures.boundary_files import counties, with_boundaries, write


def test_a_release_names_the_generalised_layer_where_no_other_is_given(published_world: EvidenceBase) -> None:
    release = current_release(published_world.settings)
    assert release is not None
    assert release.manifest["boundaries"] == generalised().record()
    assert (
        json.loads(published_world.ask("select boundaries from meta.release")[0][0]) == generalised().record()
    )
    status = read_status(published_world.settings)["release"]
    assert status["boundaries"]["is_generalised"] is True


def test_a_refused_file_stops_the_refresh_before_anything_is_taken_in(
    empty_base: EvidenceBase, tmp_path: Path
) -> None:
    partner, name, content = scenario.EXTRACTS[0]
    delivered = empty_base.deliver(partner, name, content)
    wrong = write(counties().head(46), tmp_path / "wrong.geojson")
    ended = with_boundaries(empty_base, wrong).refresh()
    assert ended.error is not None
    assert ended.error.exit_code == 2
    assert "lacks KE047" in str(ended.error)
    assert delivered.exists()
    assert empty_base.release_id() is None
