"""R and a release: base R reads the CSV, and every Parquet file stays within what R packages read.

Debian has no R package that reads Parquet (no arrow, duckdb or nanoparquet), and CRAN is not everywhere: the
Parquet is held to what those packages say they read, it is not read by them here.
"""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tests.evidence_base import EvidenceBase
from tests.needs import program

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOW = "apt-get install --no-install-recommends r-base-core"
# nanoparquet, the narrowest of them, reads these as character, Date, integer, numeric, POSIXct, logical; it reads no
# nested or encrypted file and three compressions (https://nanoparquet.r-lib.org/reference/nanoparquet-types.html,
# https://nanoparquet.r-lib.org, read in November 2026). arrow and duckdb read more.
READ_BY_R = {
    ("BOOLEAN", "None"),
    ("BYTE_ARRAY", "String"),
    ("DOUBLE", "None"),
    ("INT32", "Date"),
    ("INT32", "Int(bitWidth=32, isSigned=true)"),
    ("INT64", "Int(bitWidth=64, isSigned=true)"),
    ("INT64", "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds)"),
}
COMPRESSIONS = {"SNAPPY", "GZIP", "ZSTD", "UNCOMPRESSED"}
ENCODINGS = {"PLAIN", "PLAIN_DICTIONARY", "RLE", "RLE_DICTIONARY", "DELTA_BINARY_PACKED"}
# R has no integer of 64 bits: nanoparquet, and duckdb unless told otherwise, make a number of 53 bits of one.
LARGEST_EXACT = 2**53
WIDE_IDS = {"movement_id", "route_group_id"}


def parquet_files(base: EvidenceBase) -> list[Path]:
    found = sorted(base.settings.current.resolve().glob("*/parquet/*.parquet"))
    assert {path.parent.parent.name for path in found} == {"members", "public"}
    return found


def csv_files(base: EvidenceBase) -> Iterator[Path]:
    for edition in ("public", "members"):
        found = sorted((base.settings.current.resolve() / edition / "exports").glob("*.csv"))
        assert found
        yield from found


def test_parquet_holds_to_what_r_packages_read(samples: EvidenceBase) -> None:
    for path in parquet_files(samples):
        file = pq.ParquetFile(path)
        assert file.metadata.format_version == "1.0", path
        for number in range(file.metadata.num_columns):
            column = file.schema.column(number)
            logical = re.sub(r", is_from_converted_type.*\)", ")", str(column.logical_type))
            assert (column.physical_type, logical) in READ_BY_R, (path.name, column.name)
            assert (column.max_repetition_level, column.max_definition_level) in {(0, 0), (0, 1)}, "flat"
            for group in range(file.metadata.num_row_groups):
                chunk = file.metadata.row_group(group).column(number)
                assert chunk.compression in COMPRESSIONS, (path.name, column.name)
                assert set(chunk.encodings) <= ENCODINGS, (path.name, column.name)


def test_whole_numbers_that_r_would_round_are_ids_alone_and_the_guide_names_them(
    samples: EvidenceBase,
) -> None:
    wide = set()
    for path in parquet_files(samples):
        file = pq.ParquetFile(path)
        for number in range(file.metadata.num_columns):
            column = file.schema.column(number)
            if column.physical_type == "INT64" and "Int" in str(column.logical_type):
                asked = f"select max(abs(\"{column.name}\"::hugeint)) from '{path}'"
                (largest,) = duckdb.sql(asked).fetchone() or (0,)
                wide |= {column.name} if (largest or 0) > LARGEST_EXACT else set()
    assert wide == WIDE_IDS
    guide = (DOCS / "analyst.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide.partition("### R")[2].partition("\n## ")[0] for name in WIDE_IDS)


READ_AS_TEXT = """
files <- commandArgs(trailingOnly = TRUE)
for (file in files) {
  lines <- READ
  write.table(lines, paste0(file.path(out, basename(dirname(dirname(file)))), "-", basename(file)), sep = ",",
              row.names = FALSE, na = "", qmethod = "double", fileEncoding = "UTF-8")
}
"""


def as_the_guide_reads() -> str:
    """The call by which docs/analyst.md reads a CSV in base R, of `file` instead."""
    guide = (DOCS / "analyst.md").read_text(encoding="utf-8")
    (call,) = re.findall(r"^starts <- (read\.csv\(.+\))$", guide, flags=re.MULTILINE)
    return re.sub(r'file\.path\(release, "[^"]+\.csv"\)', "file", call, count=1)


def run_r(rscript: str, script: Path, text: str, *arguments: Path) -> str:
    script.write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [rscript, "--vanilla", script, *arguments], capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_base_r_reads_every_csv_as_it_was_written(samples: EvidenceBase, tmp_path: Path) -> None:
    """As the guide reads one, all columns as text: without the HXL row, an empty cell as NA."""
    call = as_the_guide_reads().replace('c(period_id = "character")', '"character"')
    files = list(csv_files(samples))
    text = f"out <- {str(tmp_path)!r}\n" + READ_AS_TEXT.replace("READ", call)
    run_r(program("Rscript", HOW), tmp_path / "read.R", text, *files)
    for file in files:
        header, tags, *rows = list(csv.reader(file.open(encoding="utf-8", newline="")))
        assert all(tag.startswith("#") for tag in tags if tag)
        written = tmp_path / f"{file.parent.parent.name}-{file.name}"
        assert list(csv.reader(written.open(encoding="utf-8", newline=""))) == [header, *rows], file


def test_base_r_knows_numbers_truths_and_text_apart(samples: EvidenceBase, tmp_path: Path) -> None:
    members = samples.settings.current.resolve() / "members"
    text = """
        given <- commandArgs(trailingOnly = TRUE)
        file <- given[1]
        x <- READ
        cat(class(x$period_id), class(x$movement_count), class(x$per_100000), class(x$place_id), "\\n")
        cat(sum(x$movement_count, na.rm = TRUE), sum(is.na(x$movement_count)), nrow(x), "\\n")
        file <- given[2]
        y <- READ
        cat(class(y$is_complete), any(is.na(as.logical(y$is_complete))), "\\n")
    """.replace("READ", as_the_guide_reads())
    files = [members / f"exports/{table}-made-up.csv" for table in ("starts", "periods")]
    said = run_r(program("Rscript", HOW), tmp_path / "read.R", text, *files).splitlines()
    table = members / "parquet/published.starts.parquet"
    (counts,) = duckdb.sql(
        f"select sum(movement_count), count(*) filter (movement_count is null), count(*) from '{table}'"
    ).fetchall()
    assert said[0].split() == ["character", "integer", "numeric", "character"]
    assert said[1].split() == [str(count) for count in counts]
    assert said[2].split() == ["character", "FALSE"]
