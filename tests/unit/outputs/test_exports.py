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
from orchestration.outputs.exports.catalogues import json_ld, write_citation, write_data_package, write_hdx
from orchestration.outputs.exports.tables import Column, Table, hxl_tags
from orchestration.outputs.exports.write import write_exports, write_geojson
from orchestration.outputs.published import Edition
from tests.fixtures.published_world import KEYS, MANIFEST, RELEASED_ALERT, SERIES, write_release

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


def test_each_edition_exports_its_rows_and_tables_and_no_microdata(release: Path) -> None:
    rows = rows_of(release / "public/exports/corridors.csv")
    counts = {
        (row["start_place"], row["end_place_id"], row["period_id"]): row["movement_count"] for row in rows
    }
    assert counts["Mandera", "KE047", "year-2025"] == "69"
    assert ("Mandera", "KE047", "year-2024") not in counts, "summed in the row of fewer"
    assert "like_count" not in rows[0]
    folder = release / "members/exports"
    by_quarter = {f"series_{name}" for name in SERIES}
    assert {path.stem for path in folder.glob("*.csv")} == {*KEYS, *by_quarter}
    assert {row["period_id"] for row in rows_of(folder / "series_starts.csv")} == {"2026-Q1", "2026-Q2"}
    assert "do not pass them on" in read_json(folder / "datapackage.json")["licenses"][0]["title"]


@editions
def test_the_data_package_is_valid_with_its_rows_keys_and_hashes(release: Path, edition: str) -> None:
    report = frictionless.Package(str(release / edition / "exports/datapackage.json")).validate()
    assert report.valid, report.flatten(["taskName", "type", "message"])
    rows = {task.name: task.stats.get("rows") for task in report.tasks}
    assert rows["corridors"] == len(rows_of(release / edition / "exports/corridors.csv"))


def test_a_value_of_another_type_makes_the_data_package_invalid(tmp_path: Path) -> None:
    folder = write_release(tmp_path, ["public"])
    write_exports(folder, MANIFEST)
    path = folder / "public/exports/starts-made-up.csv"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace(",245,", ",many,", 1), encoding="utf-8")
    report = frictionless.Package(str(path.with_name("datapackage.json"))).validate()
    assert "type-error" in {error for (error,) in report.flatten(["type"])}


def test_the_data_package_declares_types_and_foreign_keys(release: Path) -> None:
    """A year is text, as other ids of periods are. Quarters refer to their own periods."""
    resources = read_json(release / "members/exports/datapackage.json")["resources"]
    schemas = {one["name"]: one["schema"] for one in resources if "schema" in one}
    types = {field["name"]: field["type"] for field in schemas["corridors"]["fields"]}
    assert {
        "period_id": "string",
        "movement_count": "integer",
        "comparison": "string",
    }.items() <= types.items()

    def references(table: str) -> set[tuple[str, str]]:
        found = schemas[table].get("foreignKeys", [])
        return {(one["fields"][0], one["reference"]["resource"]) for one in found}

    places = {("start_place_id", "areas"), ("end_place_id", "areas")}
    assert references("corridors") == {("period_id", "periods"), *places}
    assert references("series_corridors") == {("period_id", "series_periods"), *places}
    assert references("periods") == references("context_counts") == set()


def test_a_closed_list_is_text_with_its_values(tmp_path: Path) -> None:
    folder = write_release(tmp_path, ["public"])
    kinds = ["round", "year", "quarter"]
    with duckdb.connect(str(folder / "public/evidence_base.duckdb")) as con:
        listed = f"ENUM{tuple(kinds)}"
        con.execute("update meta.columns set data_type = ? where column_name = 'period_kind'", [listed])
    write_exports(folder, MANIFEST)
    resources = read_json(folder / "public/exports/datapackage.json")["resources"]
    [periods] = [one["schema"]["fields"] for one in resources if one["name"] == "periods"]
    [kind] = [field for field in periods if field["name"] == "period_kind"]
    assert (kind["type"], kind["constraints"]) == ("string", {"enum": kinds})


def features(path: Path, **where: str) -> list[dict[str, Any]]:
    return [one for one in read_json(path)["features"] if where.items() <= one["properties"].items()]


def test_counts_of_the_newest_complete_year_are_lines_and_points(exports: Path) -> None:
    (busia,) = features(exports / "corridors.geojson", start_place_id="KE040")
    assert busia["geometry"]["type"] == "LineString"
    assert [round(end[0]) for end in busia["geometry"]["coordinates"]] == [34, 37], "longitude first"
    assert (busia["properties"]["start_place"], busia["properties"]["movement_count"]) == ("Busia", 245)
    (malaba,) = features(exports / "border_points.geojson")
    assert (malaba["geometry"]["type"], malaba["properties"]["passing_count"]) == ("Point", 104)
    for table in ("starts", "ends", "corridors"):
        of_year = [row for row in rows_of(exports / f"{table}.csv") if row["period_id"] == "year-2025"]
        drawn = features(exports / f"{table}.geojson", period_id="year-2025")
        assert len(drawn) == len(of_year) == len(features(exports / f"{table}.geojson"))
    for no_place in ("unknown", "KEN"):
        (row,) = features(exports / "starts.geojson", place_id=no_place)
        assert row["geometry"] is None


def test_a_line_is_cut_at_the_180th_meridian_and_one_within_a_place_is_a_point(tmp_path: Path) -> None:
    ends = {
        "period_id": ["year-2025"] * 2,
        "start_place_id": ["KE040", "KE047"],
        "end_place_id": ["WSM", "KE047"],
    }
    year = {
        "period_id": ["year-2025"],
        "period_kind": ["year"],
        "is_complete": [True],
        "period_to": ["2025-12-31"],
    }

    def table(name: str, rows: dict[str, list[Any]]) -> Table:
        columns = tuple(Column(column, "VARCHAR", True, "") for column in rows)
        return Table("published", name, "", columns, pa.table(rows))

    tables = {"periods": table("periods", year), "corridors": table("corridors", ends)}
    nothing = {name: table(name, {"period_id": []}) for name in ("starts", "ends", "border_points")}
    written = write_geojson(tmp_path, ABOUT, tables | nothing)
    cut, within = [one["geometry"] for one in read_json(written["corridors"])["features"]]
    west, east = cut["coordinates"]
    assert (west[1][0], east[0][0]) == (180.0, -180.0) and west[1][1] == east[0][1]
    assert within["type"] == "Point"


def test_a_geojson_names_its_release_and_is_readable(exports: Path) -> None:
    content = read_json(exports / "starts.geojson")
    assert (content["release_id"], content["edition"]) == (MANIFEST["release_id"], "public")
    assert content["is_synthetic"] is False and "made up" not in content["description"]
    drawn = geopandas.read_file(exports / "starts.geojson")
    assert {*drawn.columns} - {"geometry"} == {*rows_of(exports / "starts.csv")[0]}


@pytest.mark.parametrize(
    ("edition", "said"),
    [
        ("public", "cells under 10 are summed in the row `fewer`"),
        ("members", "A row whose counts are all under 5 is summed in the row `fewer`"),
    ],
)
def test_every_export_explains_its_counts(release: Path, edition: str, said: str) -> None:
    folder = release / edition / "exports"
    about = openpyxl.load_workbook(folder / f"njia-{edition}.xlsx")["about"]
    assert any(said in str(cell) for row in about.values for cell in row)
    assert said in read_json(folder / "datapackage.json")["description"]
    assert said in read_json(folder / "corridors.geojson")["description"]
    assert said in yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))["abstract"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert said in readme and "`movement_count` may be added over any rows of one file" in readme


def test_exports_of_synthetic_partners_say_made_up_in_their_file_names(exports: Path, tmp_path: Path) -> None:
    made_up = write_release(tmp_path, ["public"]) / "public/exports"
    write_exports(tmp_path, MANIFEST)
    passed_on = {path.name for kind in ("csv", "geojson", "xlsx") for path in exports.glob(f"*.{kind}")}
    kept = {path.name for path in exports.iterdir()} - passed_on
    renamed = {name.replace(".", "-made-up.") for name in passed_on}
    assert {path.name for path in made_up.iterdir()} == kept | renamed
    assert (made_up / "starts-made-up.csv").read_bytes() == (exports / "starts.csv").read_bytes()
    assert "are made up" in read_json(made_up / "corridors-made-up.geojson")["description"]
    packages = [frictionless.Package(str(folder / "datapackage.json")) for folder in (exports, made_up)]
    assert packages[0].resource_names == packages[1].resource_names and packages[1].validate().valid


def test_a_csv_has_days_and_codes_that_other_data_can_be_joined_by(release: Path) -> None:
    """A border point lies in its county; what stands for no place has no code. Quarters have their own days."""
    codes = ("start_county_code", "start_country_code", "end_county_code", "end_country_code")
    rows = rows_of(release / "public/exports/corridors.csv")
    coded = {
        row["start_place_id"]: [row[name] for name in codes]
        for row in rows
        if row["period_id"] == "year-2025"
    }
    assert coded["UGA"] == ["", "UGA", "KE047", "KEN"] and coded["KEN"] == ["", "KEN", "", "SAU"]
    assert coded["unknown"][:2] == coded["fewer"][:2] == ["", ""]
    (malaba, *_) = rows_of(release / "public/exports/border_points.csv")
    assert (malaba["county_code"], malaba["country_code"]) == ("KE040", "KEN")
    assert {(row["period_id"], row["period_from"], row["period_to"]) for row in rows} == {
        ("year-2024", "2024-01-01", "2024-12-31"), ("year-2025", "2025-01-01", "2025-12-31"),
    }  # fmt: skip
    quarters = rows_of(release / "members/exports/series_starts.csv")
    assert {row["period_from"] for row in quarters} == {"2026-01-01", "2026-04-01"}
    tags = (release / "public/exports/corridors.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    assert {"#date+start", "#date+end", "#adm1+code+start", "#country+code+end"} <= {*tags}


@editions
def test_llms_txt_and_the_readme_link_every_file_and_say_what_may_be_added(
    release: Path, edition: str
) -> None:
    for path in (release / edition / "llms.txt", release / edition / "exports/README.md"):
        title, _, summary, *lines = path.read_text(encoding="utf-8").splitlines()
        assert title.startswith("# Njia: ") and summary.startswith("> Cases ")
        links = dict(re.findall(r"^- \[.*?\]\((.*?)\):? ?(.*)$", "\n".join(lines), re.MULTILINE))
        missing = {link for link in links if not (path.parent / link).is_file()}
        assert {Path(link).name for link in missing} == {"index.html", "map.html"}, (
            "written before the exports"
        )
        use = {Path(link).stem: what for link, what in links.items()}
        assert use.keys() >= KEYS.keys()
        assert "Never add `passing_count`" in use["passings"] and "`movement_count`" not in use["corridors"]


def test_what_the_humanitarian_data_exchange_asks_for_is_in_one_file_of_the_public_edition(
    release: Path,
) -> None:
    asked = read_json(release / "public/exports/hdx.json")
    assert asked["dataset_date"] == "[2020-06-01T00:00:00 TO 2025-12-31T23:59:59]"
    assert (asked["groups"], asked["license_id"], asked["private"]) == ([{"name": "ken"}], "hdx-other", False)
    assert all((release / "public/exports" / one["name"]).is_file() for one in asked["resources"])
    assert not (release / "members/exports/hdx.json").exists(), "members do not pass their edition on"


@editions
def test_the_report_describes_its_edition_as_a_dataset_of_schema_org(release: Path, edition: str) -> None:
    said = json_ld(Edition(edition, release, MANIFEST | {"periods": {"year-2024": {"first_release": "r1"}}}))
    assert "<" not in said, "it cannot end the script element"
    dataset = json.loads(said)
    assert dataset["@type"] == "Dataset" and dataset["version"] == MANIFEST["release_id"]
    assert dataset["hasPart"] == [{"@type": "Dataset", "name": "year-2024", "version": "r1"}]
    assert dataset["temporalCoverage"] == (
        "2020-06-01/2025-12-31" if edition == "public" else "2020-06-01/2026-06-30"
    )
    measured = {one["name"] for one in dataset["variableMeasured"]}
    assert {"movement_count", "trait_count"} <= measured and ("like_count" in measured) == (
        edition == "members"
    )
    files = {one["contentUrl"] for one in dataset["distribution"]}
    assert {f"../exports/{name}-made-up.csv" for name in KEYS} <= files


@editions
def test_each_file_says_the_licence_once(release: Path, edition: str) -> None:
    statement = licence_of(edition).statement
    files = ["llms.txt", "exports/README.md", "exports/datapackage.json"]
    texts = [(release / edition / name).read_text(encoding="utf-8") for name in files]
    texts.append(json_ld(Edition(edition, release, MANIFEST)))
    texts.append(" ".join((release / edition / "exports/CITATION.cff").read_text(encoding="utf-8").split()))
    assert [text.count(statement) for text in texts] == [1] * 5


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
    write_hdx(tmp_path, ABOUT, {"periods": Table("published", "periods", "", (), pa.table({}))})
    assert read_json(tmp_path / "hdx.json")["license_id"] == "cc-by"
    package = read_json(write_data_package(tmp_path, ABOUT, {}, {}))
    named = {"name": licence.spdx, "title": licence.title, "path": licence.address, "description": "Free."}
    assert package["licenses"] == [named]


@pytest.mark.parametrize(
    "row", ["", "public,CC-BY-4.0,Creative Commons,none,Free.", "public,none,none,none,"], ids=len
)
def test_an_incomplete_licence_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "data_licence.csv"
    path.write_text(f"edition,spdx,title,address,statement\n{row}\n", encoding="utf-8")
    with pytest.raises(NjiaError, match=r"data_licence\.csv"):
        licence_of("public", path)


def test_the_workbook_has_a_sheet_a_published_table(release: Path) -> None:
    book = openpyxl.load_workbook(release / "members/exports/njia-members.xlsx")
    assert {*book.sheetnames} == {"about", *KEYS, "columns"}
    names, *values = list(book["corridors"].values)
    rows = [dict(zip(names, row, strict=True)) for row in values]
    assert ("Marsabit", 71) in {(row["start_place"], row["movement_count"]) for row in rows}


def test_exported_text_is_never_a_formula(tmp_path: Path) -> None:
    risk = {
        "period_id": "year-2025",
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


def test_the_data_package_says_of_every_column_what_it_means_and_whether_it_may_be_summed(
    exports: Path,
) -> None:
    resources = read_json(exports / "datapackage.json")["resources"]
    schemas = {one["name"]: one["schema"] for one in resources if "schema" in one}
    assert schemas.keys() >= KEYS.keys() and schemas["starts"]["primaryKey"] == ["period_id", "place_id"]
    [cases, children] = [
        one for one in schemas["starts"]["fields"] if one["name"] in ("movement_count", "child_count")
    ]
    assert cases["description"] == "What movement_count means."
    assert cases["hxl"] == "#affected+movements+num+reported"
    assert (cases["may_be_summed"], children["may_be_summed"]) == (True, False)


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
