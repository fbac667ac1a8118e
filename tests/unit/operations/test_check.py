"""`njia check`: each kind of file of a home, damaged in ten ways, is named with what mends it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from orchestration import core
from orchestration.cli import cli
from orchestration.core import Damaged, Settings, UsageError, load_keys, write_json, write_summed
from orchestration.operations import check, check_files, proofs
from orchestration.operations.check import KINDS, kind_of
from orchestration.stewardship import audit, record_decision, revoke, settled_since_refresh
from orchestration.stewardship.desk.accounts import add_account
from tests import scenario
from tests.evidence_base import EvidenceBase
from tests.fixtures import other_program
from tests.fixtures.dagster_home import add_stores


@pytest.fixture(scope="module")
def home(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home that has a file of every kind."""
    before = published_world.settings
    folder = tmp_path_factory.mktemp("check") / "home"
    shutil.copytree(before.home, folder, symlinks=True)
    settings = replace(before, home=folder, keys=folder / "keys")
    add_stores(settings)
    kobe = next((settings.landing / "kobe_post").glob("[!.]*.json")).stem
    for row in (2, 3):
        by = ("A. Steward", "a test", scenario.AS_OF)
        record_decision(settings, "row_exclude", *by, record=f"{kobe}:{row}")
    core.set_tombstones(settings, load_keys(settings), "kobe_post", [7])
    add_account(settings, "A. Steward", "a long passphrase of a fixture")
    write_json(settings.last_backup, {"made_at": "2026-03-01T06:00:00+00:00", "snapshot": "abcdef12" * 8})
    write_json(settings.pulls / "kobe_post" / "cases.json", {"fetched": None, "outcome": "fetched"})
    sent = [f"held#{number}" for number in range(40)]
    write_json(settings.notices / "ledger.json", {"folder": {"sent": sent}})
    write_summed(settings.notices / "20260301T060000Z-abcdef12.txt", "Njia: 1 extract held\n")
    write_summed(settings.link_codes / "swala_post" / "0123456789abcdef.parquet", bytes(range(256)))
    assert check_files(settings).faults == []
    return settings


def middle(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a byte in the middle, in JSON one that is no white space."""
    content = path.read_bytes()
    half = len(content) // 2
    while content[half : half + 1].isspace():
        half += 1
    path.write_bytes(content[:half] + change(content[half : half + 1]) + content[half + 1 :])


def turned(path: Path) -> None:
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[third:] + content[:third])


WAYS: dict[str, Callable[[Path], object]] = {
    "a bit is flipped": lambda path: middle(path, lambda byte: bytes([byte[0] ^ 4])),
    "a byte is lost": lambda path: middle(path, lambda byte: b""),
    "a byte is added": lambda path: middle(path, lambda byte: byte + b"7"),
    "it is cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "it is empty": lambda path: path.write_bytes(b""),
    "it is all zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another file lies there": lambda path: path.write_bytes(b"another program wrote this\n" * 3),
    "its first third comes last": turned,
    "it is gone": lambda path: path.unlink(),
    "a broken link lies there": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}
FILES = {
    "home": "home.json", "last backup": "last_backup.json", "record key": "keys/record.key",
    "release key": "keys/release.key", "stewards' public key": "keys/stewards.age.pub",
    "decisions": "njia.db", "head of the log": "audit/head", "forgotten records": "forgotten/kobe_post.json",
    "landing note": "landing/swala_post/*.json", "landed cells": "landing/swala_post/*.parquet",
    "landed texts": "landing/swala_post/*.texts", "sealed original": "sealed/swala_post/*.age",
    "link codes": "link_codes/swala_post/*.parquet", "manifest": "releases/*/manifest.json",
    "signature": "releases/*/manifest.sig", "members' tables": "releases/*/members/evidence_base.duckdb",
    "public tables": "releases/*/public/evidence_base.duckdb", "report": "releases/*/members/report/index.html",
    "lineage": "lineage/*/records.parquet",
    "review list": "review/unresolved_places.csv", "review sentences": "review/open_items.json",
    "journal": "review/history/refreshes.jsonl", "receipt": "receipts/swala_post/*/receipt.html",
    "ledger of messages": "notices/ledger.json", "message": "notices/*.txt",
    "state of a source": "pulls/kobe_post/cases.json", "history of runs": "dagster/history/runs.db",
    "note of a step": "work/artifacts/type.json", "sums": "sealed/swala_post/.sums.json",
}  # fmt: skip
# A file that is gone cannot be told from one that never was. SQLite proves the structure of its pages, not each byte.
GONE = {"it is gone"}
UNNOTICED = {
    "last backup": GONE, "review sentences": GONE, "ledger of messages": GONE,
    "state of a source": GONE, "note of a step": GONE, "sums": GONE | {"a broken link lies there"},
    "decisions": {"a bit is flipped"}, "history of runs": GONE | {"a bit is flipped", "a byte is lost", "a byte is added"},
}  # fmt: skip


def file_of(settings: Settings, pattern: str) -> Path:
    found = sorted(path for path in settings.home.glob(pattern) if path.is_file())
    assert found, pattern
    return found[0]


@pytest.mark.parametrize("what", FILES)
def test_a_file_damaged_in_any_way_is_named_with_what_mends_it(home: Settings, what: str) -> None:
    path = file_of(home, FILES[what])
    name = path.relative_to(home.home)
    kind, whole = kind_of(name.as_posix()), path.read_bytes()
    for way, damage in WAYS.items():
        if way in UNNOTICED.get(what, ()):
            continue
        damage(path)
        try:
            faults = check_files(home, only=kind.kind).faults
        finally:
            path.unlink(missing_ok=True)
            path.write_bytes(whole)
            path.chmod(0o600)
        assert faults, f"{what}: {way} was not noticed"
        assert {fault.kind for fault in faults} == {kind.kind}
        named = {home.home / fault.path for fault in faults}
        assert any(path.is_relative_to(one) or one.parent == path.parent for one in named), f"{what}: {way}"
        assert all(fault.means and fault.mend for fault in faults)
    assert check_files(home, only=kind.kind).faults == []


@pytest.mark.parametrize("lost", ["lineage/*", "review/history", "audit"])
def test_a_lost_folder_is_named(home: Settings, tmp_path: Path, lost: str) -> None:
    folder = next(home.home.glob(lost))
    shutil.move(folder, tmp_path / "lost")
    try:
        named = [fault.path for fault in check_files(home).faults]
    finally:
        shutil.move(tmp_path / "lost", folder)
    path = folder.relative_to(home.home).as_posix()
    of_file = {"review/history": f"{path}/refreshes.jsonl", "audit": "audit/head"}
    assert of_file.get(lost, path) in named


def test_every_kind_of_file_is_damaged_in_these_tests(home: Settings) -> None:
    damaged = {kind_of(file_of(home, one).relative_to(home.home).as_posix()).kind for one in FILES.values()}
    nothing_to_compare = {
        "unfinished and locks", "passwords of sources", "files to take in", "contracts",
        "private key of the samples",
    }  # fmt: skip
    assert {kind.kind for kind in KINDS} - damaged == nothing_to_compare


def test_every_file_of_a_home_has_a_kind(home: Settings) -> None:
    assert check_files(home).unknown == []
    (home.home / "notes of somebody.txt").write_text("a file that Njia does not know")
    assert check_files(home).unknown == ["notes of somebody.txt"]
    (home.home / "notes of somebody.txt").unlink()


def test_one_damaged_file_stops_neither_the_others_nor_status(home: Settings) -> None:
    names = ("landing note", "decisions", "manifest", "review sentences")
    kept = {file_of(home, FILES[name]): file_of(home, FILES[name]).read_bytes() for name in names}
    at = ["--home", str(home.home), "--partners", str(home.partners)]
    try:
        for path in kept:
            path.write_bytes(kept[path][: len(kept[path]) // 3])
        checked = CliRunner().invoke(cli, ["check", *at], env={"COLUMNS": "400"})
        status = CliRunner().invoke(cli, ["status", "--all", *at], env={"COLUMNS": "400"})
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert checked.exit_code == Damaged.exit_code == 6
    for path in kept:
        assert f"damaged {path.relative_to(home.home).as_posix()}" in checked.output
    assert status.exit_code == 6
    assert "damage " in status.output and kept.keys() & {*map(Path, status.output.split())}
    assert "swala_post" in status.output and "kobe_post" in status.output


def test_the_samples_of_all_nights_read_every_file(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check.NIGHTS == 28
    monkeypatch.setattr(check, "NIGHTS", 5)
    monkeypatch.setattr(check, "READ_EACH_NIGHT", 0)
    reading = Mock(side_effect=proofs.sha256_of)
    monkeypatch.setattr(proofs, "sha256_of", reading)

    def read(*night: date) -> set[Path]:
        reading.reset_mock()
        check_files(home, *night)
        return {call.args[0] for call in reading.call_args_list}

    everything = read()
    by_night = [read(date(2026, 3, 1 + night)) for night in range(5)]
    assert set().union(*by_night) == everything
    assert max(map(len, by_night)) < len(everything)


def test_small_files_are_read_each_night(home: Settings) -> None:
    path = file_of(home, FILES["landed cells"])
    whole = path.read_bytes()
    middle(path, lambda byte: bytes([byte[0] ^ 4]))
    kind = kind_of(path.relative_to(home.home).as_posix()).kind
    nights = [scenario.AS_OF.date().replace(day=day) for day in (1, 2)]
    found = [[fault.path for fault in check_files(home, night, only=kind).faults] for night in nights]
    path.write_bytes(whole)
    assert found == [[path.relative_to(home.home).as_posix()]] * 2


WRITTEN = {
    "delete from entries where seq = 2": "decisions are missing: {second}",
    "delete from audit": "lines are missing at its end",
    "update audit set line = replace(line, 'row_exclude', 'row_include')": "does not follow from the line",
    "update entries set entry = replace(entry, 'a test', 'a rest')": "entry {first} does not match its sum",
}


@pytest.mark.parametrize("change", WRITTEN)
def test_what_another_program_wrote_is_found(home: Settings, tmp_path: Path, change: str) -> None:
    first, second = decided(home)
    faults = check_files(without(home, tmp_path, change), only="decisions and audit log").faults
    assert any(WRITTEN[change].format(first=first, second=second) in fault.found for fault in faults)


def decided(settings: Settings) -> list[str]:
    return [line["what"] for line in audit.read(settings).lines if line["action"] == "decided"]


def without(home: Settings, folder: Path, statement: str) -> Settings:
    """What the last refresh acted on has gone."""
    shutil.copytree(home.audit, folder / "audit")
    shutil.copy(home.database, folder)
    copied = replace(home, home=folder)
    write_json(copied.review / "considered.json", {"decisions": decided(home)})
    other_program.run(copied, statement)
    return copied


def test_a_refresh_stops_where_a_decision_has_gone(home: Settings, tmp_path: Path) -> None:
    copied = without(home, tmp_path, "delete from entries where seq = 1")
    with pytest.raises(Damaged, match=f"missing: {decided(home)[0]}"):
        settled_since_refresh(copied)
    for path in (copied.database, copied.audit / "head"):
        path.unlink()
    with pytest.raises(Damaged, match="decisions are missing"):
        settled_since_refresh(copied)


def test_lost_decisions_that_no_backup_has_are_taken_back(home: Settings, tmp_path: Path) -> None:
    copied = without(home, tmp_path, "delete from entries")
    lost = decided(home)
    for one in lost:
        revoke(copied, one, "A. Steward", "its entry was lost", scenario.AS_OF)
    assert settled_since_refresh(copied) == frozenset()
    assert check_files(copied, only="decisions and audit log").faults == []
    with pytest.raises(UsageError, match="was taken back by"):
        revoke(copied, lost[0], "A. Steward", "again", scenario.AS_OF)
