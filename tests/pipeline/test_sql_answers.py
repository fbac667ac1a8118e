"""docs/sql.md: each question gives the answer that stands below it, whatever analysts ask it with."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from orchestration import open_release
from orchestration.core import PROJECT_ROOT, load_publication_policy
from tests.command import njia
from tests.evidence_base import EvidenceBase
from tests.needs import absent

PAGE = PROJECT_ROOT / "docs" / "sql.md"
SHELL = Path(sys.executable).with_name("duckdb")
OLDEST_CLIENT = "1.2.2"
MOST_NOISE = load_publication_policy()["noise_row_3_largest"]
# Read by R's arrow and nanoparquet alike, and by whatever else reads Parquet of format version 1.
READ_BY_R = {
    "compression": {"ZSTD", "SNAPPY"},
    "encodings": {"PLAIN", "RLE", "RLE_DICTIONARY", "PLAIN_DICTIONARY", "BIT_PACKED"},
    "types": {"BOOLEAN", "INT32", "INT64", "DOUBLE", "BYTE_ARRAY"},
}
_ASK = """
import json, sys, duckdb
asked, answers = json.load(sys.stdin), []
for path, sql in asked:
    with duckdb.connect(path, read_only=True) as con:
        answers.append([list(map(lambda cell: None if cell is None else str(cell), row)) for row in con.execute(sql).fetchall()])
print(json.dumps([duckdb.__version__, answers]))
"""


class Question(NamedTuple):
    """A section of the page: its SQL, and the table below it as text."""

    title: str
    sql: str
    answer: list[list[str]]
    is_public: bool

    @property
    def edition(self) -> str:
        return "public" if self.is_public else "members"


def questions() -> list[Question]:
    found = []
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        (sql,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
        lines = [line for line in section.splitlines() if line.startswith("| ")]
        table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        found.append(Question(section.splitlines()[0], sql, table, "`--edition public`" in section))
    return found


QUESTIONS = questions()
question = pytest.mark.parametrize("question", QUESTIONS, ids=[one.title.split(".")[0] for one in QUESTIONS])


def as_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[list[str]]:
    return [
        list(columns),
        *(["" if cell is None or cell is pd.NA else str(cell) for cell in row] for row in rows),
    ]


def file_of(samples: EvidenceBase, edition: str) -> Path:
    return (samples.settings.current / edition / "evidence_base.duckdb").resolve()


def agrees(question: Question, found: list[list[str]]) -> bool:
    """Word for word. Counts of the public edition differ by installation, and so may the order they give."""
    if not question.is_public:
        return found == question.answer
    names, *rows = found
    expected, *answers = question.answer
    return (
        names == expected
        and len(rows) == len(answers)
        and all(map(_is_within_noise, sorted(rows), sorted(answers)))
    )


def _is_within_noise(found: list[str], answer: list[str]) -> bool:
    return all(
        one == other or (one.isdigit() and other.isdigit() and abs(int(one) - int(other)) <= MOST_NOISE)
        for one, other in zip(found, answer, strict=True)
    )


def test_there_are_ten_questions_and_each_has_an_answer() -> None:
    assert len(QUESTIONS) == 10
    assert [one.title for one in QUESTIONS if len(one.answer) < 2] == []


@question
def test_a_question_needs_at_most_three_joins(question: Question) -> None:
    assert len(re.findall(r"\bjoin\b", question.sql)) <= 3
    assert "coalesce" not in question.sql


@question
def test_python_gives_the_answer_of_the_page(samples: EvidenceBase, question: Question) -> None:
    with open_release(samples.settings.home, question.edition) as con:
        asked = con.execute(question.sql)
        assert agrees(question, as_text([one[0] for one in asked.description or []], asked.fetchall()))


@question
def test_pandas_gives_it(samples: EvidenceBase, question: Question) -> None:
    with open_release(samples.settings.home, question.edition) as con:
        frame = con.sql(question.sql).df().convert_dtypes()
    # A column of floats that are all whole becomes one of whole numbers: its values are the same.
    found = [[_number(cell) for cell in row] for row in as_text(frame.columns, frame.itertuples(index=False))]
    expected = [[_number(cell) for cell in row] for row in question.answer]
    assert agrees(question._replace(answer=expected), found)


@question
def test_the_duckdb_shell_gives_it(samples: EvidenceBase, question: Question) -> None:
    file = file_of(samples, question.edition)
    ran = subprocess.run(
        [SHELL, "-readonly", "-csv", "-nullvalue", "", file, "-c", question.sql],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert agrees(question, list(csv.reader(io.StringIO(ran.stdout))))


@question
def test_parquet_alone_gives_it(samples: EvidenceBase, question: Question) -> None:
    """Without the evidence base: each table is a file of the same name."""
    folder = file_of(samples, question.edition).parent / "parquet"
    with duckdb.connect() as con:
        for path in folder.glob("*.parquet"):
            schema, _, table = path.stem.partition(".")
            con.execute(f"create schema if not exists {schema}")
            con.execute(f"create view {schema}.{table} as select * from read_parquet('{path}')")
        asked = con.execute(question.sql)
        assert agrees(question, as_text([one[0] for one in asked.description or []], asked.fetchall()))


def test_njia_query_gives_it(samples: EvidenceBase) -> None:
    for question in (QUESTIONS[0], QUESTIONS[-1]):
        ran = njia(
            "query", question.sql, "--edition", question.edition, "--format", "csv", settings=samples.settings
        )
        assert agrees(question, list(csv.reader(io.StringIO(ran.stdout))))


@pytest.mark.parametrize("edition", ["members", "public"])
def test_parquet_is_written_as_r_reads_it(samples: EvidenceBase, edition: str) -> None:
    for path in (file_of(samples, edition).parent / "parquet").glob("*.parquet"):
        file = pq.ParquetFile(path)
        assert file.metadata.format_version == "1.0", path.name
        assert (
            not file.schema_arrow.names
            or max(file.schema.column(n).max_repetition_level for n in range(len(file.schema))) == 0
        )
        for group in range(file.metadata.num_row_groups):
            for number in range(file.metadata.num_columns):
                column = file.metadata.row_group(group).column(number)
                assert column.compression in READ_BY_R["compression"], (path.name, column.path_in_schema)
                assert set(column.encodings) <= READ_BY_R["encodings"], (path.name, column.encodings)
                assert column.physical_type in READ_BY_R["types"], (path.name, column.path_in_schema)


def test_the_oldest_client_promised_gives_all_answers(samples: EvidenceBase, tmp_path: Path) -> None:
    asked = [(str(file_of(samples, one.edition)), one.sql) for one in QUESTIONS]
    ran = subprocess.run(
        [_uv(), "run", "--isolated", "--no-project", "--quiet", "--python", sys.executable,
         "--with", f"duckdb=={OLDEST_CLIENT}", "python", "-c", _ASK],
        input=json.dumps(asked), capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    if ran.returncode and re.search(
        r"Failed to fetch|error sending request|No solution found|dns error", ran.stderr
    ):
        absent(f"No package index gives duckdb {OLDEST_CLIENT}, so the oldest client was not tried.")
    assert ran.returncode == 0, ran.stderr
    version, answers = json.loads(ran.stdout.splitlines()[-1])
    assert version == OLDEST_CLIENT
    for question, rows in zip(QUESTIONS, answers, strict=True):
        assert agrees(question, as_text(question.answer[0], rows)), question.title


def _uv() -> str:
    found = shutil.which("uv") or PROJECT_ROOT / ".uv" / "bin" / "uv"
    if not Path(found).is_file():
        absent("uv is not installed: it is what gets the oldest client.")
    return str(found)


def _number(cell: str) -> str:
    return cell.removesuffix(".0")
