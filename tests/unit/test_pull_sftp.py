"""Pulling a folder of an SFTP server: what is new, whose key it is, what is refused, what breaks off."""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from orchestration.contracts import ContractFault, load_contract
from orchestration.core import Keys
from orchestration.intake import PulledSource, pull, take_in
from tests.unit.drift_home import AS_OF, KEYS
from tests.unit.njia_in_process import Njia, njia
from tests.unit.pull_world import SHEET, WORKBOOK, PullWorld, pulls, sample
from tests.unit.sftp_server import PASSWORD, USER, Reading, SftpServer

__all__ = ["njia", "pulls"]
FOLDER = "outbox"
LINKED = Keys(KEYS.record_key, KEYS.stewards_recipient, b"l" * 32, b"n" * 32)
TABLE = sample(SHEET)


class Dropbox:
    """A partner's folder on a server, and the contract that names it."""

    def __init__(self, pulls: PullWorld, root: Path) -> None:
        self.pulls, self.server = pulls, SftpServer(root)
        (root / FOLDER).mkdir(parents=True)
        pulls.secret("nyuki.password", PASSWORD)
        self.source: dict[str, Any] = {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": USER,
            "folder": FOLDER,
            "host_key": self.server.key.fingerprint,
            "password_file": "nyuki.password",
        }
        self.contract()

    def contract(self, partner: str = SHEET, **source: Any) -> None:
        given = {name: value for name, value in (self.source | source).items() if value is not None}
        self.pulls.contract(partner, given)

    def write(self, name: str, content: bytes = TABLE, changed: int = 1_790_000_000) -> Path:
        return self.server.write(f"{FOLDER}/{name}", content, changed)

    def pull(self, partner: str = SHEET, again: bool = False) -> PulledSource:
        (ended,) = pull(self.pulls.settings, [partner], again)
        return ended

    def inbox(self, partner: str = SHEET) -> list[str]:
        return [path.name for path in self.pulls.inbox(partner)]

    def reason(self) -> str:
        """Pull, which fails and places nothing; return why."""
        ended = self.pull()
        assert ended.outcome == "failed" and self.inbox() == []
        reason = str(ended.reason)
        assert reason.startswith(f"{SHEET} from 127.0.0.1:{self.server.port}: ")
        return reason


@pytest.fixture
def box(pulls: PullWorld, tmp_path: Path) -> Iterator[Dropbox]:
    made = Dropbox(pulls, tmp_path / "server")
    yield made
    made.server.close()


# --- what comes ------------------------------------------------------------------------------------


def test_first_pull_places_every_file_whole_and_the_refresh_takes_them(box: Dropbox) -> None:
    box.write("calls 1.csv"), box.write("calls 2.csv", TABLE + TABLE.splitlines(keepends=True)[-1])
    ended = box.pull()
    assert (ended.outcome, ended.files, ended.bytes) == (
        "fetched",
        2,
        sum(path.stat().st_size for path in (box.server.root / FOLDER).iterdir()),
    )
    placed = {path.name: path for path in box.pulls.inbox(SHEET)}
    assert {path.parent.name for path in placed.values()} == {".complete"}
    assert placed["calls 1.csv"].read_bytes() == TABLE
    taken = take_in(box.pulls.settings, LINKED, AS_OF)
    assert [one.outcome for one in taken] == ["landed", "landed"] and box.inbox() == []


def test_nothing_new_opens_no_file(box: Dropbox) -> None:
    box.write("calls.csv")
    box.pull()
    take_in(box.pulls.settings, LINKED, AS_OF)
    assert box.server.opened() == ["calls.csv"]
    ended = box.pull()
    assert (ended.outcome, ended.files, box.server.opened(), box.inbox()) == ("unchanged", 1, [], [])
    assert box.pull(again=True).outcome == "fetched" and box.inbox() == ["calls.csv"]


@pytest.mark.parametrize("changed", [1_790_000_000, 1_790_000_001], ids=["by its size", "by its time"])
def test_only_a_changed_file_is_fetched_again(box: Dropbox, changed: int) -> None:
    box.write("calls.csv"), box.write("other.csv", TABLE + b"\n")
    box.pull()
    take_in(box.pulls.settings, LINKED, AS_OF)
    box.server.opened()
    is_longer = changed == 1_790_000_000
    box.write("calls.csv", TABLE + b"\n\n" if is_longer else TABLE.replace(b"1", b"2", 1), changed)
    ended = box.pull()
    assert (ended.outcome, ended.files, box.server.opened()) == ("fetched", 1, ["calls.csv"])
    assert box.inbox() == ["calls.csv"]


def test_file_written_anew_with_the_same_bytes_is_not_placed_again(box: Dropbox) -> None:
    box.write("calls.csv")
    box.pull()
    take_in(box.pulls.settings, LINKED, AS_OF)
    box.write("calls.csv", changed=1_790_000_500)
    assert (box.pull().outcome, box.inbox()) == ("unchanged", [])
    box.server.opened()
    box.pull()
    assert box.server.opened() == [], "its new time is known"


def test_folder_without_files_is_no_failure(box: Dropbox) -> None:
    assert (box.pull().outcome, box.inbox()) == ("unchanged", [])


def test_account_that_opens_its_folder_needs_no_folder(box: Dropbox) -> None:
    box.server.write("calls.csv", TABLE)
    box.contract(folder=None)
    assert (box.pull().outcome, box.inbox()) == ("fetched", ["calls.csv"])


# --- what is left ----------------------------------------------------------------------------------


def test_links_folders_and_unfinished_files_are_told_and_left(box: Dropbox, tmp_path: Path) -> None:
    box.write("calls.csv"), box.write("older/calls.csv"), box.write("new.csv.part"), box.write(".hidden.csv")
    outside = tmp_path / "elsewhere.csv"
    outside.write_bytes(b"not,for\nus,1\n")
    (box.server.root / FOLDER / "linked.csv").symlink_to(outside)
    os.mkfifo(box.server.root / FOLDER / "pipe.csv")
    ended = box.pull()
    assert (ended.outcome, box.inbox(), box.server.opened()) == ("fetched", ["calls.csv"], ["calls.csv"])
    assert ended.left == [
        ".hidden.csv, new.csv.part: hidden, or an upload that is not complete.",
        "linked.csv: a symbolic link, and Njia follows none. Ask the partner for the file itself.",
        "older: a folder. Only files of `source.folder` itself are fetched.",
        "pipe.csv: no ordinary file, or the server does not say what it is.",
    ]


def test_names_outside_pattern_and_contract_are_told_and_left(box: Dropbox) -> None:
    for name in ("Calls 1.CSV", "readme.txt", "calls of Mary Wanjiku.doc", *(f"{at}.txt" for at in range(6))):
        box.write(name)
    box.contract(pattern="*.csv")
    ended = box.pull()
    assert box.inbox() == ["Calls 1.CSV"]
    (left,) = ended.left
    assert left.startswith("0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 3 more: not of the form *.csv")
    assert "Wanjiku" not in str(ended)
    path = box.pulls.settings.partners / SHEET / "contract.yml"
    path.write_text(path.read_text() + 'files: "intake*"\n')
    assert any("Calls 1.CSV: not read by contract" in one for one in box.pull().left)


EVIL = ["../calls.csv", "/etc/calls.csv", "..\\calls.csv", "calls\n.csv", "calls\x9b.csv", "c" * 201 + ".csv"]


@pytest.mark.parametrize("name", EVIL)
def test_name_that_leads_out_of_the_folder_is_refused(box: Dropbox, name: str) -> None:
    box.write("calls.csv")
    entry = paramiko.SFTPAttributes.from_stat((box.server.root / FOLDER / "calls.csv").lstat(), name)
    box.server.more_entries = [entry]
    ended = box.pull()
    assert ended.outcome == "failed" and "1 name(s) in the folder lead out of it" in str(ended.reason)
    assert box.inbox() == ["calls.csv"] and box.server.opened() == ["calls.csv"]
    assert not list(box.pulls.settings.home.rglob("etc"))


def test_file_that_was_just_written_is_left_for_the_next_pull(box: Dropbox) -> None:
    path = box.write("calls.csv", changed=int(time.time()))
    ended = box.pull()
    assert (ended.outcome, box.inbox()) == ("unchanged", [])
    assert ended.left == ["calls.csv: written to less than 30 seconds ago. The next pull fetches it."]
    os.utime(path, (1_790_000_000, 1_790_000_000))
    assert (box.pull().outcome, box.inbox()) == ("fetched", ["calls.csv"])


def test_file_that_grows_while_it_is_fetched_is_left_for_the_next_pull(box: Dropbox) -> None:
    path, _ = box.write("calls.csv", TABLE * 3), box.write("whole.csv")

    def grows(reading: Reading) -> None:
        if reading.path.name == "calls.csv":
            with reading.path.open("ab") as file:
                file.write(b"one,more\n")
            box.server.on_read = None

    box.server.on_read = grows
    ended = box.pull()
    assert (ended.outcome, box.inbox()) == ("fetched", ["whole.csv"])
    assert ended.left == ["calls.csv: changed while it was fetched. The next pull fetches it."]
    os.utime(path, (1_790_000_500, 1_790_000_500))
    ended = box.pull()
    assert (ended.outcome, ended.left, box.inbox()) == ("fetched", [], ["calls.csv", "whole.csv"])


def test_file_that_is_too_large_is_refused_and_the_others_come(box: Dropbox) -> None:
    box.write("large.csv", b"a,b\n" * 300_000), box.write("small.csv")
    box.contract(most_megabytes=1)
    ended = box.pull()
    assert ended.outcome == "failed" and "large.csv: the file is larger than 1 MB" in str(ended.reason)
    assert box.inbox() == ["small.csv"] and box.server.opened() == ["small.csv"]


def test_file_of_another_kind_is_refused_and_the_others_come(box: Dropbox) -> None:
    box.write("book.csv", sample(WORKBOOK)), box.write("calls.csv")
    for times in (1, 2):
        ended = box.pull()
        assert (ended.outcome, ended.failures_in_a_row) == ("failed", times)
        assert "book.csv: the server sends an Excel workbook (.xlsx), but contract" in str(ended.reason)
        assert box.inbox() == ["calls.csv"]
    box.write("book.csv", TABLE + b"\n", changed=1_790_000_500)
    ended = box.pull()
    assert (ended.outcome, ended.failures_in_a_row) == ("fetched", 0)
    assert box.inbox() == ["book.csv", "calls.csv"]


def test_file_that_the_account_may_not_read_is_refused_and_the_others_come(box: Dropbox) -> None:
    box.write("calls.csv"), box.write("secret.csv")
    box.server.forbidden = {"secret.csv"}
    ended = box.pull()
    assert "secret.csv: the account may not read it" in str(ended.reason) and box.inbox() == ["calls.csv"]


def test_command_and_status_show_what_is_left(njia: Njia, box: Dropbox) -> None:
    box.write("calls 1.csv"), box.write("calls 2.csv"), box.write("older/calls.csv")
    settings = box.pulls.settings
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    name = f"{SHEET} · nyuki_line_sheet: "
    ended = njia("pull", *at)
    shown = " ".join(ended.out.split())
    assert ended.code == 0 and f"left {name}older: a folder" in shown and f"{name}fetched from" in shown
    assert ": 2 files, " in shown
    shown = " ".join(njia("status", *at).out.split())
    assert f"left {name}older: a folder" in shown and f"{name}fetched from" in shown


# --- who is asked ----------------------------------------------------------------------------------


def test_wrong_password_says_where_the_new_one_goes(box: Dropbox) -> None:
    box.write("calls.csv")
    box.server.password = "another"  # noqa: S105
    found = box.reason()
    assert "refuses the user and the password" in found and "nyuki.password (mode 0600)" in found
    assert len(box.server.passwords) == 1, "no account is locked by tries"
    box.pulls.secret("nyuki.password", "another")
    assert box.pull().outcome == "fetched"


@pytest.mark.parametrize("named", ["SHA256:" + "A" * 43, None], ids=["another", "none"])
def test_server_with_another_key_than_the_contracts_gets_no_password(box: Dropbox, named: str | None) -> None:
    box.write("calls.csv")
    box.contract(host_key=named)
    found = box.reason()
    assert box.server.key.fingerprint in found and ("names another one" if named else "names none") in found
    assert box.server.passwords == []
    box.contract(host_key=box.server.key.fingerprint)
    assert box.pull().outcome == "fetched"


def test_known_hosts_file_vouches_for_the_server(box: Dropbox, tmp_path: Path) -> None:
    box.write("calls.csv")
    known, other = tmp_path / "known_hosts", paramiko.ECDSAKey.generate()
    box.contract(host_key=None, known_hosts=str(known))
    assert "cannot be read as a known_hosts file" in box.reason()
    for line, fits in (
        (f"[other.example]:22 {key_line(box.server.key)}", False),
        (f"{here(box)} {key_line(other)}", False),
        (f"{here(box)} {key_line(box.server.key)}", True),
    ):
        known.write_text(f"{line}\n")
        if fits:
            assert box.pull().outcome == "fetched"
        else:
            found = box.reason()
            assert box.server.key.fingerprint in found and "holds another one or none" in found
            assert box.server.passwords == []


def here(box: Dropbox) -> str:
    return f"[127.0.0.1]:{box.server.port}"


def key_line(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.get_base64()}"


def private_key(passphrase: str | None = None) -> tuple[paramiko.PKey, str]:
    key, text = paramiko.ECDSAKey.generate(), io.StringIO()
    key.write_private_key(text, passphrase)
    return key, text.getvalue()


def test_private_key_logs_in(box: Dropbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.write("calls.csv")
    key, text = private_key()
    box.server.client_key = key
    assert "takes another secret than the contract names: publickey" in box.reason()
    box.pulls.secret("nyuki.ssh", text)
    box.contract(password_file=None, private_key_file="nyuki.ssh")
    assert box.pull().outcome == "fetched"
    monkeypatch.setenv("NYUKI_SFTP_KEY", text)
    box.contract(password_file=None, private_key_env="NYUKI_SFTP_KEY")
    assert box.pull().outcome in ("fetched", "unchanged")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (private_key()[1], "refuses the user and the private key"),
        (private_key("f1xture")[1], "protected by a passphrase"),
        ("f1xture", "the private key cannot be read"),
    ],
    ids=["another key", "with a passphrase", "no key"],
)
def test_private_key_that_does_not_log_in_is_a_sentence(box: Dropbox, text: str, sentence: str) -> None:
    box.write("calls.csv")
    box.server.client_key = private_key()[0]
    box.pulls.secret("nyuki.ssh", text)
    box.contract(password_file=None, private_key_file="nyuki.ssh")
    found = box.reason()
    assert sentence in found and "nyuki.ssh (mode 0600)" in found and text not in found


def test_private_key_that_others_may_read_is_not_used(box: Dropbox) -> None:
    box.pulls.secret("nyuki.ssh", private_key()[1], 0o644)
    box.contract(password_file=None, private_key_file="nyuki.ssh")
    assert "other accounts may read nyuki.ssh" in box.reason()


def test_secrets_and_names_appear_in_no_log(
    box: Dropbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    box.write("calls of Mary Wanjiku.csv")
    with caplog.at_level(logging.DEBUG):
        assert box.pull().outcome == "fetched"
        box.server.password = "another"  # noqa: S105
        ended = box.pull(again=True)
    out, err = capfd.readouterr()
    kept = [path.read_text() for path in box.pulls.settings.pulls.rglob("*.json")]
    everything = "\n".join([caplog.text, out, err, str(ended.reason), *ended.left])
    assert not [one for one in (PASSWORD, "Wanjiku") if one in everything + "".join(kept)]


# --- what breaks off -------------------------------------------------------------------------------


def cut(times: int, box: Dropbox, name: str = "calls.csv") -> None:
    """End the connection in the middle of a file, some times."""
    left = [times]

    def cuts(reading: Reading) -> None:
        if reading.path.name == name and reading.offset and left[0]:
            left[0] -= 1
            reading.transport.close()

    box.server.on_read = cuts


def test_connection_cut_in_the_middle_is_opened_again(box: Dropbox) -> None:
    content = TABLE * (200_000 // len(TABLE))
    box.write("calls.csv", content)
    cut(2, box)
    assert box.pull().outcome == "fetched"
    (placed,) = box.pulls.inbox(SHEET)
    assert placed.read_bytes() == content and box.server.opened() == ["calls.csv"] * 3


def test_connection_that_is_always_cut_is_a_sentence_and_what_came_before_stays(box: Dropbox) -> None:
    box.write("a.csv"), box.write("calls.csv", TABLE * (200_000 // len(TABLE))), box.write("z.csv", TABLE * 2)
    cut(99, box)
    ended = box.pull()
    assert ended.outcome == "failed" and "breaks off in the middle of its answer, 5 times" in str(
        ended.reason
    )
    assert box.inbox() == ["a.csv"]
    box.server.on_read = None
    box.server.opened()
    assert (box.pull().outcome, box.server.opened()) == ("fetched", ["calls.csv", "z.csv"])
    assert box.inbox() == ["a.csv", "calls.csv", "z.csv"]


@pytest.mark.parametrize(("times", "outcome"), [(2, "fetched"), (99, "failed")])
def test_connection_cut_at_log_in_is_no_wrong_password(box: Dropbox, times: int, outcome: str) -> None:
    box.write("calls.csv")
    box.server.hangs_up_at_log_in = times
    ended = box.pull()
    assert ended.outcome == outcome and "password" not in str(ended.reason)
    assert len(box.server.passwords) == (3 if outcome == "fetched" else 5)


def test_server_that_is_not_there_is_a_sentence(box: Dropbox) -> None:
    box.server.close()
    assert "the server cannot be reached" in box.reason()


def test_server_that_stops_answering_is_a_sentence(box: Dropbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.write("calls.csv")
    may_answer = threading.Event()
    box.server.on_read = lambda reading: may_answer.wait(60) and None
    monkeypatch.setattr("orchestration.intake.pulling.sftp.READ_SECONDS", 0.2)
    monkeypatch.setattr("orchestration.intake.pulling.limits.PAUSES", ())
    found = box.reason()
    may_answer.set()
    assert "does not answer in time" in found


def test_folder_with_too_many_entries_is_a_sentence(box: Dropbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.write("a.csv"), box.write("b.csv")
    monkeypatch.setattr("orchestration.intake.pulling.sftp.MOST_ENTRIES", 1)
    assert "the folder holds 2 entries; at most 1 are" in box.reason()


def test_missing_folder_is_a_sentence(box: Dropbox) -> None:
    box.contract(folder="nowhere")
    assert "no such folder. Check `source.folder`" in box.reason()


# --- the contract ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"password": "s3cret0value"}, "a contract holds no secret"),
        ({"private_key": "s3cret0value"}, "a contract holds no secret"),
        ({"password_file": None}, "asks for a password"),
        ({"private_key_file": "nyuki.ssh"}, "either a password or a private key"),
        ({"password_file": None, "private_key_file": "release.key"}, "a name such as kobe.ssh"),
        ({"host": "sftp://nyuki.example/outbox"}, "the name of the server alone"),
        ({"host_key": "s3cret0value"}, "as `ssh-keygen -lf` shows it"),
        ({"known_hosts": "/etc/ssh/ssh_known_hosts"}, "either host_key or known_hosts"),
        ({"pattern": "../*.csv"}, "the form of names without a folder"),
        ({"save_as": "x.csv"}, "key `source.save_as` is not known"),
    ],
)
def test_contract_with_a_wrong_source_is_refused_with_a_sentence(
    box: Dropbox, source: dict[str, Any], sentence: str
) -> None:
    box.contract(**source)
    with pytest.raises(ContractFault) as fault:
        load_contract(box.pulls.settings.partners / SHEET / "contract.yml")
    assert sentence in str(fault.value) and "s3cret0value" not in str(fault.value)
