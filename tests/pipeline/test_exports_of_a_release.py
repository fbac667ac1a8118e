"""Exports of a whole release: other programs read them without a fault, and they name nobody."""

from __future__ import annotations

import subprocess
from pathlib import Path

import frictionless
import hxl
import pandas as pd
import pytest

from orchestration.decoded import says
from orchestration.settings import SAMPLE_PARTNERS
from tests.conftest import EvidenceBase

edition = pytest.mark.parametrize("edition", ["public", "partner"])


def exports_of(samples: EvidenceBase, edition: str) -> Path:
    return samples.settings.current.resolve() / edition / "exports"


@edition
def test_the_data_package_is_valid_and_holds_every_printed_table(samples: EvidenceBase, edition: str) -> None:
    folder = exports_of(samples, edition)
    package = frictionless.Package(str(folder / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["taskName", "fieldName", "rowNumber", "type"])
    schema = {"public": "public", "partner": "report"}[edition]
    printed = {path.stem.split("_", 1)[1] for path in (folder.parent / "parquet").glob(f"{schema}.*.parquet")}
    assert printed == {path.stem for path in folder.glob("*.csv")} - {"dictionary"}
    assert printed <= set(package.resource_names)


@edition
def test_libhxl_finds_no_error(samples: EvidenceBase, edition: str) -> None:
    for path in exports_of(samples, edition).glob("*.csv"):
        if path.stem != "dictionary":
            data = hxl.data(str(path), hxl.input.InputOptions(allow_local=True)).cache()
            assert hxl.validate(data)["stats"]["error"] == 0, path.name
            assert all(data.display_tags), path.name


@edition
def test_a_csv_holds_the_rows_of_its_table(samples: EvidenceBase, edition: str) -> None:
    folder = exports_of(samples, edition)
    schema = {"public": "public", "partner": "report"}[edition]
    for table in ("corridors", "ends", "hotspots", "places"):
        read = pd.read_csv(folder / f"{table}.csv", comment="#", keep_default_na=False, na_values=[""])
        kept = pd.read_parquet(folder.parent / "parquet" / f"{schema}.{schema}_{table}.parquet")
        pd.testing.assert_frame_equal(read, kept, check_dtype=False)


@edition
def test_sha256sum_agrees(samples: EvidenceBase, edition: str) -> None:
    ran = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=exports_of(samples, edition))
    assert ran.returncode == 0


def test_no_export_names_a_partner_or_this_machine(samples: EvidenceBase) -> None:
    names = [path.parent.name for path in SAMPLE_PARTNERS.glob("*/contract*.yml")]
    searched = [*names, str(samples.settings.home), str(SAMPLE_PARTNERS.parents[1])]
    landed = samples.settings.landing / names[0]
    assert any(says(path, names) for path in landed.glob("*.json")), "the search finds what is there"
    found = [
        path
        for one in ("public", "partner")
        for path in exports_of(samples, one).iterdir()
        if says(path, searched)
    ]
    assert found == []
