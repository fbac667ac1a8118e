"""Two partners of one form: what both sent counts once, and both are one source."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.refresh import extracts
from orchestration.release import current_release, trace
from orchestration.stewardship import record_decision
from tests import scenario, steps
from tests.command import last_object, njia
from tests.decoded import decoded
from tests.evidence_base import EvidenceBase, copy_of

CORRIDOR = """select record_count, partner_count from marts.mart_corridors
    where level = 'od' and corridor_id = 'KE015>KE047' and period_id = '2025-Q2' and record_grain = 'case'
        and population = 'all'"""
FATES = """select fate, rule_codes, count(*) from quarantine.judged_records
    where partner in ('mto_post', 'bonde_post') group by all order by all"""


@pytest.fixture(scope="module")
def one_form(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """mto's extract, taken in first, and bonde's of the next day, published. Read only."""
    base = copy_of(published_world, tmp_path_factory.mktemp("one_form"))
    for partner, contract in scenario.ONE_FORM.items():
        base.write_contract(partner, contract)
    base.deliver("mto_post", "mto_1.csv", scenario.MTO)
    steps.do(base.settings, extracts.take_in)
    base = base.at(scenario.AS_OF.replace(day=2))
    base.deliver("bonde_post", "bonde_1.csv", scenario.BONDE_FIRST)
    assert base.refresh().outcome == "published"
    return base


@pytest.fixture
def next_day(one_form: EvidenceBase, tmp_path: Path) -> EvidenceBase:
    return copy_of(one_form, tmp_path).at(scenario.AS_OF.replace(day=3))


def test_what_both_sent_counts_once_although_one_edited_it(one_form: EvidenceBase) -> None:
    assert one_form.work(FATES) == [("current", None, 7), ("superseded", "same_submission", 1)]
    assert one_form.ask(CORRIDOR) == [tuple(scenario.KITUI_NAIROBI.values())]


def test_every_landed_row_has_its_fate(one_form: EvidenceBase) -> None:
    landed, fates, superseded = one_form.ask(
        """select sum(rows_landed), sum(rows_current + rows_superseded + rows_quarantined + rows_withdrawn
            + rows_held + rows_embargoed), sum(rows_superseded) from quality.reconciliation"""
    )[0]
    rows = scenario.ROWS
    assert (landed, fates, superseded) == (rows["landed"] + 8, rows["landed"] + 8, rows["superseded"] + 1)


def test_the_two_partners_share_a_source_code(one_form: EvidenceBase) -> None:
    sources = one_form.ask("select source_code, count(*) from marts.dim_partner group by all order by 2")
    assert [partners for _, partners in sources] == [1, 1, 1, 1, 2]


def test_their_months_of_watching_count_once(one_form: EvidenceBase) -> None:
    """swala, kobe, and mto and bonde as one: three sources report Nairobi county in 2025."""
    coverage = (
        "select partner_count from marts.mart_coverage where place_id = 'KE047' and period_id = 'year-2025'"
    )
    assert one_form.ask(f"{coverage} and record_grain = 'case'") == [(3,)]


def test_a_traced_corridor_comes_to_the_same_number_of_sources(one_form: EvidenceBase) -> None:
    release = current_release(one_form.settings)
    assert release
    found = trace(one_form.settings, release, ["mart_corridors|od|KE015>KE047|2025-Q2|case|all"])
    assert found.agrees
    sources = pq.read_table(one_form.settings.work / "gates" / "sources.parquet").to_pylist()
    source_of = {row["partner"]: row["source"] for row in sources}
    traced = {source_of[rows.partner] for rows in found.rows}
    assert len(traced) == scenario.KITUI_NAIROBI["partner_count"]


def test_a_later_extract_of_mostly_shared_submissions_is_held_until_a_steward_accepts_it(
    next_day: EvidenceBase,
) -> None:
    next_day.deliver("bonde_post", "bonde_2.csv", scenario.BONDE_SECOND)
    steps.do(next_day.settings, steps.settle_inbox)
    fates = pq.read_table(next_day.settings.work / "gates" / "in_force.parquet").to_pylist()
    [held] = [fate for fate in fates if fate["fate"] == "held"]
    assert held["reason"] == "submissions_are_its_own"
    assert held["finding"].startswith(
        "Held: 67 % of the submissions of bonde_post are those that mto_post sent first. Ask both partners "
    )
    record_decision(
        next_day.settings, "extract_accept", "data steward", "both own the form", scenario.AS_OF,
        partner="bonde_post", extract_id=held["extract_id"],
    )  # fmt: skip
    next_day.refresh()
    own = scenario.KITUI_NAIROBI["record_count"] + 1  # B7
    assert next_day.ask(CORRIDOR) == [(own, scenario.KITUI_NAIROBI["partner_count"])]


def test_a_submission_is_forgotten_at_both_partners(next_day: EvidenceBase) -> None:
    by = ("--author", "A. Steward", "--reason", "asked in writing")
    ran = njia("forget", "--yes", "bonde_post", "B4", *by, "--json", settings=next_day.settings)
    told = last_object(ran)
    assert (ran.returncode, told["outcome"], told["copies"]) == (0, "forgotten", {"mto_post": 1}), ran.stderr
    one_fewer = scenario.KITUI_NAIROBI["record_count"] - 1  # M4
    assert next_day.ask(CORRIDOR) == [(one_fewer, 2)]  # the two share no submission any more


def test_no_file_holds_an_id_of_the_form_server(one_form: EvidenceBase, tmp_path: Path) -> None:
    planted = tmp_path / "planted.parquet"
    pq.write_table(pa.table({"a": [scenario.PLANTED_SUBMISSION] * 100}), planted, compression="zstd")
    value = scenario.PLANTED_SUBMISSION.encode()
    assert any(value in text for text in decoded(planted))
    home = one_form.settings.home
    files = [
        path
        for path in home.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(home).parts[0] not in ("inbox", "keys")
    ]
    assert len(files) > 100
    assert [
        path for path in files if any(value in text for text in (path.read_bytes(), *decoded(path)))
    ] == []
