"""Decisions and files given to the `njia` command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import SAMPLE_PARTNERS, Settings, sha256_of
from orchestration.stewardship import review
from tests import scenario
from tests.command import last_object, listed_decisions, njia
from tests.evidence_base import EvidenceBase


def test_decisions_are_recorded_listed_and_revoked(evidence_base: EvidenceBase) -> None:
    settings, by = evidence_base.settings, ("--author", "data steward", "--reason", "the partner said so")
    extract_id = next((settings.landing / "swala_post").glob("*.json")).stem
    waive = ("waive-check", "quarantine_is_normal", "--expires", "2026-04-01")
    ahead = njia("decide", *waive, *by, settings=settings)
    assert ahead.returncode == 2 and "there is nothing to waive" in " ".join(ahead.stderr.split())
    failed = dict.fromkeys(review.COLUMNS[review.FAILED_CHECKS], "") | {
        "name": waive[1],
        "stage": "release_gate",
    }
    review.write_failed_checks(
        settings, "release_gate", [failed | {"severity": "refuse", "outcome": "failed"}]
    )
    for arguments in (
        ("place-alias", "Qwertyville", "KE047"),
        ("accept-extract", "swala_post", extract_id),
        ("withdraw-extract", "swala_post", extract_id),
        waive,
        ("correct-value", f"{extract_id}:6", "event_on", "03/03/2025"),
    ):
        ran = njia("decide", *arguments, *by, settings=settings)
        assert ran.returncode == 0 and "recorded" in ran.stdout, ran.stderr
    listed = listed_decisions(settings)
    assert {one["kind"] for one in listed} == {
        "place_alias", "extract_accept", "extract_withdraw", "check_waiver", "value_correction",
    }  # fmt: skip
    assert njia("decide", "revoke", listed[0]["id"], *by, settings=settings).returncode == 0
    again = listed_decisions(settings)
    assert again[0]["revoked_by"] and not again[1]["revoked_by"]
    assert njia("decide", "revoke", listed[0]["id"], *by, settings=settings).returncode == 2


def test_what_waits_is_listed_with_its_name(evidence_base: EvidenceBase) -> None:
    first, *_ = _waiting(evidence_base.settings)
    assert first["title"] and first["item"]


def _waiting(settings: Settings) -> list[dict[str, Any]]:
    ran = njia("decide", "waiting", "--json", settings=settings)
    found: list[dict[str, Any]] = json.loads(ran.stdout.splitlines()[-1])["items"]
    return found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("place-alias", "Qwertyville", "nowhere"), "no place nowhere"),
        (("accept-extract", "swala_post", "0" * 16), "no landed extract"),
        (("waive-check", "reconciliation_is_exact", "--expires", "2026-04-01"), "cannot be waived"),
        (("waive-check", "no_such_check", "--expires", "2026-04-01"), "no_such_check"),
        (("waive-check", "quarantine_is_normal", "--expires", "soon"), "not a date"),
        (("waive-check", "quarantine_is_normal", "--expires", "2031-01-01"), "at most 31 days"),
        (("revoke", "000000000000"), "No active decision"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_decision_that_could_have_no_effect_is_refused(
    evidence_base: EvidenceBase, arguments: tuple[str, ...], words: str
) -> None:
    by = ("--author", "data steward", "--reason", "the partner said so")
    ran = njia("decide", *arguments, *by, settings=evidence_base.settings)
    assert ran.returncode == 2 and words in ran.stderr
    assert listed_decisions(evidence_base.settings) == []


def test_a_decision_needs_author_and_reason(published_world: EvidenceBase) -> None:
    ran = njia(
        "decide",
        "place-alias",
        "Qwertyville",
        "KE047",
        "--author",
        "data steward",
        settings=published_world.settings,
    )
    assert ran.returncode == 2 and "--reason" in ran.stderr


def test_inbox_add_copies_whole_files(evidence_base: EvidenceBase, tmp_path: Path) -> None:
    extract = tmp_path / "kobe 9.csv"
    extract.write_text(scenario.KOBE_SECOND)
    ran = njia("inbox", "add", "kobe_post", extract, settings=evidence_base.settings)
    assert ran.returncode == 0 and "1 file(s) in the inbox" in ran.stdout
    inbox = evidence_base.settings.inbox / "kobe_post"
    (added,) = [path for path in inbox.rglob("*") if path.is_file()]
    assert extract.exists() and (added.name, added.read_text()) == ("kobe 9.csv", scenario.KOBE_SECOND)


def test_inbox_add_explains_a_refusal(evidence_base: EvidenceBase, tmp_path: Path) -> None:
    extract = tmp_path / "kobe_9.csv"
    extract.write_text(scenario.KOBE_SECOND)
    unknown = njia("inbox", "add", "kobe_pots", extract, settings=evidence_base.settings)
    assert unknown.returncode == 2 and "kobe_pots" in unknown.stderr and "kobe_post" in unknown.stderr
    missing = njia("inbox", "add", "kobe_post", tmp_path / "none.csv", settings=evidence_base.settings)
    assert missing.returncode == 2 and "none.csv" in missing.stderr
    nothing = njia("inbox", "add", settings=evidence_base.settings)
    assert nothing.returncode == 2 and "njia inbox add PARTNER FILE" in nothing.stderr
    assert not list(evidence_base.settings.inbox.glob("*/*"))


def test_inbox_add_warns_of_a_file_that_no_contract_names(
    evidence_base: EvidenceBase, tmp_path: Path
) -> None:
    files = [tmp_path / "README.md", tmp_path / "kobe_9.csv"]
    for file in files:
        file.write_text(scenario.KOBE_SECOND)
    ran = njia("inbox", "add", "kobe_post", *files, settings=evidence_base.settings)
    assert ran.returncode == 0 and "2 file(s) in the inbox" in ran.stdout
    assert "README.md" in ran.stderr and "kobe_9.csv" not in ran.stderr


def test_what_waits_is_asked_for_by_kind_and_partner(published_world: EvidenceBase) -> None:
    def items(*chosen: str) -> list[str]:
        ran = njia("decide", "waiting", "--json", *chosen, settings=published_world.settings)
        return [one["item"] for one in last_object(ran)["items"]]

    every = items()
    assert 0 < len(items("--kind", "rows")) < len(every)
    assert all(one.startswith("rows:") for one in items("--kind", "rows"))
    assert items("--partner", "swala_post") == [one for one in every if "swala_post" in one] != []
    ran = njia("decide", "waiting", "--kind", "foo", settings=published_world.settings)
    assert ran.returncode == 2 and "There are: check, extract" in ran.stderr


def test_inbox_add_samples_needs_nothing_else(tmp_path: Path) -> None:
    ran = njia("inbox", "add", "--samples", "--quiet", "--home", tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")
    added = [path.name for path in (tmp_path / "inbox").rglob("*") if path.is_file()]
    assert sorted(added) == sorted(path.name for path in SAMPLE_PARTNERS.glob("*/extracts/*"))


def test_samples_that_have_landed_are_not_added_again(tmp_path: Path) -> None:
    [sample, *_] = sorted(SAMPLE_PARTNERS.glob("*/extracts/*"))
    note = tmp_path / "landing" / sample.parent.parent.name / f"{sha256_of(sample)[:16]}.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    (tmp_path / "home.json").write_text('{"layout_version": 6}')
    njia("inbox", "add", "--samples", "--quiet", "--home", tmp_path)
    added = {path.name for path in (tmp_path / "inbox").rglob("*") if path.is_file()}
    assert added == {path.name for path in SAMPLE_PARTNERS.glob("*/extracts/*")} - {sample.name}
