"""Exports of an edition: what other programs read of them is what the edition prints, and nothing says who made them."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frictionless
import geopandas
import hxl
import jsonschema
import openpyxl
import pytest
import yaml

from orchestration.errors import NjiaError
from orchestration.outputs import write_exports
from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.citation import write_citation
from orchestration.outputs.exports.data_package import write_data_package
from orchestration.outputs.exports.printed import hxl_tags
from orchestration.outputs.licence import DataLicence, licence_of
from orchestration.settings import DBT_PROJECT
from orchestration.warehouse import manifest_path
from tests.conftest import new_evidence_base
from tests.unit.edition_world import MANIFEST, TABLES, read_json, write_edition


@pytest.fixture(scope="module")
def dbt_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return manifest_path(new_evidence_base(tmp_path_factory.mktemp("dbt")).settings)


def exported(folder: Path, dbt_manifest: Path, edition: str = "public") -> Path:
    write_edition(folder, edition)
    (written,) = write_exports(folder, MANIFEST, dbt_manifest)
    return written


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, dbt_manifest: Path) -> Path:
    return exported(tmp_path_factory.mktemp("release"), dbt_manifest)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- CSV with HXL tags -----------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_libhxl_finds_a_tag_for_each_column_and_no_error_in_the_values(exports: Path, table: str) -> None:
    data = hxl.data(str(exports / f"{table}.csv"), hxl.input.InputOptions(allow_local=True)).cache()
    assert all(re.fullmatch(r"#[a-z0-9]+(\+[a-z_0-9]+)+", tag) for tag in data.display_tags)
    assert hxl.validate(data)["stats"]["error"] == 0
    assert len(list(data)) == len(rows_of(exports / f"{table}.csv")) - 1


def test_every_column_that_an_edition_prints_has_a_tag() -> None:
    tags, untagged = hxl_tags(), []
    for path in [*DBT_PROJECT.glob("models/public/*.yml"), *DBT_PROJECT.glob("models/report/*.yml")]:
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            table = model["name"].partition("_")[2]
            untagged += [
                (table, column["name"])
                for column in model["columns"]
                if (table, column["name"]) not in tags and ("*", column["name"]) not in tags
            ]
    assert untagged == []


def test_a_cell_that_is_not_shown_is_empty_and_a_count_is_a_whole_number(exports: Path) -> None:
    told = {
        row["origin_place_id"]: row
        for row in rows_of(exports / "corridors.csv")[1:]
        if row["period_id"] == "2024"
    }
    assert (told["KE047"]["person_count"], told["KE047"]["is_shown"]) == ("11", "true")
    assert (told["unknown"]["person_count"], told["unknown"]["is_shown"]) == ("", "false")


def test_a_spreadsheet_does_not_run_what_a_csv_says(exports: Path) -> None:
    assert [row["name"] for row in rows_of(exports / "places.csv") if row["place_id"] == "WSM"] == ["'=Samoa"]


# --- data package ----------------------------------------------------------------------------------


def test_the_data_package_is_valid_with_all_its_rows_keys_and_hashes(exports: Path) -> None:
    report = frictionless.Package(str(exports / "datapackage.json")).validate()
    assert report.valid, report.flatten(["taskName", "type", "message"])
    assert {task.name: task.stats.get("rows") for task in report.tasks}["corridors"] == 5


def test_a_value_that_is_none_of_its_type_makes_the_data_package_invalid(
    tmp_path: Path, dbt_manifest: Path
) -> None:
    folder = exported(tmp_path, dbt_manifest)
    path = folder / "ends.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",42", ",many"), encoding="utf-8")
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert "type-error" in {error for (error,) in report.flatten(["type"])}


def test_places_and_periods_are_told_as_references_where_every_id_is_there(exports: Path) -> None:
    package = read_json(exports / "datapackage.json")
    keys = {
        one["name"]: one["schema"].get("foreignKeys", []) for one in package["resources"] if "schema" in one
    }
    assert {"fields": ["place_id"], "reference": {"resource": "places", "fields": ["place_id"]}} in keys[
        "hotspots"
    ]
    assert not any(key["fields"] == ["place_id"] for key in keys["ends"]), "`*` is no place"
    assert {one["name"] for one in package["resources"]} >= {
        "places-geojson",
        "corridors-geojson",
        "njia-public-xlsx",
    }


# --- GeoJSON ---------------------------------------------------------------------------------------


def features(path: Path) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in read_json(path)["features"]}


def test_a_place_carries_what_is_printed_of_it(exports: Path) -> None:
    places = features(exports / "places.geojson")
    busia = places["KE040"]
    assert busia["geometry"] == {"type": "Point", "coordinates": [34.11, 0.46]}, "longitude first"
    assert busia["properties"]["persons_case_2024_origin"] == 42
    assert busia["properties"]["hotspot_case_2024_origin"] == "hotspot"
    assert busia["properties"]["risk_case_2024"] == "high"
    assert places["unknown"]["geometry"] is None


def test_a_corridor_is_a_line_a_point_within_one_place_and_is_cut_at_the_180th_meridian(
    exports: Path,
) -> None:
    corridors = features(exports / "corridors.geojson")
    assert corridors["KE040>KE047"]["geometry"]["type"] == "LineString"
    assert corridors["KE047>KE047"]["geometry"]["type"] == "Point"
    west, east = corridors["KE040>WSM"]["geometry"]["coordinates"]
    assert (west[0], east[1]) == ([34.11, 0.46], [-172.1, -13.8])
    assert (west[1][0], east[0][0]) == (180.0, -180.0)
    assert west[1][1] == east[0][1] == pytest.approx(0.46 + (-13.8 - 0.46) * (180 - 34.11) / (187.9 - 34.11))


def test_a_corridor_of_which_nothing_is_printed_is_not_drawn(exports: Path) -> None:
    corridors = features(exports / "corridors.geojson")
    assert "unknown>KE047" not in corridors
    assert corridors["KE040>KE047"]["properties"]["persons_case_2025"] is None
    assert corridors["KE040>WSM"]["properties"]["shift_case_2024_2025"] == "growing"


def test_a_map_file_says_of_which_release_it_is_and_a_program_reads_it_all_the_same(exports: Path) -> None:
    told = read_json(exports / "places.geojson")
    assert (told["release_id"], told["edition"]) == (MANIFEST["release_id"], "public")
    assert told["is_synthetic"] is False
    assert "made up" not in told["description"]
    assert set(geopandas.read_file(exports / "places.geojson").place_id) == set(
        features(exports / "places.geojson")
    )


# --- made up ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory, dbt_manifest: Path) -> Path:
    folder = tmp_path_factory.mktemp("made-up")
    write_edition(folder, "public")
    (written,) = write_exports(folder, {**MANIFEST, "is_synthetic": True}, dbt_manifest)
    return written


def test_each_file_of_made_up_partners_that_may_be_passed_on_alone_says_so_in_its_name(
    exports: Path, made_up: Path
) -> None:
    passed_on = {path.name for kind in ("csv", "geojson", "xlsx") for path in exports.glob(f"*.{kind}")}
    passed_on.remove("dictionary.csv")
    said = {name.replace(".", "-made-up.") for name in passed_on}
    kept = {path.name for path in exports.iterdir()} - passed_on
    assert {path.name for path in made_up.iterdir()} == kept | said
    assert (made_up / "ends-made-up.csv").read_bytes() == (exports / "ends.csv").read_bytes()
    assert "are made up" in read_json(made_up / "corridors-made-up.geojson")["description"]


def test_its_data_package_calls_its_tables_as_ever(exports: Path, made_up: Path) -> None:
    packages = [frictionless.Package(str(folder / "datapackage.json")) for folder in (exports, made_up)]
    assert packages[0].resource_names == packages[1].resource_names
    assert packages[1].validate().valid
    assert {one.path.rpartition("-")[2].partition(".")[0] for one in packages[1].resources} == {"up"}


# --- licence ---------------------------------------------------------------------------------------


def test_every_export_says_that_no_licence_is_decided(exports: Path) -> None:
    package = read_json(exports / "datapackage.json")
    said = "No licence of these data is decided."
    assert package["licenses"][0]["name"] == "notspecified"
    assert said in package["licenses"][0]["title"]
    citation = yaml.safe_load((exports / "CITATION.cff").read_text(encoding="utf-8"))
    assert "license" not in citation and said in citation["abstract"]
    about = openpyxl.load_workbook(exports / "njia-public.xlsx")["about"]
    assert any(said in str(cell) for row in about.values for cell in row)
    assert said in (exports / "dictionary.html").read_text(encoding="utf-8")


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> DataLicence:
    licence = DataLicence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://example.org/by", "Free.")
    monkeypatch.setattr("orchestration.outputs.exports.about.licence_of", lambda edition: licence)
    return licence


def test_a_licence_that_the_network_decided_goes_where_programs_look(
    decided: DataLicence, tmp_path: Path
) -> None:
    about = About("public", "20260701T000000Z-00000000", datetime(2026, 7, 1, tzinfo=UTC))
    citation = yaml.safe_load(write_citation(tmp_path, about).read_text(encoding="utf-8"))
    assert (citation["license"], citation["license-url"]) == (decided.spdx, decided.address)
    citation["date-released"] = citation["date-released"].isoformat()
    jsonschema.validate(citation, read_json(Path(__file__).with_name("cff-1.2.0.schema.json")))
    package = read_json(write_data_package(tmp_path, about, {}, {}))
    assert package["licenses"] == [{"name": decided.spdx, "title": decided.title, "path": decided.address}]


@pytest.mark.parametrize(
    "row", ["", "public,CC-BY-4.0,Creative Commons,none,Free.", "public,none,none,none,"], ids=len
)
def test_a_licence_that_is_not_whole_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "data_licence.csv"
    path.write_text(f"edition,spdx,title,address,statement\n{row}\n", encoding="utf-8")
    with pytest.raises(NjiaError, match=r"data_licence\.csv"):
        licence_of("public", path)


# --- workbook --------------------------------------------------------------------------------------


def test_the_workbook_names_places_and_shows_a_hidden_cell_by_the_symbol(exports: Path) -> None:
    book = openpyxl.load_workbook(exports / "njia-public.xlsx")
    assert book.sheetnames[0] == "about"
    rows = list(book["corridors"].values)
    assert rows[0][2:4] == ("origin_place_id", "origin")
    assert ("case", "2024", "KE040", "Busia", "KE047", "Nairobi", True, 30) in rows
    assert ("case", "2024", "unknown", "Unknown", "KE047", "Nairobi", False, "c") in rows
    assert ("case", "2024", "any", "*", "all places, those not shown included", 60) in list(
        book["ends"].values
    )


def test_text_in_the_workbook_is_never_a_formula_or_a_link(exports: Path) -> None:
    sheet = openpyxl.load_workbook(exports / "njia-public.xlsx")["places"]
    assert [cell.data_type for row in sheet.iter_rows() for cell in row if cell.value == "=Samoa"] == ["s"]
    with zipfile.ZipFile(exports / "njia-public.xlsx") as book:
        assert not [name for name in book.namelist() if b"<f>" in book.read(name)]


# --- dictionary, citation, lineage -----------------------------------------------------------------


def test_the_dictionary_says_of_every_column_what_its_table_says(exports: Path) -> None:
    told = {table["name"]: table for table in read_json(exports / "dictionary.json")["tables"]}
    assert told["public_ends"]["key"] == ["record_grain", "period_id", "role", "place_id"]
    column = next(one for one in told["public_ends"]["columns"] if one["name"] == "person_count")
    assert (column["description"], column["hxl"]) == ("What person_count means.", "#affected+ind+reported")
    page = (exports / "dictionary.html").read_text(encoding="utf-8")
    assert "What ends holds, with <code>code</code>." in page
    assert all(f'id="public.public_{name}"' in page for name in TABLES)


def test_the_citation_is_valid_by_the_schema_of_its_format_and_names_no_person(exports: Path) -> None:
    """The schema is that of the Citation File Format 1.2.0, by its authors, CC BY 4.0."""
    told = yaml.safe_load((exports / "CITATION.cff").read_text(encoding="utf-8"))
    told["date-released"] = told["date-released"].isoformat()
    jsonschema.validate(told, read_json(Path(__file__).with_name("cff-1.2.0.schema.json")))
    assert told["date-released"] == "2026-07-01"
    assert [list(author) for author in told["authors"]] == [["name"]], (
        "an entity has a name, a person several"
    )


def test_the_lineage_goes_from_printed_tables_to_partners_files_through_the_steps_in_python(
    exports: Path,
) -> None:
    page = (exports / "lineage.html").read_text(encoding="utf-8")
    found = re.search(r'\{"metadata":\{"dbt_schema_version".*?"child_map":\{.*?\}\}', page)
    assert found
    parents = json.loads(found[0])["parent_map"]
    above, waiting = set(), ["model.njia.public_corridors"]
    while waiting:
        key = waiting.pop()
        above.add(key)
        waiting += [one for one in parents[key] if one not in above]
    assert "source.njia.disclosure.counts" in above
    assert "source.njia.typed.records" in above


def test_the_lineage_says_nothing_of_the_machine_and_calls_nobody(exports: Path) -> None:
    page = (exports / "lineage.html").read_text(encoding="utf-8")
    assert str(DBT_PROJECT.parent) not in page
    assert '"send_anonymous_usage_stats":false' in page
    assert not re.search(r'"(invocation_id|generated_at|user_id|project_id)":"[^"]', page)


# --- all of them -----------------------------------------------------------------------------------


def test_the_checksums_are_those_of_all_files_and_sha256sum_agrees(exports: Path) -> None:
    ran = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=exports, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout
    assert {line.split(": ")[0] for line in ran.stdout.splitlines()} == {
        path.name for path in exports.iterdir()
    } - {"SHA256SUMS"}


def test_the_same_rows_and_time_give_the_same_bytes(
    exports: Path, tmp_path: Path, dbt_manifest: Path
) -> None:
    again = exported(tmp_path, dbt_manifest)
    assert {path.name for path in again.iterdir()} == {path.name for path in exports.iterdir()}
    assert [p.name for p in again.iterdir() if p.read_bytes() != (exports / p.name).read_bytes()] == []


def test_no_property_of_a_file_names_who_made_it(exports: Path) -> None:
    properties = openpyxl.load_workbook(exports / "njia-public.xlsx").properties
    assert not (properties.creator or properties.lastModifiedBy)
    assert properties.created.isoformat() == "2026-07-01T00:00:00"
    assert not {"contributors", "author", "maintainer"} & read_json(exports / "datapackage.json").keys()


def test_the_partner_edition_exports_its_printed_tables_and_no_records(
    tmp_path: Path, dbt_manifest: Path
) -> None:
    write_edition(tmp_path, "partner")
    (tmp_path / "partner" / "parquet" / "marts.fct_movements.parquet").write_bytes(b"records")
    (folder,) = write_exports(tmp_path, MANIFEST, dbt_manifest)
    assert folder == tmp_path / "partner" / "exports"
    assert {path.stem for path in folder.glob("*.csv")} == {*TABLES, "dictionary"}
    assert "do not pass it on" in read_json(folder / "datapackage.json")["description"]


def test_an_edition_without_places_is_exported_without_maps(tmp_path: Path, dbt_manifest: Path) -> None:
    write_edition(tmp_path, "public", {"periods": TABLES["periods"]})
    (folder,) = write_exports(tmp_path, MANIFEST, dbt_manifest)
    assert list(folder.glob("*.geojson")) == []
    assert frictionless.Package(str(folder / "datapackage.json")).validate().valid
