"""An edition publishes the tables of its own files."""

from pathlib import Path

from orchestration.outputs.published import editions_of
from tests.fixtures.published_world import KEYS, MANIFEST, write_release


def test_an_edition_holds_its_published_tables_and_nothing_beside_them(tmp_path: Path) -> None:
    write_release(tmp_path)
    (tmp_path / "members/parquet/marts.fct_movements.parquet").write_bytes(b"microdata")
    public, members = editions_of(tmp_path, MANIFEST)
    assert (public.name, members.name) == ("public", "members")
    assert {*public.tables} == {*members.tables} == {*KEYS}
    assert {*public.table("corridors")["edition"]} == {"public"}
    assert public.table("alerts").empty


def test_an_edition_without_tables_is_left_out(tmp_path: Path) -> None:
    write_release(tmp_path, ["public"])
    assert [edition.name for edition in editions_of(tmp_path, MANIFEST)] == ["public"]
