"""What an edition prints is read from its own files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.outputs.edition import editions_of


def write(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"place_id": ["KEN-047"]}), folder / f"{name}.parquet")


def test_an_edition_holds_its_printed_tables_and_nothing_beside_them(tmp_path: Path) -> None:
    write(tmp_path / "public" / "parquet", "public.public_ends")
    write(tmp_path / "public" / "parquet", "meta.release")
    write(tmp_path / "partner" / "parquet", "report.report_ends")
    write(tmp_path / "partner" / "parquet", "marts.fct_movements")
    public, partner = editions_of(tmp_path, {})
    assert (public.name, list(public.tables)) == ("public", ["ends"])
    assert (partner.name, list(partner.tables)) == ("partner", ["ends"])
    assert public.table("ends")["place_id"].tolist() == ["KEN-047"]
    assert public.table("hotspots").empty


def test_an_edition_that_prints_nothing_is_not_there(tmp_path: Path) -> None:
    write(tmp_path / "public" / "parquet", "public.public_ends")
    assert [edition.name for edition in editions_of(tmp_path, {})] == ["public"]
