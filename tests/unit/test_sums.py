"""JSON that Njia keeps shows when it was damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.core import Damaged, append_json, parsed, read_json, write_json

CONTENT = {"partner": "kobe_post", "rows": 3, "share": 0.25, "names": ["Sampleton", "Fixture"], "when": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_json(tmp_path / "note.json", CONTENT)
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
    append_json(path, CONTENT)
    append_json(path, {"rows": 4})
    first, second = path.read_text().splitlines()
    assert parsed(first, path) == CONTENT
    with pytest.raises(Damaged, match=r"line 2 does not match its sum"):
        parsed(second.replace("4", "5"), path, "line 2")
