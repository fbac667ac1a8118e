"""The dbt project keeps its own rules: layers refer one way, models have keys, columns are told."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from orchestration.core import read_json

DBT_PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
PUBLISHED = {"marts", "quality", "meta", "published"}
KEY_TESTS = {"unique", "unique_key"}
# folder: the folders it may refer to (seeds stand below all of them)
MAY_REFER_TO = {
    "staging": set(),
    "quarantine": {"staging", "quarantine"},
    "intermediate": {"staging", "quarantine", "intermediate"},
    "marts": {"staging", "intermediate", "marts"},
    "meta": {"staging", "quarantine", "intermediate", "meta"},
    "published": {"intermediate", "marts", "published"},
}
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_", "bridge_", "mart_", "movements"),
    "published": ("published_",),
}
NO_KEY_TEST = {"int_cell_members"}
# The day of the refresh, which the macro `as_of_date` reads.
DAY = "source.njia.gates.as_of"
# SQL that engines refuse or read differently (stack.md 9).
FORBIDDEN = {
    "qualify": r"\bqualify\b",
    "group by all": r"group\s+by\s+all",
    "star exclude": r"\bexclude\s*\(",
    "lambda": r"->|\blambda\b",
    "list": r"\b(list|unnest|struct_pack|array_agg|list_[a-z]+)\s*\(|\[[^\]'{}%]*\]",
    "parsing of text": r"\b(strptime|strftime|regexp_[a-z]+|split_part|string_split|try_cast)\b",
    "bare varchar": r"\bvarchar\b",
    "integer division": r"[^/]//[^/]",
    "clock": r"\b(current_date|current_timestamp|now\s*\(|today\s*\()",
    "concat of nulls": r"\bconcat\s*\(",
    "rounding without `rounded`": r"\bround\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*,\s*\d+\s*\)",
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("parsed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NJIA_WAREHOUSE", str(target / "never_opened.duckdb"))
        outcome = dbtRunner().invoke(
            [
                "--quiet", "parse", "--no-partial-parse", "--project-dir", str(DBT_PROJECT),
                "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target),
            ]
        )  # fmt: skip
    assert outcome.success, outcome.exception
    parsed: dict[str, Any] = read_json(target / "manifest.json")
    return parsed


def of_type(manifest: dict[str, Any], resource_type: str) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == resource_type]


def folder(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_layers_refer_one_way(manifest: dict[str, Any]) -> None:
    wrong = []
    for model in of_type(manifest, "model"):
        for parent_id in model["depends_on"]["nodes"]:
            if parent_id.startswith("source."):
                # Carried rows are rows of `published` already, of an earlier release.
                is_carried = manifest["sources"][parent_id]["source_name"] == "carried"
                allowed = folder(model) in ("intermediate", "published") or not is_carried
            elif parent_id.startswith("seed."):
                allowed = folder(model) != "staging"
            else:
                allowed = folder(manifest["nodes"][parent_id]) in MAY_REFER_TO[folder(model)]
            if not allowed:
                wrong.append((model["name"], parent_id))
    assert wrong == []


def test_every_source_is_read_and_one_with_a_staging_model_by_it_alone(manifest: dict[str, Any]) -> None:
    given = {name for name, source in manifest["sources"].items() if source["source_name"] != "carried"}
    given.remove(DAY)
    readers = {
        name: [m for m in of_type(manifest, "model") if name in m["depends_on"]["nodes"]] for name in given
    }
    assert [name for name, models in readers.items() if not models] == []
    assert [
        name
        for name, models in readers.items()
        if len(models) > 1 and any(folder(model) == "staging" for model in models)
    ] == []


def test_every_published_table_takes_its_carried_rows(manifest: dict[str, Any]) -> None:
    """The model alone declares the columns; its carried rows take them from there. Numbers of others have no period."""
    for model in of_type(manifest, "model"):
        is_of_members = model["config"]["meta"].get("edition") == "members"
        if folder(model) == "published" and "period_id" in model["columns"] and not is_of_members:
            source = f"source.njia.carried.{model['alias']}"
            assert source in model["depends_on"]["nodes"], model["name"]
            carried = manifest["sources"][source]
            assert (carried["meta"]["columns_of"], carried["columns"]) == (model["name"], {})


def test_names_show_the_folder(manifest: dict[str, Any]) -> None:
    wrong = [
        m["name"]
        for m in of_type(manifest, "model")
        if folder(m) in PREFIXES and not m["name"].startswith(PREFIXES[folder(m)])
    ]
    assert wrong == []


def test_every_model_has_a_key_test_and_a_description(manifest: dict[str, Any]) -> None:
    tested = {
        test["attached_node"]
        for test in of_type(manifest, "test")
        if test["test_metadata"]["name"] in KEY_TESTS
    }
    models = of_type(manifest, "model")
    assert [m["name"] for m in models if m["unique_id"] not in tested and m["name"] not in NO_KEY_TEST] == []
    assert [m["name"] for m in models if not m["description"]] == []


def test_published_models_enforce_their_schema_and_describe_every_column(manifest: dict[str, Any]) -> None:
    published = [m for m in of_type(manifest, "model") if m["schema"] in PUBLISHED]
    assert {m["schema"] for m in published} == PUBLISHED
    assert [m["name"] for m in published if not m["config"]["contract"]["enforced"]] == []
    assert [m["name"] for m in published if m["access"] != "public"] == []
    silent = [
        (m["name"], c["name"])
        for m in published
        for c in m["columns"].values()
        if not c["description"] or not c["data_type"]
    ]
    assert silent == []


def test_published_columns_identify_no_person(manifest: dict[str, Any]) -> None:
    restricted = {"partner", "contract", "sheet", "row_number", "event_on", "record_id", "steward"}
    found = [
        (m["name"], column)
        for m in of_type(manifest, "model")
        if m["schema"] in PUBLISHED
        for column in m["columns"]
        if column in restricted
    ]
    assert found == []


def test_every_test_has_a_steward_action(manifest: dict[str, Any]) -> None:
    silent = [t["name"] for t in of_type(manifest, "test") if not t["config"]["meta"].get("steward_action")]
    assert silent == []


def test_every_singular_test_has_one_parent(manifest: dict[str, Any]) -> None:
    singular = [t for t in of_type(manifest, "test") if not t.get("test_metadata")]
    assert [t["name"] for t in singular if len(t["depends_on"]["nodes"]) != 1] == []


def test_every_rule_of_the_judging_model_is_explained_to_partners() -> None:
    judging = (DBT_PROJECT / "models" / "quarantine" / "record_rules.sql").read_text(encoding="utf-8")
    seed = DBT_PROJECT.parent / "seeds" / "reference" / "quality_rules.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        explained = {(row["rule_code"], row["outcome"]) for row in csv.DictReader(lines)}
    stated = re.findall(r"'(Q|flag|unk)' as outcome,\s+'(\w+)' as rule_code", judging)
    assert [code for outcome, code in stated if (code, outcome) not in explained] == []


def test_own_generic_tests_are_catalogued() -> None:
    catalogue = (DBT_PROJECT / "tests" / "generic" / "README.md").read_text(encoding="utf-8")
    for path in (DBT_PROJECT / "tests" / "generic").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert f"`{path.stem}" in catalogue, f"{path.stem} is not in the catalogue"
        assert "Why:" in text and "Fails with:" in text, f"{path.stem} does not say why or what failing shows"


def test_every_doc_block_is_used() -> None:
    columns = (DBT_PROJECT / "models" / "columns.md").read_text(encoding="utf-8")
    blocks = re.findall(r"{% docs (\w+) %}", columns)
    yaml = "".join(path.read_text(encoding="utf-8") for path in DBT_PROJECT.glob("models/**/*.yml"))
    assert [block for block in blocks if f"doc('{block}')" not in yaml] == []
    assert len(blocks) == len(set(blocks))


@pytest.mark.parametrize("path", sorted(DBT_PROJECT.glob("models/**/*.sql")), ids=lambda path: path.stem)
def test_sql_is_portable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- "), f"{path.name} does not open with what one row is"
    code = re.sub(r"--[^\n]*", "", text)
    sql = re.sub(r"{%.*?%}", "", code, flags=re.DOTALL).lower()
    found = [name for name, pattern in FORBIDDEN.items() if re.search(pattern, sql)]
    assert found == []
    without_cases = re.sub(r"case\b.*?\bend\b", "x", sql, flags=re.DOTALL)
    without_calls = re.sub(r"\((?:(?!order by)[^()])*\)", "x", without_cases)
    orders = re.findall(r"order by\b(.*?)(?:\)|$)", without_calls, flags=re.DOTALL)
    parts = [part.strip() for order in orders for part in order.split(",")]
    assert [part for part in parts if part != "x" and not re.search(r"nulls (first|last)$", part)] == []


def test_what_readers_get_is_made_from_every_published_model_and_no_other(manifest: dict[str, Any]) -> None:
    published = {m["unique_id"] for m in of_type(manifest, "model") if folder(m) == "published"}
    exposures = {one["name"]: set(one["depends_on"]["nodes"]) for one in manifest["exposures"].values()}
    assert exposures == dict.fromkeys(("report", "map_page", "exports"), published)


def test_owners_are_a_role_and_no_person(manifest: dict[str, Any]) -> None:
    owned = [*manifest["exposures"].values(), *manifest["groups"].values()]
    assert {(one["owner"]["name"], one["owner"].get("email")) for one in owned} == {("Data stewards", None)}
