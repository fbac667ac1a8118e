"""Exports of a whole release: other programs read them without a fault, and they name no partner."""

from __future__ import annotations

from pathlib import Path

import duckdb
import frictionless
import geopandas
import pandas as pd
import pytest

from orchestration.core import SAMPLE_PARTNERS, read_json
from tests.decoded import says
from tests.evidence_base import EvidenceBase

MADE_UP = "-made-up"  # how files of sample partners end
EDITIONS = ("public", "members")
edition = pytest.mark.parametrize("edition", EDITIONS)


def exports_of(samples: EvidenceBase, edition: str) -> Path:
    return samples.settings.current.resolve() / edition / "exports"


def csv_files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.csv") if path.stem != "dictionary"]


@edition
def test_the_data_package_is_valid_and_holds_every_published_table(
    samples: EvidenceBase, edition: str
) -> None:
    folder = exports_of(samples, edition)
    package = frictionless.Package(str(folder / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["taskName", "fieldName", "rowNumber", "type"])
    files = (folder.parent / "parquet").glob("published.*.parquet")
    published = {path.stem.removeprefix("published.") for path in files}
    series = {path.stem.replace(".", "_") for path in (folder.parent / "parquet").glob("series.*.parquet")}
    assert bool(series) == (edition == "members")
    exported = {f"{table}{MADE_UP}" for table in published | series}
    assert exported == {path.stem for path in csv_files(folder)}
    assert published | series <= set(package.resource_names)


@edition
def test_a_csv_holds_the_rows_of_its_table(samples: EvidenceBase, edition: str) -> None:
    folder = exports_of(samples, edition)
    as_text = {"period_id": str}
    for table in ("corridors", "starts", "traits", "hotspots"):
        path = folder / f"{table}{MADE_UP}.csv"
        kept = pd.read_parquet(folder.parent / "parquet" / f"published.{table}.parquet")
        read = pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""], dtype=as_text)[
            kept.columns
        ]
        pd.testing.assert_frame_equal(read.fillna(pd.NA), kept.fillna(pd.NA), check_dtype=False)


@edition
def test_duckdb_and_geopandas_read_the_same_files(samples: EvidenceBase, edition: str) -> None:
    folder = exports_of(samples, edition)
    for path in csv_files(folder):
        rows = pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""])
        read = duckdb.sql(f"select * from read_csv('{path}', comment = '#')")
        assert (read.columns, len(read)) == (list(rows.columns), len(rows)), path.name
    for table in ("starts", "ends", "corridors", "border_points"):
        path = folder / f"{table}{MADE_UP}.geojson"
        content = read_json(path)
        drawn = geopandas.read_file(path)
        assert len(drawn) == len(content["features"]) > 0
        assert set(drawn.columns) >= set(content["features"][0]["properties"])
        assert content["release_id"] == samples.settings.current.resolve().name
        assert content["is_synthetic"] is True


def test_no_export_names_a_partner_or_this_machine(samples: EvidenceBase) -> None:
    names = [path.parent.name for path in SAMPLE_PARTNERS.glob("*/contract*.yml")]
    searched = [*names, str(samples.settings.home), str(SAMPLE_PARTNERS.parents[1])]
    landed = samples.settings.landing / names[0]
    assert any(says(path, names) for path in landed.glob("*.json")), "the search finds what is there"
    found = [path for one in EDITIONS for path in exports_of(samples, one).iterdir() if says(path, searched)]
    assert found == []
