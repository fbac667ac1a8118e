"""The release gate reads both editions' files back and refuses what their periods, taken off each other, tell."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from expectations.release_gate import RELEASE_GATE
from orchestration import disclosure
from orchestration.gates import printed_profile
from orchestration.gates.judging import judge
from orchestration.settings import Settings
from tests.unit.half_years import Printed
from tests.unit.release_world import settings_in
from tests.unit.test_leftovers import HIDDEN, WINDOWS, WORLD, A, X, counted
from tests.unit.test_windows import THREE

CHECK = "report_less_public_edition_withstands_attack"
FILES = {"public": "public/evidence_base.duckdb", "report": "partner/evidence_base.duckdb"}


def write(settings: Settings, printed: Printed) -> Path:
    """A work file and a candidate of it, with the tables that counts are read from."""
    tables = {"int_told": printed.told, "int_periods": printed.periods}
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema intermediate; create schema marts")
        for name, columns in disclosure.AGGREGATES.items():
            empty = {one: pd.Series(dtype="int64" if one == "movement_id" else "str") for one in columns}
            given = tables.get(name.split(".")[1], pd.DataFrame(empty))
            con.register("given", given)
            con.execute(f"create table {name} as select * from given")
    candidate = settings.releases / ".candidate"
    nodes = {}
    for schema, counts in (("public", printed.public_counts), ("report", printed.partner_counts)):
        file = candidate / FILES[schema]
        file.parent.mkdir(parents=True)
        for name, frame in _printed_tables(counts, printed.periods).items():
            with duckdb.connect(str(file)) as con:
                con.execute(f"create schema if not exists {schema}")
                con.register("given", frame)
                con.execute(f"create table {schema}.{schema}_{name} as select * from given")
            nodes[f"model.njia.{schema}_{name}"] = {
                "resource_type": "model", "schema": schema, "name": f"{schema}_{name}", "config": {},
            }  # fmt: skip
    (settings.work / "dbt").mkdir(parents=True)
    (settings.work / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return candidate


def _printed_tables(counts: pd.DataFrame, periods: pd.DataFrame) -> dict[str, pd.DataFrame]:
    of_all = counts[counts["population"] == "all"]
    is_corridor = (of_all[["origin_place_id", "destination_place_id"]] != "*").all(axis=1)
    corridors, ends = of_all[is_corridor], of_all[~is_corridor]
    is_start = ends["origin_place_id"] != "*"
    role = is_start.map({True: "origin", False: "destination"})
    place = ends["origin_place_id"].where(is_start, ends["destination_place_id"])
    ends = ends.assign(role=role.mask(place == "*", "any"), place_id=place)
    columns = ["record_grain", "period_id", "role", "place_id", "person_count"]
    corridor = ["record_grain", "period_id", "origin_place_id", "destination_place_id"]
    return {
        "periods": periods,
        "corridors": corridors[[*corridor, "person_count"]],
        "ends": ends[columns],
        "children": ends.head(0)[columns],
        "routes": corridors.head(0)[corridor].assign(via_place_id=""),
        "corridor_codes": corridors.head(0)[corridor].assign(domain="", code=""),
        "novelty": pd.DataFrame(
            columns=["record_grain", "round", "role", "item_kind", "item", "evidence_class"], dtype=str
        ),
        "coverage": pd.DataFrame(
            columns=["record_grain", "period_id", "place_id", "partners_band"], dtype=str
        ),
        "reported_periods": pd.DataFrame(columns=["record_grain", "period_id", "partial_reason"], dtype=str),
        "corridor_shifts": pd.DataFrame(
            columns=["corridor_id", "record_grain", "baseline_window", "current_window", "status"], dtype=str
        ),
    }


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_release_whose_protect_step_skipped_the_leftovers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    settings, printed = settings_in(tmp_path), Printed(THREE, is_guarded)
    candidate = write(settings, printed)
    monkeypatch.setattr(printed_profile, "words_not_let_through", lambda *_: 0)
    found = printed_profile.printed_measures(settings, candidate, printed.as_of, {"disclosure": {}})
    assert (found["report_leftovers_open"] == 0) == is_guarded
    assert found["report_cells_open"] == 0, "taken by itself each period is safe"
    others = dict.fromkeys((limit.column for one in RELEASE_GATE for limit in one.limits), 0.0)
    answers = judge(pd.DataFrame([others | found]).astype("float64"), RELEASE_GATE)
    outcome = {answer.expectation.name: answer for answer in answers}[CHECK]
    assert outcome.outcome == ("passed" if is_guarded else "failed")
    assert outcome.expectation.severity == "refuse" and not outcome.expectation.waivable


def test_the_gate_takes_off_what_the_shifts_of_the_report_tell_to_be_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, printed = settings_in(tmp_path), Printed(WORLD)
    printed.partner_counts = counted(WORLD, printed, HIDDEN)
    candidate = write(settings, printed)
    monkeypatch.setattr(printed_profile, "words_not_let_through", lambda *_: 0)
    with duckdb.connect(str(candidate / FILES["report"])) as con:
        came = f"'{A}>{X}', 'case', '{WINDOWS[0]}', '{WINDOWS[1]}', 'emerging'"
        con.execute(f"insert into report.report_corridor_shifts select {came}")
    found = printed_profile.printed_measures(settings, candidate, printed.as_of, {"disclosure": {}})
    assert found["report_cells_open"] == 0 and found["report_leftovers_open"] > 0
