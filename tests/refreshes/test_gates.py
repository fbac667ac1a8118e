"""Each gate refusing, and how far that reaches: a row, an extract, a release, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from orchestration.core import ReleaseRefused, UsageError, forget_work, read_json, refreshes, texts_for
from orchestration.refresh import extracts
from orchestration.release import current_release, diff, rollback
from orchestration.stewardship import items, messages, record_decision, review, worklists
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures.desk_world import make_accounts, visitor

PUBLISHED = dg.AssetKey(["release", "published"])
PUBLISH_ALONE = [PUBLISHED]


def deliver_half_of_swala(base: EvidenceBase) -> None:
    """A full extract that lost more than a fifth of its rows: a filter left on, more often than a correction."""
    lines = scenario.SWALA.splitlines(keepends=True)
    base.deliver("swala_post", "swala_2026-03.csv", "".join(lines[:5]))


def evaluation(instance: dg.DagsterInstance, asset: dg.AssetKey, check: str) -> dg.AssetCheckEvaluation:
    """The newest answer of a check, as the UI shows it."""
    record = instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(asset, check))
    assert record is not None and record.evaluation is not None
    return record.evaluation


@dataclass
class Ended:
    """What stood before a refresh, the installation after it, and how it ended."""

    before: str
    base: EvidenceBase
    error: Exception | None


def run_job(base: EvidenceBase) -> Ended:
    before = base.release_id()
    assert before
    ended = base.run_job()
    return Ended(before, base, ended.error)


def newest_receipt(base: EvidenceBase, partner: str) -> str:
    pages = (base.settings.receipts / partner).glob("*/receipt.html")
    newest = max(pages, key=lambda path: path.stat().st_mtime)
    return " ".join(newest.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def with_a_held_extract(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """swala lost most of its rows, kobe sends one more record. Read only, like the world it comes from."""
    base = copy_of(published_world, tmp_path_factory.mktemp("held"))
    deliver_half_of_swala(base)
    base.deliver(
        "kobe_post",
        "kobe_3.csv",
        scenario.CASE_HEADER + "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n",
    )
    return run_job(base)


def test_held_extract_leaves_the_last_good_one_in_force(
    with_a_held_extract: Ended,
) -> None:
    assert with_a_held_extract.error is None
    in_force = extracts.settled_of(with_a_held_extract.base.settings)
    held = [fate for fate in in_force.fates if fate.fate == "held"]
    assert [(fate.partner, fate.reason) for fate in held] == [("swala_post", "row_volume_is_plausible")]
    assert in_force.partners_stale == ("swala_post",)
    release = current_release(with_a_held_extract.base.settings)
    assert release is not None
    assert release.manifest["rows"] == scenario.ROWS | {"landed": 27, "current": 19, "held": 4}
    told = newest_receipt(with_a_held_extract.base, "swala_post")
    assert "… is held as a whole: nothing of it is in use. Your last good file stays" in told
    assert "swala_2026-03.csv" not in told
    assert re.search(r"Far more or fewer rows than before\. \d+ rows; the extract before had \d+\.", told)


def test_members_find_the_check_that_held_the_extract(with_a_held_extract: Ended) -> None:
    failed = with_a_held_extract.base.ask(
        "select check_name, severity, outcome, extracts.fate, checks.partner_code = extracts.partner_code "
        "from quality.check_results as checks inner join quality.extracts as extracts "
        "on checks.subject = extracts.extract_id where outcome = 'failed' and severity = 'hold'"
    )
    assert failed == [("row_volume_is_plausible", "hold", "failed", "held", True)]


def test_journal_has_every_step_that_the_command_and_the_desk_show(with_a_held_extract: Ended) -> None:
    last = refreshes.last(with_a_held_extract.base.settings)
    assert last is not None and set(last.steps) == set(refreshes.STEPS)
    assert tuple(texts_for("cli.step", "en")) == refreshes.STEPS


def test_ui_shows_a_held_extract_on_the_asset_of_its_partner(with_a_held_extract: Ended) -> None:
    settings = with_a_held_extract.base.settings
    asset = dg.AssetKey(["landing", "swala_post"])
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        (run,) = instance.get_runs()
        check = evaluation(instance, asset, "extracts_are_fit_and_on_time")
        (published,) = instance.fetch_materializations(PUBLISHED, limit=5).records
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert {name: run.tags[name] for name in ("njia/outcome", "njia/held")} == {
        "njia/outcome": "published",
        "njia/held": "1",
    }
    held = f"{settings.desk_url}/items/extract/swala_post/"
    assert not check.passed
    (failed,) = [one.data for one in check.metadata["failed"].records if one.data["effect"] == "holds"]
    assert (failed["check"], failed["found"]) == (
        "row_volume_is_plausible",
        "4 rows; the extract before had 13",
    )
    assert "4 rows; the extract before had 13. A full extract replaces" in str(check.description)
    assert str(check.metadata["desk"].value).startswith(held)
    make_accounts(settings)
    item = str(check.metadata["desk"].value).removeprefix(settings.desk_url)
    assert "4 rows; the extract before had 13" in visitor(settings).get(item).text
    plotted = {name: one.value for name, one in check.metadata.items() if isinstance(one.value, int | float)}
    expected = {
        "extracts_judged": 2, "extracts_held": 1, "newest_rows_read": 4, "newest_rows_landed": 4,
        "full_rows_vs_last": pytest.approx(4 / 13), "full_rows_vs_last_min": 0.8, "full_rows_vs_last_max": 4.0,
        "readable_date_share": 1.0, "readable_date_share_min": 0.8, "place_resolved_share_min": 0.75,
    }  # fmt: skip
    assert {name: plotted[name] for name in expected} == expected
    assert plotted["movements_in_force"] > 0
    assert check.metadata["days_overdue"].value == 0 and "was due by" not in str(check.description)
    assert published.asset_materialization is not None
    shown = published.asset_materialization.metadata
    manifest = current_release(settings).manifest  # type: ignore[union-attr]
    assert shown["content_hash"].value == manifest["content_hash"]
    assert (shown["extracts_came"].value, shown["extracts_left"].value) == (1, 0)


def test_a_withdrawn_extract_leaves_the_check_of_its_partner(
    with_a_held_extract: Ended, tmp_path: Path
) -> None:
    """Nothing more is asked of it, so the check is not red for good."""
    base = copy_of(with_a_held_extract.base, tmp_path)
    withdrawn = {"partner": "swala_post", "extract_id": steps.newest_note(base.settings, "swala_post").stem}
    record_decision(
        base.settings, "extract_withdraw", "A. Steward", "sent by mistake", scenario.AS_OF, **withdrawn
    )
    ended = base.at(scenario.AS_OF.replace(hour=8)).run_job()
    assert ended.error is None
    with dg.DagsterInstance.from_config(str(base.settings.dagster_home)) as instance:
        check = evaluation(instance, dg.AssetKey(["landing", "swala_post"]), "extracts_are_fit_and_on_time")
    assert check.passed, check.description
    assert (check.metadata["extracts_judged"].value, check.metadata["extracts_held"].value) == (1, 0)


def test_quality_report_is_a_hashed_file_of_the_release(with_a_held_extract: Ended) -> None:
    release = current_release(with_a_held_extract.base.settings)
    assert release is not None
    assert "members/report/quality.html" in release.manifest["files"]
    page = (release.path / "members/report/quality.html").read_text(encoding="utf-8")
    assert not [partner for partner in scenario.PARTNERS if partner in page]


def test_map_pages_are_hashed_files_of_the_release(with_a_held_extract: Ended) -> None:
    release = current_release(with_a_held_extract.base.settings)
    assert release is not None
    for edition in ("members", "public"):
        assert f"{edition}/report/map.html" in release.manifest["files"]
        page = (release.path / edition / "report/map.html").read_text(encoding="utf-8")
        assert release.release_id in page
        assert not [partner for partner in scenario.PARTNERS if partner in page]


def test_held_extract_is_announced_once(with_a_held_extract: Ended, tmp_path: Path) -> None:
    settings = copy_of(with_a_held_extract.base, tmp_path).settings
    (sent,) = messages.send_due(settings)
    assert sent.events == 1
    assert messages.send_due(settings) == []


def test_held_extract_waits_with_the_number_of_its_movements(with_a_held_extract: Ended) -> None:
    base = with_a_held_extract.base
    (held,) = extracts.settled_of(with_a_held_extract.base.settings).held
    listed = {str(one.item): one for one in worklists.open_items(base.settings)}
    found = listed[f"extract:swala_post:{held.extract_id}"]
    (records,) = base.work(
        f"select count(distinct record_id) from typed.records where extract_id = '{held.extract_id}'"
    )
    assert found.movements == records[0] > 0
    check = f"check:swala_post:{held.extract_id}:row_volume_is_plausible"
    assert check not in listed and check in {str(one.item) for one in found.consequences}
    assert found.opened == scenario.AS_OF.date()


def test_steward_can_accept_a_held_extract(with_a_held_extract: Ended, tmp_path: Path) -> None:
    base = copy_of(with_a_held_extract.base, tmp_path)
    (held,) = extracts.settled_of(base.settings).held
    record_decision(
        base.settings, "extract_accept", "data steward", "the partner confirmed the removals",
        scenario.AS_OF, partner="swala_post", extract_id=held.extract_id,
    )  # fmt: skip
    assert steps.do(base.settings, steps.settle_inbox), "there is something to publish"
    in_force = extracts.settled_of(base.settings)
    assert (held.extract_id, "in_force") in {(fate.extract_id, fate.fate) for fate in in_force.fates}
    assert (in_force.held, in_force.partners_stale) == ((), ())


def test_rollback_outlives_the_next_refresh(with_a_held_extract: Ended, tmp_path: Path) -> None:
    base, first = copy_of(with_a_held_extract.base, tmp_path), with_a_held_extract.before
    assert base.release_id() != first
    rollback(base.settings, first, "data steward", "K4 was a test", scenario.AS_OF)
    assert base.refresh().error is None
    assert base.release_id() == first


def flood_with_unreadable_dates(base: EvidenceBase) -> None:
    """Seven of eight rows without a readable date: too few to hold the extract, too many for the release."""
    row = "K{0};31/02/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    good = row.format(10).replace("31/02", "12/05")
    unreadable = "".join(row.format(number) for number in range(11, 18))
    base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + good + unreadable)


@pytest.fixture(scope="module")
def refused(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A refresh an hour later whose candidate the release gate refuses. Read only."""
    base = copy_of(published_world, tmp_path_factory.mktemp("refused"))
    flood_with_unreadable_dates(base)
    return run_job(base.at(scenario.AS_OF.replace(hour=7)))


def test_refused_candidate_leaves_the_current_release(refused: Ended) -> None:
    assert isinstance(refused.error, ReleaseRefused)
    assert "quarantine_is_normal" in str(refused.error)
    assert refused.base.release_id() == refused.before
    (kept,) = refused.base.settings.releases.glob(".candidate-*")
    changes = read_json(kept / "changes.json")
    assert [one["partner"] for one in changes["partners"] if one["causes"]] == ["kobe_post"]
    assert f"{refused.base.settings.desk_url}/releases" in str(refused.error)


def test_refusal_that_is_undone_leaves_no_trace(
    refused: Ended, published_world: EvidenceBase, tmp_path: Path
) -> None:
    base = copy_of(refused.base, tmp_path)
    settings = base.settings
    names = (review.QUARANTINED_ROWS, review.LINKS)
    lists = {name: review.read(published_world.settings, name) for name in names}
    assert review.read(settings, review.QUARANTINED_ROWS) != lists[review.QUARANTINED_ROWS]
    withdrawn = {"partner": "kobe_post", "extract_id": steps.newest_note(settings, "kobe_post").stem}
    record_decision(settings, "extract_withdraw", "A. Steward", "a flood", scenario.AS_OF, **withdrawn)
    ended = base.at(scenario.AS_OF.replace(hour=8)).refresh()
    assert ended.error is None, ended.error
    assert {name: review.read(settings, name) for name in lists} == lists
    assert not list(settings.releases.glob(".candidate-*")), "nothing is left to decide about it"


def test_refused_run_is_distinct_from_a_crash(refused: Ended) -> None:
    settings = refused.base.settings
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        (run,) = instance.get_runs()
        check = evaluation(instance, dg.AssetKey(["release", "verdict"]), "candidate_is_fit")
        assert instance.fetch_materializations(PUBLISHED, limit=1).records == []
        (failure,) = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE
        ).records
    assert (run.status, run.tags["njia/outcome"]) == (dg.DagsterRunStatus.FAILURE, "refused")
    event = failure.event_log_entry.dagster_event
    assert event is not None and event.step_failure_data.error is not None
    assert (event.step_failure_data.error.message, event.step_failure_data.error.stack) == (
        str(refused.error),
        [],
    )
    desk = f"{settings.desk_url}/items/check/release/quarantine_is_normal"
    assert (check.passed, check.metadata["desk"].value) == (False, desk)
    share, limit = (check.metadata[name].value for name in ("quarantine_share", "quarantine_share_max"))
    assert isinstance(share, float) and share > limit == 0.2
    assert check.description is not None and "The release is refused." in check.description
    last = refreshes.last(settings)
    assert last is not None and (last.outcome, last.release_id) == ("refused", refused.before)
    assert "quarantine_is_normal" in last.refused_by
    page = (settings.review / "quality_report.html").read_text(encoding="utf-8")
    assert "The new release was not published" in page


def test_refused_release_waits_with_what_its_readers_miss(refused: Ended) -> None:
    found = worklists.open_items(refused.base.settings)
    worth = {one.item: one for one in found}
    # K10, whose date can be read, is new, and nothing else of the movements is otherwise.
    check = worth[items.release_check("quarantine_is_normal")]
    assert check.movements == 1
    unreadable = items.quarantined_rows("kobe_post", "date_invalid")
    assert found[0].item == unreadable and found[0].movements >= 7


def test_receipt_names_a_refused_release(refused: Ended) -> None:
    told = newest_receipt(refused.base, "swala_post")
    assert "A check of the whole release failed, so nothing new was published." in told
    assert f"Release {refused.before} stays in use." in told
    assert "Would be in use" in told
    assert f"Release {refused.before}, which is in use now, was made before" in told


def test_publishing_alone_after_a_refusal_is_refused(refused: Ended, tmp_path: Path) -> None:
    base = copy_of(refused.base, tmp_path)
    alone = base.run_job(PUBLISH_ALONE)
    assert isinstance(alone.error, ReleaseRefused)
    assert "was refused" in str(alone.error)
    assert base.release_id() == refused.before


def test_waiver_lets_the_release_pass_and_is_published(refused: Ended, tmp_path: Path) -> None:
    base = copy_of(refused.base, tmp_path)
    for check in ("quarantine_is_normal", "quarantine_is_as_last_time"):
        record_decision(
            base.settings, "check_waiver", "data steward", "the partner mends its dates",
            scenario.AS_OF, check=check, scope="release",
            expires=scenario.AS_OF.date().replace(month=4),
        )  # fmt: skip
    ended = base.refresh()
    assert ended.error is None, ended.error
    printed = base.ask("select check_name, reason from quality.waivers order by check_name")
    assert printed == [
        ("quarantine_is_as_last_time", "the partner mends its dates"),
        ("quarantine_is_normal", "the partner mends its dates"),
    ]
    difference = diff(base.settings, refused.before, "current")
    movements = next(one for one in difference["tables"] if one["table"] == "marts.fct_movements")
    assert (movements["added"], movements["removed"]) == (1, 0)  # K10, whose date can be read


def test_extract_whose_landed_cells_are_damaged_is_held_and_what_it_withholds_stays_withheld(
    evidence_base: EvidenceBase,
) -> None:
    base, fates = evidence_base, "select sum(rows_current), sum(rows_withdrawn), sum(rows_held) from {}"
    taken_back = scenario.KOBE_FIRST.replace(";Yes;Faraja", ";No;Faraja").replace("K2;", "K3;")
    base.deliver("kobe_post", "kobe_3.csv", taken_back)
    assert base.refresh().outcome == refreshes.PUBLISHED
    assert base.ask(fates.format("quality.reconciliation")) == [(18, 1, 0)], "K1 goes and K3 comes"
    note = steps.newest_note(base.settings, "kobe_post")
    cells, whole = note.with_suffix(".parquet"), note.with_suffix(".parquet").read_bytes()
    cells.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    forget_work(base.settings)
    assert base.refresh().outcome == refreshes.PUBLISHED
    assert base.ask(fates.format("quality.reconciliation")) == [(17, 1, 1)], "K1 stays away"
    failed = [row for row in review.read(base.settings, review.FAILED_CHECKS) if row["severity"] == "hold"]
    assert [(row["extract_id"], row["check_name"]) for row in failed] == [(note.stem, "every_row_is_typed")]
    assert "`njia check`" in failed[0]["steward_action"]
    cells.write_bytes(whole)
    assert base.refresh().outcome == refreshes.PUBLISHED
    assert base.ask(fates.format("quality.reconciliation")) == [(18, 1, 0)]


def test_reconciliation_cannot_be_waived(evidence_base: EvidenceBase) -> None:
    with pytest.raises(UsageError):
        record_decision(
            evidence_base.settings, "check_waiver", "data steward", "please", scenario.AS_OF,
            check="reconciliation_is_exact", scope="release",
            expires=scenario.AS_OF.date().replace(month=4),
        )  # fmt: skip
