"""Exports of an edition: readable by other programs, complete, and without the name of who made them."""

import csv
import json
import re
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import geopandas
import hxl
import jsonschema
import openpyxl
import pyarrow as pa
import pytest
import yaml

from orchestration.core import DBT_PROJECT, NjiaError, safe
from orchestration.outputs.exports.about import About, DataLicence, licence_of
from orchestration.outputs.exports.data_package import write_data_package
from orchestration.outputs.exports.geojson import write_geojson
from orchestration.outputs.exports.tables import Column, Table, hxl_tags
from orchestration.outputs.exports.workbook import write_workbook
from orchestration.outputs.exports.write import write_citation, write_exports
from tests.fixtures.published_world import KEYS, MANIFEST, RELEASED_ALERT, write_release

EDITIONS = ("public", "members")
editions = pytest.mark.parametrize("edition", EDITIONS)
ABOUT = About("public", "20260701T000000Z-00000000", datetime(2026, 7, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published world, of real partners."""
    folder = write_release(tmp_path_factory.mktemp("release"), public={"alerts": [RELEASED_ALERT]})
    write_exports(folder, {**MANIFEST, "is_synthetic": False})
    return folder


@pytest.fixture(scope="module")
def exports(release: Path) -> Path:
    return release / "public/exports"


def rows_of(path: Path) -> list[dict[str, str]]:
    """Without the row of HXL tags."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[1:]


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@editions
def test_libhxl_finds_a_tag_for_each_column_and_no_error(release: Path, edition: str) -> None:
    for path in (release / edition / f"exports/{table}.csv" for table in KEYS):
        data = hxl.data(str(path), hxl.input.InputOptions(allow_local=True)).cache()
        assert all(re.fullmatch(r"#[a-z0-9]+(\+[a-z_0-9]+)+", tag) for tag in data.display_tags), path
        assert hxl.validate(data)["stats"]["error"] == 0, path
        assert len(list(data)) == len(rows_of(path)), path
        assert rows_of(path), path


def test_every_published_column_has_a_tag_and_every_tag_a_column() -> None:
    columns = {
        (model["name"].removeprefix("published_"), column["name"])
        for path in DBT_PROJECT.glob("models/published/*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]
    }
    tags = hxl_tags()
    assert {one for one in columns if one not in tags and ("*", one[1]) not in tags} == set()
    names = {name for _, name in columns}
    assert {one for one in tags if one not in columns and one[1] not in names} == set()


def test_a_small_count_has_a_text_and_no_number(release: Path) -> None:
    shown = {
        (row["corridor_id"], row["period_id"]): (row["movement_count"], row["movement_count_text"])
        for row in rows_of(release / "members/exports/corridors.csv")
    }
    assert shown["KE010>KE047", "2026-Q2-12m"] == ("", "<5")
    assert shown["KE010>KE047", "year-2025"] == ("71", "71")


def test_each_edition_exports_its_rows_and_tables_and_no_microdata(release: Path) -> None:
    rows = rows_of(release / "public/exports/corridors.csv")
    shown = {(row["corridor_id"], row["period_id"]) for row in rows}
    assert ("KE009>KE047", "year-2025") in shown and ("KE009>KE047", "year-2024") not in shown, (
        "a hidden cell"
    )
    folder = release / "members/exports"
    assert {path.stem for path in folder.glob("*.csv")} == {*KEYS, "dictionary"}
    assert "do not share it further" in read_json(folder / "datapackage.json")["description"]


@editions
def test_the_data_package_is_valid_with_its_rows_keys_and_hashes(release: Path, edition: str) -> None:
    report = frictionless.Package(str(release / edition / "exports/datapackage.json")).validate()
    assert report.valid, report.flatten(["taskName", "type", "message"])
    rows = {task.name: task.stats.get("rows") for task in report.tasks}
    assert rows["corridors"] == len(rows_of(release / edition / "exports/corridors.csv"))


def test_a_value_of_another_type_makes_the_data_package_invalid(tmp_path: Path) -> None:
    folder = write_release(tmp_path, ["public"])
    write_exports(folder, MANIFEST)
    path = folder / "public/exports/places-made-up.csv"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace(",281,", ",many,", 1), encoding="utf-8")
    report = frictionless.Package(str(path.with_name("datapackage.json"))).validate()
    assert "type-error" in {error for (error,) in report.flatten(["type"])}


def test_the_data_package_declares_types_and_foreign_keys(exports: Path) -> None:
    """A year is text, as other ids of periods are, and refers to the periods."""
    resources = read_json(exports / "datapackage.json")["resources"]
    [corridors] = [one["schema"] for one in resources if one["name"] == "corridors"]
    types = {field["name"]: field["type"] for field in corridors["fields"]}
    wanted = {"period_id": "string", "movement_count": "integer", "movement_count_text": "string"}
    assert wanted.items() <= types.items()
    reference = {"resource": "periods", "fields": ["period_id"]}
    assert corridors["foreignKeys"] == [{"fields": ["period_id"], "reference": reference}]


def test_a_closed_list_is_text_with_its_values(tmp_path: Path) -> None:
    folder = write_release(tmp_path, ["public"])
    kinds = ["round", "year", "quarter"]
    with duckdb.connect(str(folder / "public/evidence_base.duckdb")) as con:
        con.execute(f"alter table published.periods alter period_kind type enum {tuple(kinds)}")
    write_exports(folder, MANIFEST)
    resources = read_json(folder / "public/exports/datapackage.json")["resources"]
    [periods] = [one["schema"]["fields"] for one in resources if one["name"] == "periods"]
    [kind] = [field for field in periods if field["name"] == "period_kind"]
    assert (kind["type"], kind["constraints"]) == ("string", {"enum": kinds})


def features(path: Path, **where: str) -> list[dict[str, Any]]:
    return [one for one in read_json(path)["features"] if where.items() <= one["properties"].items()]


def test_a_corridor_is_a_line_with_the_columns_of_its_row(exports: Path) -> None:
    (busia,) = features(exports / "corridors.geojson", corridor_id="KE040>KE047", period_id="year-2025")
    assert busia["geometry"]["type"] == "LineString"
    assert [round(end[0]) for end in busia["geometry"]["coordinates"]] == [34, 37], "longitude first"
    assert (busia["properties"]["origin"], busia["properties"]["movement_count"]) == ("Busia", 245)
    rows = [row for row in rows_of(exports / "corridors.csv") if row["level"] == "od"]
    assert len(features(exports / "corridors.geojson")) == len(rows)
    (fell,) = features(exports / "shifts.geojson", corridor_id="KE010>KE047")
    assert (fell["properties"]["status"], fell["geometry"]["type"]) == ("fading", "LineString")


def test_a_place_and_a_hotspot_are_points_where_the_reference_has_them(exports: Path) -> None:
    (busia,) = features(exports / "hotspots.geojson", period_id="year-2025")
    assert busia["geometry"]["type"] == "Point"
    assert (busia["properties"]["label"], busia["properties"]["at_least_times"]) == ("hotspot", 2)
    (malaba,) = features(exports / "places.geojson", place_id="bp-ken-malaba", period_id="year-2025")
    assert malaba["properties"]["role"] == "any" and malaba["geometry"]


def test_a_line_is_cut_at_the_180th_meridian_and_an_unknown_place_has_none(tmp_path: Path) -> None:
    names = ("start_place_id", "end_place_id")
    ends = pa.table(dict(zip(names, (["KE040", "KE047", "KE040"], ["WSM", "KE047", "unknown"]), strict=True)))
    columns = tuple(Column(name, "VARCHAR", True, "") for name in names)
    tables = {name: Table("published", name, "", columns, ends) for name in ("corridors", "shifts")}
    nothing = {name: Table("published", name, "", columns) for name in ("places", "hotspots")}
    written = write_geojson(tmp_path, ABOUT, tables | nothing)
    cut, within, unknown = [one["geometry"] for one in read_json(written["corridors"])["features"]]
    west, east = cut["coordinates"]
    assert (west[1][0], east[0][0]) == (180.0, -180.0) and west[1][1] == east[0][1]
    assert (within["type"], unknown) == ("Point", None)


def test_a_geojson_names_its_release_and_is_readable(exports: Path) -> None:
    content = read_json(exports / "places.geojson")
    assert (content["release_id"], content["edition"]) == (MANIFEST["release_id"], "public")
    assert content["is_synthetic"] is False and "made up" not in content["description"]
    drawn = geopandas.read_file(exports / "places.geojson")
    assert {*drawn.columns} - {"geometry"} == {*rows_of(exports / "places.csv")[0]}


@pytest.mark.parametrize(
    ("edition", "said"),
    [("public", "tables do not add up exactly; a cell under 10 has no row"), ("members", "stands as <5")],
)
def test_every_export_explains_its_counts(release: Path, edition: str, said: str) -> None:
    folder = release / edition / "exports"
    about = openpyxl.load_workbook(folder / f"njia-{edition}.xlsx")["about"]
    assert any(said in str(cell) for row in about.values for cell in row)
    assert said in read_json(folder / "datapackage.json")["description"]
    assert said in read_json(folder / "corridors.geojson")["description"]
    assert said in yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))["abstract"]


def test_exports_of_synthetic_partners_say_made_up_in_their_file_names(exports: Path, tmp_path: Path) -> None:
    made_up = write_release(tmp_path, ["public"]) / "public/exports"
    write_exports(tmp_path, MANIFEST)
    passed_on = {path.name for kind in ("csv", "geojson", "xlsx") for path in exports.glob(f"*.{kind}")}
    passed_on.remove("dictionary.csv")
    kept = {path.name for path in exports.iterdir()} - passed_on
    renamed = {name.replace(".", "-made-up.") for name in passed_on}
    assert {path.name for path in made_up.iterdir()} == kept | renamed
    assert (made_up / "places-made-up.csv").read_bytes() == (exports / "places.csv").read_bytes()
    assert "are made up" in read_json(made_up / "corridors-made-up.geojson")["description"]
    packages = [frictionless.Package(str(folder / "datapackage.json")) for folder in (exports, made_up)]
    assert packages[0].resource_names == packages[1].resource_names and packages[1].validate().valid


def test_exports_state_that_no_licence_is_decided(exports: Path) -> None:
    package = read_json(exports / "datapackage.json")
    said = "No licence of these data is decided."
    assert package["licenses"][0]["name"] == "notspecified"
    assert said in package["licenses"][0]["title"]
    citation = yaml.safe_load((exports / "CITATION.cff").read_text(encoding="utf-8"))
    assert "license" not in citation and said in citation["abstract"]


def test_a_decided_licence_is_written_in_machine_readable_fields(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    licence = DataLicence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://example.org/by", "Free.")
    monkeypatch.setattr("orchestration.outputs.exports.about.licence_of", lambda edition: licence)
    citation = yaml.safe_load(write_citation(tmp_path, ABOUT).read_text(encoding="utf-8"))
    assert (citation["license"], citation["license-url"]) == (licence.spdx, licence.address)
    package = read_json(write_data_package(tmp_path, ABOUT, {}, {}))
    assert package["licenses"] == [{"name": licence.spdx, "title": licence.title, "path": licence.address}]


@pytest.mark.parametrize(
    "row", ["", "public,CC-BY-4.0,Creative Commons,none,Free.", "public,none,none,none,"], ids=len
)
def test_an_incomplete_licence_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "data_licence.csv"
    path.write_text(f"edition,spdx,title,address,statement\n{row}\n", encoding="utf-8")
    with pytest.raises(NjiaError, match=r"data_licence\.csv"):
        licence_of("public", path)


def test_the_workbook_has_a_sheet_a_table_with_names_and_small_counts_as_text(release: Path) -> None:
    book = openpyxl.load_workbook(release / "members/exports/njia-members.xlsx")
    assert {*book.sheetnames} == {"about", *KEYS, "columns"}
    names, *values = list(book["corridors"].values)
    rows = [dict(zip(names, row, strict=True)) for row in values]
    [fell] = [row for row in rows if (row["corridor_id"], row["period_id"]) == ("KE010>KE047", "2026-Q2-12m")]
    assert (fell["origin"], fell["movement_count"], fell["movement_count_text"]) == ("Marsabit", None, "<5")
    assert {row["period_id"] for row in rows} == {"year-2024", "year-2025", "2026-Q2-12m"}, (
        "the last of months"
    )
    names, *rows = list(book["codes"].values)
    assert {row[names.index("subject")] for row in rows} == {"all"}, "those by place are in the CSV"


def test_exported_text_is_never_a_formula(tmp_path: Path) -> None:
    risk = {
        "period_id": "year-2025",
        "record_grain": "case",
        "place_id": "KE040",
        "place": "=Busia",
        "band": "higher",
    }
    write_release(tmp_path, ["public"], public={"risk": [risk]})
    (folder,) = write_exports(tmp_path, MANIFEST)
    path = folder / "njia-public-made-up.xlsx"
    sheet = openpyxl.load_workbook(path)["risk"]
    assert [cell.data_type for row in sheet.iter_rows() for cell in row if cell.value == "=Busia"] == ["s"]
    with zipfile.ZipFile(path) as book:
        assert not [name for name in book.namelist() if b"<f>" in book.read(name)]
    assert [row["place"] for row in rows_of(folder / "risk-made-up.csv")] == ["'=Busia"]
    assert all(safe(f"{sign}1+1") == f"'{sign}1+1" for sign in "=+-@\t\r")


def test_a_sheet_holds_the_rows_of_highest_rank_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.outputs.exports.workbook.MOST_ROWS", 2)
    columns = (Column("place", "VARCHAR", False, ""), Column("rank", "INTEGER", False, ""))
    ranks = pa.array([3, None, 1, 2], pa.int32())
    places = pa.table({"place": ["Busia", "Moyale", "Isiolo", "Lamu"], "rank": ranks})
    ranked = Table("published", "places", "", columns, places)
    whole = Table("published", "risk", "", columns, places.slice(2, 2))
    book = openpyxl.load_workbook(write_workbook(tmp_path, ABOUT, [ranked, whole]))
    assert [row[0] for row in book["places"].values] == ["place", "Isiolo", "Lamu"]
    assert [row[0] for row in book["risk"].values] == ["place", "Isiolo", "Lamu"]
    said = [line for (line,) in book["about"].values if "highest rank" in line]
    assert said == ["Sheet places holds 2 of 4 rows, those of highest rank. The CSV file holds all."]


def test_the_dictionary_describes_every_column_of_the_edition(exports: Path) -> None:
    tables = {table["name"]: table for table in read_json(exports / "dictionary.json")["tables"]}
    assert tables["places"]["key"] == ["period_id", "record_grain", "population", "place_id", "role"]
    column = next(one for one in tables["places"]["columns"] if one["name"] == "movement_count")
    assert column["description"] == "What movement_count means."
    assert column["hxl"] == "#affected+movements+num+reported"
    with (exports / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        assert {row["table_name"] for row in csv.DictReader(file)} == tables.keys() >= KEYS.keys()


def test_the_citation_is_valid_by_the_schema_of_its_format_and_names_no_person(exports: Path) -> None:
    """The schema is that of the Citation File Format 1.2.0, by its authors, CC BY 4.0."""
    citation = yaml.safe_load((exports / "CITATION.cff").read_text(encoding="utf-8"))
    citation["date-released"] = citation["date-released"].isoformat()
    jsonschema.validate(citation, read_json(Path(__file__).with_name("cff-1.2.0.schema.json")))
    assert citation["date-released"] == "2026-07-01"
    assert [list(author) for author in citation["authors"]] == [["name"]], "a person has several"


def test_sha256sum_agrees_on_every_file(exports: Path) -> None:
    command = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
    ran = subprocess.run(command, cwd=exports, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    named = {line.split(": ")[0] for line in ran.stdout.splitlines()}
    assert named | {"SHA256SUMS"} == {path.name for path in exports.iterdir()}


def test_the_same_rows_and_time_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    write_release(tmp_path, public={"alerts": [RELEASED_ALERT]})
    for again in write_exports(tmp_path, {**MANIFEST, "is_synthetic": False}):
        first = release / again.relative_to(tmp_path)
        assert {path.name for path in again.iterdir()} == {path.name for path in first.iterdir()}
        assert [p.name for p in again.iterdir() if p.read_bytes() != (first / p.name).read_bytes()] == []


def test_no_property_of_a_file_names_who_made_it(exports: Path) -> None:
    properties = openpyxl.load_workbook(exports / "njia-public.xlsx").properties
    assert not (properties.creator or properties.lastModifiedBy)
    assert properties.created.isoformat() == "2026-07-01T00:00:00"
    assert not {"contributors", "author", "maintainer"} & read_json(exports / "datapackage.json").keys()
