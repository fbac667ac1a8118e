"""A steward releases the alert of the sample world: every public file has corridor, direction and first month."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.core import UsageError, read_json
from orchestration.operations import read_status
from orchestration.outputs import pages
from orchestration.release import fit_to_return, rollback
from orchestration.stewardship import record_decision, revoke
from tests.evidence_base import EvidenceBase
from tests.fixtures.read_map import payload, rows
from tests.fixtures.read_report import read_page

CORRIDOR, FIRST_MONTH = "KE010>KE047", "2025-06-01"
COUNTS = ("witness_count", "expected_low", "expected_high", "partner_count", "evidence")


def test_a_released_alert_reaches_the_public_without_a_count(samples: EvidenceBase, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(samples.settings.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster"))
    base = EvidenceBase(replace(samples.settings, home=home, keys=home / "keys"))
    now = base.settings.as_of()
    decision = record_decision(
        base.settings, "alert_release", "A. Steward", "partners agreed", now, corridor=CORRIDOR
    )
    assert base.refresh().outcome == "published"

    release = base.settings.current.resolve()
    with duckdb.connect(str(release / "public" / "evidence_base.duckdb"), read_only=True) as con:
        columns = ", ".join(("corridor_id", "direction", "first_month::varchar", *COUNTS))
        [public] = con.execute(f"select {columns} from published.alerts").fetchall()
    assert public == (CORRIDOR, "fall", FIRST_MONTH, *[None] * len(COUNTS))
    [path] = (release / "public" / "exports").glob("alerts*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        [_, exported] = csv.DictReader(file)
    assert (exported["corridor_id"], exported["witness_count"]) == (CORRIDOR, "")
    brief = read_page((release / "public" / pages.REPORT_PAGE).read_text(encoding="utf-8")).sections["brief"]
    assert "Fewer cases than expected since June 2025." in brief
    drawn = payload((release / "public" / pages.MAP_PAGE).read_text(encoding="utf-8"))["tables"]["alerts"]
    assert rows(drawn, "corridor_id", "first_month", "expected_high") == [(CORRIDOR, FIRST_MONTH, None)]
    manifest = read_json(release / "manifest.json")
    assert manifest["decisions"] == [{"id": decision["id"], "kind": "alert_release"}]
    assert read_status(base.settings)["release"]["alerts"] == 2

    # Back to the release before; once the decision is revoked, there is no way back to the one with the alert.
    before = read_json(release / "manifest.json")["previous_release"]
    rollback(base.settings, before, "A. Steward", "a mistake", now)
    assert fit_to_return(base.settings, release.name).release_id == release.name
    revoke(base.settings, decision["id"], "A. Steward", "too early", now)
    with pytest.raises(UsageError, match="shows the public an alert"):
        fit_to_return(base.settings, release.name)
