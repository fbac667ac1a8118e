"""JSON that Njia keeps shows when it was damaged."""

import json
import os
from pathlib import Path

import pytest

from orchestration import core
from orchestration.core import Damaged, note_sums, read_json, sha256_of, summed_files, write_summed

CONTENT = {"partner": "kobe_post", "rows": 3, "share": 0.25, "names": ["Sampleton", "Fixture"], "when": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    core.write_json(tmp_path / "note.json", CONTENT)
    return tmp_path / "note.json"


def test_what_is_written_is_read_without_its_sum(file: Path) -> None:
    assert len(json.loads(file.read_text())["sum"]) == 64
    assert read_json(file) == CONTENT


def test_every_changed_byte_is_noticed_or_changes_no_content(file: Path) -> None:
    whole = file.read_bytes()
    noticed = 0
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            content = read_json(file)
        except Damaged:
            noticed += 1
        else:  # white space, or the name of the sum itself
            assert {name: content[name] for name in CONTENT} == CONTENT
    assert noticed > 0.7 * len(whole)


@pytest.mark.parametrize("kept", [0, 1, 40, -2])
def test_a_cut_file_is_damaged_and_the_error_names_it(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(Damaged, match=r"note\.json is damaged: it is not JSON") as found:
        read_json(file)
    assert found.value.exit_code == 6


def test_an_object_without_a_sum_is_taken_as_it_is(file: Path) -> None:
    file.write_text('{"layout_version": 1}')
    assert read_json(file) == {"layout_version": 1}


def test_lines_have_a_sum_each(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    core.durable.append_line(path, core.line_of(CONTENT))
    core.durable.append_line(path, core.line_of({"rows": 4}))
    first, second = path.read_text().splitlines()
    assert core.parsed(first, path) == CONTENT
    assert "4" in second
    with pytest.raises(Damaged, match=r"line 2 does not match its sum"):
        core.parsed(second.replace("4", "5"), path, "line 2")


def test_a_file_that_is_no_json_has_its_sum_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "original.age"
    for text in ("first", "second"):
        write_summed(path, text)
        assert summed_files(tmp_path) == {path.name: [sha256_of(path)]}
    core.remove_summed(path)
    assert summed_files(tmp_path) == {} and not path.exists()


def killed_before_the_rename(path: Path, content: str) -> None:
    """Write a file until just before it gets its name."""
    rename = os.replace

    def killed(source: Path, target: Path) -> None:
        if target == path:
            raise KeyboardInterrupt
        rename(source, target)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", killed)
        write_summed(path, content)


def test_a_kill_before_the_rename_leaves_the_sums_of_both_contents(tmp_path: Path) -> None:
    path = tmp_path / "original.age"
    write_summed(path, "first")
    killed_before_the_rename(path, "second")
    assert path.read_text() == "first"
    sums = summed_files(tmp_path)[path.name]
    assert sha256_of(path) == sums[0] and len(sums) == 2


def test_a_kill_before_a_file_exists_leaves_no_file_that_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "partner.json"
    killed_before_the_rename(path, "{}")
    assert summed_files(tmp_path) == {}
    write_summed(path, "{}")
    assert list(summed_files(tmp_path)) == [path.name]
    path.unlink()
    assert list(summed_files(tmp_path)) == [path.name], "it is missed"


def test_files_without_a_sum_get_one_and_others_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("1")
    note_sums(tmp_path)
    before = summed_files(tmp_path)
    (tmp_path / "one.csv").write_text("changed")
    (tmp_path / "two.csv").write_text("2")
    note_sums(tmp_path)
    assert summed_files(tmp_path) == {**before, "two.csv": [sha256_of(tmp_path / "two.csv")]}


def test_drafts_bring_their_sums_along(tmp_path: Path) -> None:
    for folder, names in (("lists", ("one.csv", "two.csv")), ("drafts", ("two.csv",))):
        for name in names:
            write_summed(tmp_path / folder / name, f"{name} of {folder}")
    core.add_sums_of(tmp_path / "drafts", tmp_path / "lists")
    assert summed_files(tmp_path / "drafts") == {
        "one.csv": [sha256_of(tmp_path / "lists" / "one.csv")],
        "two.csv": [sha256_of(tmp_path / "drafts" / "two.csv")],
    }
