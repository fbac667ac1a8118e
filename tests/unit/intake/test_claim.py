"""Claiming a file: what others write waits while it may grow, and what they add afterwards is never deleted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.core import UsageError
from orchestration.core.settings import Settings
from orchestration.intake import TakenExtract, files_ready, left_alone, still_written
from orchestration.intake.inbox import add_to_inbox
from orchestration.intake.taking_in import take_in
from tests.fixtures.drift_home import AS_OF, KEYS, RECEIVED_ON, csv_in_the_inbox, csv_rows, home
from tests.fixtures.partner_files import add_partner, book, called, lying_still

__all__ = ["home"]
TAKE_IN, CLAIM = sys.modules["orchestration.intake.taking_in"], sys.modules["orchestration.intake.claim"]
# A process that opens a file, and then does what it reads: `write` rows, `close`.
WRITER = """
import sys
file = open(sys.argv[1], "a")
print("open", flush=True)
for line in sys.stdin:
    file.write(line.rstrip().replace("|", chr(10))), file.flush()
    print("written", flush=True)
"""
needs_leases = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases")


class Writer:
    """Another program that has a file open."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(path)]
        self.process = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
        self.is_open = False

    def opened(self) -> Writer:
        self.is_open = self._answer() == "open"
        assert self.is_open
        return self

    def adds(self, rows: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(rows.replace("\n", "|") + "\n")
        self.process.stdin.flush()
        assert self._answer() == "written"

    def closes(self) -> None:
        self.process.communicate()

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@contextmanager
def writer(path: Path) -> Iterator[Writer]:
    other = Writer(path)
    try:
        yield other
    finally:
        other.process.kill()
        other.closes()


def take(home: Settings) -> list[TakenExtract]:
    return take_in(home, KEYS, AS_OF)


def files(home: Settings) -> list[str]:
    folder = home.inbox / "testpartner"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def reasons(home: Settings) -> list[str]:
    """Why files wait, by the refresh; `njia status` and the sensor agree with it."""
    taken = take(home)
    assert {(one.outcome, one.code) for one in taken} == {("held", "hold:file_changed")}
    assert files_ready(home) == []
    shown = [one.reason.removeprefix("The file ") for one in still_written(home)]
    assert all(reason in str(one.reason) for one, reason in zip(taken, shown, strict=True))
    return shown


def test_recently_written_file_waits_30_seconds(home: Settings) -> None:
    file = csv_in_the_inbox(home, 10)
    file.touch()
    (reason,) = reasons(home)
    assert "30 seconds after the last write" in reason
    lying_still(file)
    assert [one.outcome for one in take(home)] == ["landed"]


def test_file_from_a_clock_that_is_ahead_waits_30_seconds_and_no_longer(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = csv_in_the_inbox(home, 10)
    os.utime(file, (time.time() + 3600,) * 2)
    (reason,) = reasons(home)
    assert "30 seconds" in reason
    monkeypatch.setattr(CLAIM, "STILL_SECONDS", 0)
    assert [one.outcome for one in take(home)] == ["landed"]


@pytest.mark.parametrize("ending", [".part", ".PART", ".partial", ".filepart", ".crdownload"])
def test_file_with_a_copy_beside_it_waits(home: Settings, ending: str) -> None:
    file = csv_in_the_inbox(home, 10)
    beside = lying_still(Path(csv_in_the_inbox(home, 5)).rename(f"{file}{ending}"))
    (reason,) = reasons(home)
    assert f"with {ending.lower()}" in reason and "remove that copy" in reason
    (left,) = left_alone(home)
    assert left.file == beside.name and "was not finished" in left.reason
    beside.unlink()
    assert [one.outcome for one in take(home)] == ["landed"]


@needs_leases
def test_copy_that_a_program_still_writes_is_left_to_finish(home: Settings) -> None:
    file = csv_in_the_inbox(home, 10)
    beside = lying_still(Path(csv_in_the_inbox(home, 5)).rename(f"{file}.part"))
    with writer(beside) as other:
        other.opened()
        (reason,) = reasons(home)
        assert "a copy in progress" in reason and "when the copy is complete" in reason
        (left,) = left_alone(home)
        assert "a program has it open" in left.reason and "remove" not in left.reason
        other.closes()
    (left,) = left_alone(home)
    assert "no program writes it" in left.reason


def test_unfinished_copy_alone_is_never_taken(home: Settings) -> None:
    file = csv_in_the_inbox(home, 10)
    file.rename(f"{file}.part")
    assert take(home) == [] and still_written(home) == []


@needs_leases
def test_file_that_a_program_has_open_waits(home: Settings) -> None:
    file = csv_in_the_inbox(home, 10)
    with writer(file) as other:
        other.opened()
        (reason,) = reasons(home)
        assert "has it open for writing" in reason
        other.adds(csv_rows(11, 20))
        other.closes()
    lying_still(file)
    assert [one.rows_landed for one in take(home)] == [20]


def test_file_added_by_command_is_taken_at_once(home: Settings, tmp_path: Path) -> None:
    sent = csv_in_the_inbox(home, 10).rename(tmp_path / "cases.csv")
    sent.touch()
    add_to_inbox(home, "testpartner", [sent])
    assert [path.name for path in files_ready(home)] == ["cases.csv"] and still_written(home) == []
    assert [one.outcome for one in take(home)] == ["landed"]
    assert files(home) == [] and sent.exists()


def test_placed_file_keeps_the_time_of_its_writing(home: Settings, tmp_path: Path) -> None:
    sent = csv_in_the_inbox(home, 10).rename(tmp_path / "cases.csv")
    before = time.time()
    (placed,) = add_to_inbox(home, "testpartner", [sent])
    assert placed.stat().st_mtime >= before - 1


def test_half_placed_file_is_not_taken_and_goes_after_a_day(home: Settings) -> None:
    file = csv_in_the_inbox(home, 10)
    with pytest.raises(KeyboardInterrupt), CLAIM.placing(file.parent, "other.csv") as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    partial.write_text("half of a killed program")
    called_before = called(file, RECEIVED_ON)
    assert [one.file for one in take(home)] == [called_before]
    assert partial.exists()
    two_days_ago = time.time() - 2 * 86400
    os.utime(partial, (two_days_ago, two_days_ago))
    assert take(home) == []
    assert files(home) == []


def test_held_file_stays_where_it_was_placed_and_is_taken_again(home: Settings, tmp_path: Path) -> None:
    sent = csv_in_the_inbox(home, 10).rename(tmp_path / "cases.csv")
    add_partner(home.partners, book(format={"kind": "csv", "encoding": "utf-8", "delimiter": ";"}))
    for _ in range(2):
        add_to_inbox(home, "testpartner", [sent])
        assert [one.outcome for one in take(home)] == ["held"]
        assert files(home) == [".complete/cases.csv"]
    sent.write_text("other")
    with pytest.raises(UsageError, match=r"already holds another cases\.csv"):
        add_to_inbox(home, "testpartner", [sent])
    add_partner(home.partners, book(format={"kind": "csv", "encoding": "utf-8", "delimiter": ","}))
    assert [one.outcome for one in take(home)] == ["landed"]


@needs_leases
def test_rows_of_a_program_that_opened_the_file_before_the_claim_are_taken_later(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = csv_in_the_inbox(home, 100)
    others: list[Writer] = []
    claim_file = TAKE_IN.claim

    def opened_before_the_claim(path: Path) -> object:
        others.append(Writer(path).opened())
        return claim_file(path)

    with monkeypatch.context() as patched:
        patched.setattr(TAKE_IN, "claim", opened_before_the_claim)
        landed, waiting = take(home)
    assert (landed.rows_landed, waiting.code) == (100, "hold:file_changed")
    assert "still has it open" in str(waiting.reason)
    (other,) = others
    other.adds(csv_rows(101, 400))
    other.closes()
    lying_still(file)
    assert [one.rows_landed for one in take(home)] == [400]
    assert files(home) == []


@pytest.mark.parametrize("moment", ["write_json", "_lease"])
def test_rows_added_up_to_the_last_look_are_taken_later(
    home: Settings, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """`write_json`: after the landing is committed. `_lease`: immediately before the file is removed."""
    file = csv_in_the_inbox(home, 100)
    claimed = file.parent / ".claimed" / file.name
    module = TAKE_IN if moment == "write_json" else CLAIM
    do = getattr(module, moment)

    def do_after_rows_are_added(*given: object) -> object:
        if claimed.exists():
            with writer(claimed) as other:
                other.opened().adds(csv_rows(101, 400))
                other.closes()
        return do(*given)

    with monkeypatch.context() as patched:
        patched.setattr(module, moment, do_after_rows_are_added)
        landed, waiting = take(home)
    assert (landed.rows_landed, waiting.code) == (100, "hold:file_changed")
    assert "written to after it was taken" in str(waiting.reason)
    lying_still(file)
    assert [one.rows_landed for one in take(home)] == [400]


@needs_leases
def test_program_that_opens_the_file_at_the_last_look_waits_and_writes_to_its_own_link(
    home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It opens the same file by another name; the lease lets it wait until the inbox's name is gone."""
    file = csv_in_the_inbox(home, 100)
    outbox = tmp_path / "outbox.csv"
    os.link(file, outbox)
    unlink, others = os.unlink, list[Writer]()

    def opened_before_it_goes(path: Path) -> None:
        if path.parent.name == ".claimed":
            others.append(Writer(outbox))
            time.sleep(0.2)  # it comes to the open, and waits there
            assert others[0].process.poll() is None
        unlink(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", opened_before_it_goes)
        assert [one.outcome for one in take(home)] == ["landed"]
    (other,) = others
    other.opened().adds(csv_rows(101, 400))
    other.closes()
    assert outbox.read_text().endswith(csv_rows(101, 400)) and files(home) == []


@pytest.fixture
def no_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file of another account: the system does not say who has it open."""

    @contextmanager
    def unknown(_: Path) -> Iterator[str]:
        yield "not known"

    monkeypatch.setattr(CLAIM, "_lease", unknown)


def test_without_leases_a_taken_file_is_kept_for_what_a_writer_adds(home: Settings, no_leases: None) -> None:
    file = csv_in_the_inbox(home, 100)
    with writer(file) as other:
        other.opened()
        assert [one.rows_landed for one in take(home)] == [100]
        assert take(home) == [] and files_ready(home) == [] and len(files(home)) == 1
        other.adds(csv_rows(101, 400))
        other.closes()
    (waiting,) = take(home)
    assert waiting.code == "hold:file_changed" and files(home) == [file.name]
    lying_still(file)
    assert [one.rows_landed for one in take(home)] == [400]


def test_without_leases_a_taken_file_is_deleted_after_a_day(home: Settings, no_leases: None) -> None:
    csv_in_the_inbox(home, 100)
    take(home)
    (kept,) = (home.inbox / "testpartner" / ".taken").iterdir()
    two_days_ago = time.time() - 2 * 86400
    os.utime(kept, (two_days_ago, two_days_ago))
    assert take(home) == []
    assert list((home.inbox / "testpartner").iterdir()) == []


def test_links_and_special_files_are_listed_and_left(home: Settings, tmp_path: Path) -> None:
    folder = csv_in_the_inbox(home, 10).parent
    outside = csv_in_the_inbox(home, 20).rename(tmp_path / "outside.csv")
    (folder / "link.csv").symlink_to(outside)
    (folder / "broken.csv").symlink_to(tmp_path / "gone.csv")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as bound:
        before = Path.cwd()
        os.chdir(folder)  # the name of a socket is short
        bound.bind("socket.csv")
        os.chdir(before)
    left = {one.file: one.reason for one in left_alone(home)}
    assert left.keys() == {"link.csv", "broken.csv", "linked", "pipe.csv", "socket.csv"}
    assert all("symbolic link" in left[name] for name in ("link.csv", "broken.csv", "linked"))
    assert all("pipe, a socket or a device" in left[name] for name in ("pipe.csv", "socket.csv"))
    assert [one.outcome for one in take(home)] == ["landed"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(left) and outside.exists()


def test_partner_folder_that_is_a_link_is_listed_and_left(home: Settings, tmp_path: Path) -> None:
    file = csv_in_the_inbox(home, 10)
    file.parent.rename(tmp_path / "elsewhere")
    file.parent.symlink_to(tmp_path / "elsewhere")
    (left,) = left_alone(home)
    assert (left.partner, left.file) == ("", "testpartner") and "symbolic link" in left.reason
    assert take(home) == [] and (tmp_path / "elsewhere" / file.name).exists()
    with pytest.raises(UsageError, match="symbolic link"):
        add_to_inbox(home, "testpartner", [tmp_path / "elsewhere" / file.name])


@pytest.mark.parametrize("own", [".claimed", ".complete"])
def test_link_in_place_of_a_folder_of_njia_is_not_followed(home: Settings, tmp_path: Path, own: str) -> None:
    file = csv_in_the_inbox(home, 10)
    (tmp_path / "elsewhere").mkdir()
    (file.parent / own).symlink_to(tmp_path / "elsewhere")
    assert [one.outcome for one in take(home)] == (["held"] if own == ".claimed" else ["landed"])
    (tmp_path / "other.csv").write_text("x")
    if own == ".complete":
        with pytest.raises(TAKE_IN.ExtractHeld, match="symbolic link"):
            add_to_inbox(home, "testpartner", [tmp_path / "other.csv"])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_file_exchanged_for_a_link_after_the_listing_is_not_followed(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = csv_in_the_inbox(home, 10)
    outside = csv_in_the_inbox(home, 20).rename(tmp_path / "outside.csv")

    def exchanged(*_: object) -> None:
        file.unlink()
        file.symlink_to(outside)

    monkeypatch.setattr(TAKE_IN, "why_it_waits", exchanged)
    assert [one.outcome for one in take(home)] == ["held"]
    assert file.is_symlink() and outside.exists()
