"""Artifacts: reused while fingerprint and files stand, rebuilt otherwise."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from orchestration.core import fingerprint_of, is_whole, make_artifact, read_artifact, work
from orchestration.refresh.run import Made, Step


class Maker:
    """Writes one file and counts how often it was asked to."""

    def __init__(self, work: Path, text: str = "sampleton") -> None:
        self.work, self.text, self.times = work, text, 0

    def __call__(self) -> tuple[Iterable[Path], Mapping[str, Any]]:
        self.times += 1
        path = self.work / "places" / "matches.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text)
        return [path], {"mentions": 3}


def test_an_artifact_is_made_again_for_a_new_fingerprint_alone(tmp_path: Path) -> None:
    make = Maker(tmp_path)
    first, made = make_artifact(tmp_path, "places", "f1", make)
    again, made_again = make_artifact(tmp_path, "places", "f1", make)
    assert (made, made_again, make.times) == (True, False, 1)
    assert again == first and again.facts == {"mentions": 3}
    assert make_artifact(tmp_path, "places", "f2", make)[1] and make.times == 2


@pytest.mark.parametrize("damage", ["samp", "Sampleton", None])
def test_a_damaged_file_is_rebuilt_with_a_message(
    tmp_path: Path, damage: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker(tmp_path)
    artifact, _ = make_artifact(tmp_path, "places", "f1", make)
    path = tmp_path / "places" / "matches.txt"
    path.write_text(damage) if damage else path.unlink()
    assert not is_whole(tmp_path, artifact)
    assert make_artifact(tmp_path, "places", "f1", make)[1]
    assert path.read_text() == "sampleton"
    (said,) = caplog.messages
    assert "places" in said


@pytest.mark.parametrize("note", ["", "{", "[]", '{"layout": 0}', '{"layout": 1, "unknown": 2}'])
def test_an_unreadable_note_rebuilds_the_artifact(tmp_path: Path, note: str) -> None:
    make = Maker(tmp_path)
    make_artifact(tmp_path, "places", "f1", make)
    (tmp_path / "artifacts" / "places.json").write_text(note)
    assert read_artifact(tmp_path, "places") is None
    assert make_artifact(tmp_path, "places", "f1", make)[1]


def test_an_unfinished_artifact_leaves_no_note(tmp_path: Path) -> None:
    make_artifact(tmp_path, "places", "f1", Maker(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        make_artifact(tmp_path, "places", "f2", Mock(side_effect=KeyboardInterrupt))
    assert read_artifact(tmp_path, "places") is None


def test_a_fingerprint_does_not_depend_on_order() -> None:
    assert fingerprint_of({"a": 1, "b": {"x", "y"}}) == fingerprint_of({"b": {"y", "x"}, "a": 1})
    assert fingerprint_of("a", "b") != fingerprint_of("b", "a")


def test_code_is_hashed_by_content_and_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "target" / "project" / "models"  # dbt's own `target` is no code; this one is
    (models / "target").mkdir(parents=True)
    monkeypatch.setattr(work, "PROJECT_ROOT", models.parent)

    def code() -> str:
        work.code_of.cache_clear()
        return work.code_of("models")

    (models / "a.sql").write_text("select 1")
    found = [code()]
    (models / "target" / "run.sql").write_text("select 2")
    assert code() == found[0]
    (models / "a.sql").write_text("select 2")
    found.append(code())
    (models / "a.sql").rename(models / "b.sql")
    found.append(code())
    assert len(set(found)) == 3
    work.code_of.cache_clear()


def test_a_step_is_outdated_once_its_code_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"orchestration/linkage": "before", "seeds/reference/codes.csv": "before"}
    monkeypatch.setattr(
        "orchestration.refresh.run.code_of", lambda *sources: [content.get(source) for source in sources]
    )
    run: Any = SimpleNamespace(settings=SimpleNamespace(work=tmp_path), say=print)

    def make(_: Any) -> Made:
        (tmp_path / "made.txt").write_text("made")
        return [tmp_path / "made.txt"], {}

    made = Step("made", (), tuple(content), lambda _: None, make)
    made(run)
    for source in content:
        assert made.is_done(run)
        content[source] = "after"
        assert not made.is_done(run), source
        made(run)
