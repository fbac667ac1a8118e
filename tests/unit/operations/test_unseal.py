"""Unsealing an original: with the private key alone, by row or whole, and always logged."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner

from orchestration.cli.audit import show_row
from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings, UsageError, load_keys
from orchestration.intake.reading.original_rows import OriginalRow
from orchestration.intake.taking_in import take_in
from orchestration.operations import rotate
from orchestration.stewardship import audit
from orchestration.stewardship.unsealing import unseal_file, unseal_row
from tests import scenario
from tests.evidence_base import EvidenceBase

PARTNER = "swala_post"
BY = ("A. Fixture", "the partner asks which row it is")
S5 = 6  # its row in the file: the header is row 1


@dataclass
class Sealed:
    """The scenario's first file, landed and sealed, and the key that opens it."""

    settings: Settings
    extract_id: str
    key: str

    @property
    def path(self) -> Path:
        return self.settings.sealed / PARTNER / f"{self.extract_id}.age"

    def row(self, row: int = S5, sheet: str | None = None, **other: str) -> OriginalRow:
        key, extract_id = other.get("key", self.key), other.get("of", self.extract_id)
        return unseal_row(self.settings, PARTNER, extract_id, key, row, sheet, *BY)

    def file(self, out: Path, reason: str = BY[1]) -> None:
        unseal_file(self.settings, PARTNER, self.extract_id, self.key, out, BY[0], reason)


@pytest.fixture
def sealed(empty_base: EvidenceBase) -> Sealed:
    settings, identity = empty_base.settings, pyrage.x25519.Identity.generate()
    rotate(settings, "stewards", recipient=str(identity.to_public()))
    empty_base.deliver(PARTNER, "swala_2026-02.csv", scenario.SWALA)
    (taken,) = take_in(settings, load_keys(settings), scenario.AS_OF)
    assert taken.extract_id
    return Sealed(settings, taken.extract_id, str(identity))


def test_the_original_comes_back_byte_for_byte_for_its_reader_alone(sealed: Sealed, tmp_path: Path) -> None:
    out = tmp_path / "original.csv"
    sealed.file(out)
    assert out.read_bytes() == scenario.SWALA.encode()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_row_is_shown_as_its_partner_wrote_it(sealed: Sealed) -> None:
    cells = dict(sealed.row().cells)
    assert (cells["Ref"], cells["Date"], cells["Name"]) == ("S5", "31/02/2025", "Zawadi Testperson")
    assert "Phone" not in cells, "an empty cell has nothing to show"
    assert ("Ref", "Ref") in sealed.row(1).cells


def test_unsealing_is_logged_and_leaves_no_content_in_the_home(sealed: Sealed, tmp_path: Path) -> None:
    sealed.row(key=f"# a comment\n{sealed.key}\n")
    sealed.file(tmp_path / "original.csv")
    lines = audit.read(sealed.settings).lines
    what = (BY[0], "unsealed", f"{PARTNER}/{sealed.extract_id}")
    assert [(line["who"], line["action"], line["what"], line["details"]) for line in lines] == [
        (*what, {"reason": BY[1], "row": S5, "sheet": None}),
        (*what, {"reason": BY[1], "whole": True}),
    ]
    for path in sealed.settings.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Zawadi" not in content and sealed.key.encode() not in content, path


def test_nothing_is_opened_unlogged(sealed: Sealed, tmp_path: Path) -> None:
    out = tmp_path / "original.csv"
    sealed.settings.audit.write_text("a file where the folder should be")
    for unseal in (lambda: sealed.file(out), sealed.row):
        with pytest.raises(NjiaError, match="audit"):
            unseal()
    sealed.settings.audit.unlink()
    with pytest.raises(UsageError, match="reason holds a phone number"):
        sealed.file(out, "call 0722 000 000")
    assert not out.exists()


def test_original_that_cannot_be_opened_is_refused_with_the_reason(sealed: Sealed) -> None:
    public = pyrage.x25519.Identity.from_str(sealed.key).to_public()
    whole = sealed.path.read_bytes()

    def cases() -> Iterator[tuple[str, dict[str, object]]]:
        yield "This key does not open", {"key": str(pyrage.x25519.Identity.generate())}
        yield "not an age private key", {"key": "AGE-SECRET-KEY-1SAMPLETON"}
        yield "not an age private key", {"key": ""}
        yield "has no row 900", {"row": 900}
        yield "no sheet 'Sampleton'", {"sheet": "Sampleton"}
        yield "no landed extract", {"of": "0" * 16}
        sealed.path.write_bytes(whole[:-20])
        yield "is damaged", {}
        sealed.path.write_bytes(pyrage.encrypt(b"another file", [public]))
        yield "another file than landed", {}
        sealed.path.unlink()
        yield "not there any more", {}

    for words, given in cases():
        with pytest.raises(UsageError, match=words):
            sealed.row(**given)  # type: ignore[arg-type]
    assert audit.read(sealed.settings).lines == []


def test_an_original_is_never_written_into_the_home_or_over_a_file(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "existing").write_text("Sampleton")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    folders = (sealed.settings.home, sealed.settings.work, tmp_path / "no folder")
    for out in (tmp_path / "existing", tmp_path / "link", *(folder / "original.csv" for folder in folders)):
        with pytest.raises(UsageError):
            sealed.file(out)
    assert (tmp_path / "existing").read_text() == "Sampleton" and not (tmp_path / "nothing").exists()
    assert audit.read(sealed.settings).lines == []


def test_unseal_command_takes_the_key_hidden_or_from_a_file(sealed: Sealed, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(sealed.key)
    asked = ["unseal", PARTNER, sealed.extract_id, "--row", str(S5), "--author", BY[0], "--reason", BY[1]]
    asked += ["--home", str(sealed.settings.home), "--partners", str(sealed.settings.partners)]
    typed = CliRunner().invoke(cli, asked, input=f"{sealed.key}\n")
    assert typed.exit_code == 0 and "Zawadi Testperson" in typed.stdout and "Row 6" in typed.stdout
    assert sealed.key not in typed.output
    filed = CliRunner().invoke(cli, [*asked, "--key", str(key)])
    assert filed.exit_code == 0 and "31/02/2025" in filed.stdout
    both = CliRunner().invoke(cli, [*asked, "--key", str(key), "--out", str(tmp_path / "out")])
    assert isinstance(both.exception, UsageError)


def test_control_characters_are_escaped_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_row(OriginalRow("", 2, [("Notes", "\x1b[2Jgone\nSampleton [bold]x")]))
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown and "\\x1b[2Jgone\\nSampleton [bold]x" in shown
