"""`njia forget`: a record leaves everything under the home, and a release without it is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.core import load_keys, shown_record
from orchestration.release import list_releases
from tests import scenario
from tests.command import Ran, last_object, njia
from tests.decoded import files_with, marks_of
from tests.evidence_base import EvidenceBase, copy_of

REFERENCE = "S3"  # the only man of swala_post, and the only journey from Kampala


@pytest.fixture(scope="module")
def forgotten(
    published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory
) -> tuple[EvidenceBase, Ran]:
    base = copy_of(published_world, tmp_path_factory.mktemp("forgotten"))
    njia(
        "decide", "exclude-row", shown(base), "--author", "A. Steward", "--reason", "asked twice",
        settings=base.settings,
    )  # fmt: skip
    by = ("--author", "A. Steward", "--reason", "asked in writing")
    return base, njia("forget", "--yes", "swala_post", REFERENCE, *by, "--json", settings=base.settings)


def record_id(base: EvidenceBase) -> int:
    return load_keys(base.settings).record_id("swala_post", f"swala_post_cases|{REFERENCE}")


def shown(base: EvidenceBase) -> str:
    return shown_record(record_id(base))


def test_a_release_without_the_record_is_published(forgotten: tuple[EvidenceBase, Ran]) -> None:
    base, ran = forgotten
    assert ran.returncode == 0, ran.stderr
    assert last_object(ran)["outcome"] == "forgotten"
    (cases,) = base.ask("select count(*) from marts.fct_movements where record_grain = 'case'")
    assert cases == (scenario.MOVEMENTS["case"] - 1,)
    assert base.ask("select rows_refused - 1 from quality.reconciliation where rows_read = 14") == [
        (scenario.ROWS_REFUSED,)
    ]


def test_no_file_under_the_home_holds_it(
    forgotten: tuple[EvidenceBase, Ran], published_world: EvidenceBase
) -> None:
    """Values, tokens, ids and link codes that only it had, decoded; the home of before is the planted control."""
    base, _ = forgotten
    settings, keys = published_world.settings, load_keys(base.settings)
    marks = marks_of(settings, keys, record_id(base))
    before = {file.split("/")[0] for file in files_with(settings, keys, marks)}
    assert {"landing", "lineage", "releases", "work"} <= before
    assert files_with(base.settings, keys, marks) == []


def test_edition_that_held_the_record_is_deleted_and_marked(forgotten: tuple[EvidenceBase, Ran]) -> None:
    base, ran = forgotten
    newest, older = list_releases(base.settings)
    assert newest.is_current
    assert last_object(ran)["editions_deleted"] == [older.release_id]
    assert (older.path / "manifest.json").is_file()
    assert not (older.path / "members").exists()
    back = njia(
        "rollback", older.release_id, "--author", "A. Steward", "--reason", "test", settings=base.settings
    )
    assert back.returncode == 2
    assert "held a record that was forgotten" in " ".join(back.stderr.split())
    assert "erased" in njia("releases", settings=base.settings).stdout


def test_remaining_files_and_successor_match_their_signatures(
    forgotten: tuple[EvidenceBase, Ran],
) -> None:
    base, _ = forgotten
    for one in list_releases(base.settings):
        told = last_object(njia("verify", one.release_id, "--json", settings=base.settings))
        assert (told["outcome"], told["erased_on"] is None) == ("verified", one.is_current)


def test_decisions_about_it_are_gone_and_no_word_of_it_is_said(forgotten: tuple[EvidenceBase, Ran]) -> None:
    base, ran = forgotten
    assert last_object(ran)["decisions_removed"] == 1
    audited = last_object(njia("audit", "--json", settings=base.settings))
    last = audited["lines"][-1]
    assert (last["action"], last["who"], last["details"]["reason"]) == (
        "forgot",
        "A. Steward",
        "asked in writing",
    )
    assert (audited["gone"], audited["unlogged"], audited["faults"]) == ([], [], [])
    assert REFERENCE not in ran.stdout + ran.stderr
    assert shown(base) not in ran.stdout + ran.stderr


def test_asked_again_it_says_that_nothing_is_left(forgotten: tuple[EvidenceBase, Ran]) -> None:
    base, _ = forgotten
    again = njia("forget", "--yes", "swala_post", REFERENCE, "--json", settings=base.settings)
    assert again.returncode == 0
    assert last_object(again)["outcome"] == "forgotten"
    assert last_object(again)["rows"] == 0


def test_files_that_njia_does_not_read_are_named(forgotten: tuple[EvidenceBase, Ran]) -> None:
    base, _ = forgotten
    unread = ["inbox/nobody/cut_off.xlsx", "notes of a meeting.txt", "review/notes of a talk.txt"]
    for name in unread:
        (base.settings.home / name).parent.mkdir(exist_ok=True)
        (base.settings.home / name).write_text("PK cut off")
    again = njia("forget", "--yes", "swala_post", REFERENCE, "--json", settings=base.settings)
    for name in unread:
        (base.settings.home / name).unlink()
    assert again.returncode == 0, again.stderr
    assert last_object(again)["not_read"] == unread
    assert all(name in again.stdout for name in unread)


def test_unknown_record_unknown_partner_and_wrong_key_are_reported(
    forgotten: tuple[EvidenceBase, Ran], tmp_path: Path
) -> None:
    base, _ = forgotten
    key = tmp_path / "key.txt"
    key.write_text("no key")
    for arguments, words in (
        (("swala_post", "S99"), "holds a record of this name"),
        (("swalapost", "S1"), "No extract of swalapost has landed"),
        (("swala_post",), "at least one record"),
        (("swala_post", "S1", "--key", str(key)), "not an age private key"),
    ):
        ran = njia("forget", "--yes", *arguments, settings=base.settings)
        assert ran.returncode == 2
        assert words in " ".join(ran.stderr.split())
        assert "S99" not in ran.stderr
    unasked = njia("forget", "swala_post", "S2", settings=base.settings)
    assert unasked.returncode == 2 and "give --yes. Nothing was erased." in unasked.stderr
