"""Unsealing an original: with the private key alone, by row or whole, and always logged."""

from __future__ import annotations

import stat
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings, UsageError, load_keys
from orchestration.intake.taking_in import take_in
from orchestration.operations.rotation_stewards import rotate_stewards
from orchestration.stewardship import audit
from orchestration.stewardship.unsealing import unseal_file, unseal_row
from tests import scenario
from tests.evidence_base import EvidenceBase

BY = ("A. Fixture", "the partner asks which row it is")
S5 = 6  # its row in the file: the header is row 1


@pytest.fixture
def private_key() -> str:
    return str(pyrage.x25519.Identity.generate())


@pytest.fixture
def sealed(empty_base: EvidenceBase, private_key: str) -> tuple[Settings, str]:
    """The scenario's first file, landed and sealed; and its extract id."""
    settings = empty_base.settings
    public = pyrage.x25519.Identity.from_str(private_key).to_public()
    rotate_stewards(settings, str(public), None)
    empty_base.deliver("swala_post", "swala_2026-02.csv", scenario.SWALA)
    (taken,) = take_in(settings, load_keys(settings), scenario.AS_OF)
    assert taken.extract_id
    return settings, taken.extract_id


def test_the_whole_original_comes_back_byte_for_byte_for_its_reader_alone(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path
) -> None:
    settings, extract_id = sealed
    out = tmp_path / "original.csv"
    unseal_file(settings, "swala_post", extract_id, private_key, out, *BY)
    assert out.read_bytes() == scenario.SWALA.encode()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_row_is_shown_as_its_partner_wrote_it(sealed: tuple[Settings, str], private_key: str) -> None:
    settings, extract_id = sealed
    found = unseal_row(settings, "swala_post", extract_id, private_key, S5, None, *BY)
    cells = dict(found.cells)
    assert (cells["Ref"], cells["Date"], cells["Name"]) == ("S5", "31/02/2025", "Zawadi Testperson")
    assert "Phone" not in cells, "an empty cell has nothing to show"
    heading = unseal_row(settings, "swala_post", extract_id, private_key, 1, None, *BY)
    assert ("Ref", "Ref") in heading.cells


def test_unsealing_is_logged_and_leaves_no_content_in_the_home(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path
) -> None:
    settings, extract_id = sealed
    unseal_row(settings, "swala_post", extract_id, f"# a comment\n{private_key}\n", S5, None, *BY)
    unseal_file(settings, "swala_post", extract_id, private_key, tmp_path / "original.csv", *BY)
    lines = audit.read(settings).lines
    assert [(line["who"], line["action"], line["what"], line["details"]) for line in lines] == [
        ("A. Fixture", "unsealed", f"swala_post/{extract_id}", {"reason": BY[1], "row": S5, "sheet": None}),
        ("A. Fixture", "unsealed", f"swala_post/{extract_id}", {"reason": BY[1], "whole": True}),
    ]
    for path in settings.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Zawadi" not in content and private_key.encode() not in content, path


def test_nothing_is_opened_unless_it_is_logged(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path
) -> None:
    settings, extract_id = sealed
    out = tmp_path / "original.csv"
    settings.audit.write_text("a file where the folder should be")
    with pytest.raises(NjiaError, match="audit"):
        unseal_file(settings, "swala_post", extract_id, private_key, out, *BY)
    with pytest.raises(NjiaError, match="audit"):
        unseal_row(settings, "swala_post", extract_id, private_key, S5, None, *BY)
    settings.audit.unlink()
    with pytest.raises(UsageError, match="reason holds a phone number"):
        unseal_file(settings, "swala_post", extract_id, private_key, out, "A. Fixture", "call 0722 000 000")
    assert not out.exists()


def test_original_that_cannot_be_opened_is_refused_with_the_reason(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path
) -> None:
    settings, extract_id = sealed
    other = str(pyrage.x25519.Identity.generate())
    path = settings.sealed / "swala_post" / f"{extract_id}.age"
    whole = path.read_bytes()

    def refused(key: str = private_key, row: int = S5, sheet: str | None = None, of: str = extract_id) -> str:
        with pytest.raises(UsageError) as error:
            unseal_row(settings, "swala_post", of, key, row, sheet, *BY)
        return str(error.value)

    assert "This key does not open" in refused(key=other)
    assert "not an age private key" in refused(key="AGE-SECRET-KEY-1SAMPLETON")
    assert "not an age private key" in refused(key="")
    assert "has no row 900" in refused(row=900)
    assert "no sheet 'Sampleton'" in refused(sheet="Sampleton")
    assert "no landed extract" in refused(of="0" * 16)
    path.write_bytes(whole[:-20])
    assert "is damaged" in refused()
    public = pyrage.x25519.Identity.from_str(private_key).to_public()
    path.write_bytes(pyrage.encrypt(b"another file", [public]))
    assert "another file than landed" in refused()
    path.unlink()
    assert "not there any more" in refused()
    assert audit.read(settings).lines == []


@pytest.mark.parametrize("where", ["home", "work", "existing", "link", "no folder"])
def test_an_original_is_never_written_into_the_home_or_over_a_file(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path, where: str
) -> None:
    settings, extract_id = sealed
    (tmp_path / "existing").write_text("Sampleton")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    out = {
        "home": settings.home / "original.csv",
        "work": settings.work / "original.csv",
        "no folder": tmp_path / "none" / "original.csv",
    }.get(where, tmp_path / where)
    with pytest.raises(UsageError):
        unseal_file(settings, "swala_post", extract_id, private_key, out, *BY)
    assert (tmp_path / "existing").read_text() == "Sampleton" and not (tmp_path / "nothing").exists()
    assert audit.read(settings).lines == []


def test_unseal_command_takes_the_key_hidden_or_from_a_file(
    sealed: tuple[Settings, str], private_key: str, tmp_path: Path
) -> None:
    settings, extract_id = sealed
    key = tmp_path / "key"
    key.write_text(private_key)
    asked = ["unseal", "swala_post", extract_id, "--row", str(S5), "--author", BY[0], "--reason", BY[1]]
    asked += ["--home", str(settings.home), "--partners", str(settings.partners)]
    typed = CliRunner().invoke(cli, asked, input=f"{private_key}\n")
    assert typed.exit_code == 0 and "Zawadi Testperson" in typed.stdout and "Row 6" in typed.stdout
    assert private_key not in typed.output
    filed = CliRunner().invoke(cli, [*asked, "--key", str(key)])
    assert filed.exit_code == 0 and "31/02/2025" in filed.stdout
    both = CliRunner().invoke(cli, [*asked, "--key", str(key), "--out", str(tmp_path / "out")])
    assert isinstance(both.exception, UsageError)


def test_control_characters_are_escaped_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from orchestration.cli.unseal import show_row
    from orchestration.intake.reading.original_rows import OriginalRow

    show_row(OriginalRow("", 2, [("Notes", "\x1b[2Jgone\nSampleton [bold]x")]))
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown and "\\x1b[2Jgone\\nSampleton [bold]x" in shown
