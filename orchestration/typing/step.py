"""The type step: write the typed tables of every landed extract, by today's contract.

The texts of place mentions are written encrypted (`typed/mentions/*.texts`), for `places` alone.

An extract with unchanged landing, contract, corrections, seeds and code is skipped. One that fails has tables
of its landing note alone, which say what it withholds, and never stops the others.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestration.contracts import SEEDS, Contract, Contracts, contract_for, load_contracts, load_vocabulary
from orchestration.core import (
    PARTIAL,
    TEXTS_SUFFIX,
    Keys,
    Settings,
    code_of,
    encrypted,
    fingerprint_of,
    forget_artifact,
    is_of_machine,
    make_artifact,
    read_json,
    replacing,
)
from orchestration.intake import has_its_cells, row_groups, texts_of
from orchestration.typing.corrections import Correction, Corrections, holding_extract
from orchestration.typing.landed_cells import LandedCells
from orchestration.typing.table_rows import Tables, tables_of_extract, typed_tables
from orchestration.typing.tables import MENTIONS_TABLE, SCHEMAS

EMPTY = "_empty"
READ_BY = (
    *("orchestration/contracts", "orchestration/intake", "orchestration/typing"),
    "dbt_project/models/staging/sources.yml",
)
# The landing was interrupted, and the file stays in the inbox until it is complete; or the cells are damaged.
_READ_AGAIN = (
    "if the file is still in the inbox, run the refresh again; if not, its landed cells are damaged: "
    "`njia check` says what mends them"
)


@dataclass(frozen=True)
class TypingFailure:
    """An extract without typed records; `fault` is the type of the exception, without its text."""

    partner: str
    file: str
    extract_id: str
    step: str
    fault: str
    what_to_do: str = "report it with this sentence"

    @property
    def sentence(self) -> str:
        return (
            f"{self.partner}: file {self.file} (extract {self.extract_id}) could not be typed: {self.fault} "
            f"while {self.step}. Its records are missing until this is corrected; {self.what_to_do}."
        )


class OtherCells(Exception):
    """The cells beside a landing note differ from its description."""


@dataclass
class TypedSummary:
    """Result of the step: `extracts` have typed tables, `retyped` of them were written now.

    `corrections`: by id of a steward's correction, whether the newest extract with its record still has the
    value that was corrected.
    """

    extracts: int = 0
    retyped: int = 0
    removed: int = 0
    records: int = 0
    corrections: dict[str, bool] = field(default_factory=dict)
    failed: list[TypingFailure] = field(default_factory=list)


@dataclass(frozen=True)
class _Landed:
    entry: dict[str, Any]
    cells: Path
    stem: str

    @property
    def partner(self) -> str:
        return str(self.entry["partner"])


def type_extracts(
    settings: Settings,
    keys: Keys,
    contracts: Contracts | None = None,
    corrections: Sequence[Correction] = (),
) -> TypedSummary:
    """Type new and changed extracts; remove tables of extracts that are no longer landed."""
    valid = contracts if contracts is not None else load_contracts(settings.partners)
    summary = TypedSummary()
    shutil.rmtree(settings.spill, ignore_errors=True)  # leftovers of a killed process
    landed = list(_landed(settings.landing, summary))
    # Code, seeds and keys decide the typing of every extract.
    seeds = [f"seeds/reference/{name}" for name in SEEDS]
    shared = fingerprint_of(keys.ids, code_of(*READ_BY, *seeds))
    met: dict[str, tuple[int, bool]] = {}
    for table, schema in SCHEMAS.items():
        path = settings.typed / table / f"{EMPTY}.parquet"
        if table != MENTIONS_TABLE and not (path.is_file() and pq.read_schema(path).equals(schema)):
            with replacing(path) as empty:
                pq.write_table(schema.empty_table(), empty)
    for extract in landed:
        steps = ["reading its contract"]
        try:
            contract = contract_for(extract.entry, valid)
            of_partner = [one for one in corrections if one["partner"] == extract.partner]
            own = holding_extract(extract.cells, of_partner)
            state = _state_hash(extract, contract, shared, own)
            note, is_new = make_artifact(
                settings.work,
                _note(extract.stem),
                state,
                partial(_typed, settings, keys, extract, contract, own, steps),
            )
            summary.retyped += is_new
            summary.extracts += 1
            summary.records += int(note.facts["records"])
            for one, is_met in note.facts["corrections"].items():
                met[one] = max(met.get(one, (0, False)), (int(extract.entry["sequence"]), is_met))
        except Exception as fault:  # the boundary: an exception's text may quote a cell
            if is_of_machine(fault):  # no fault of the extract
                raise
            _remove(settings, extract.stem)
            summary.failed.append(_failure(extract.entry, steps[-1], fault))
            try:
                # Its rows are accounted for, and withdrawals take effect.
                of_note = tables_of_extract(extract.entry, contract_for(extract.entry, valid), keys)
                _write_tables(settings.typed, keys, extract.stem, [of_note])
            except Exception as again:  # such as without a readable contract: then it has no tables
                if is_of_machine(again):
                    raise
    summary.corrections = {one: is_met for one, (_, is_met) in met.items()}
    summary.removed = _sweep(settings, {extract.stem for extract in landed})
    return summary


def _typed(
    settings: Settings,
    keys: Keys,
    extract: _Landed,
    contract: Contract,
    own: Sequence[Correction],
    steps: list[str],
) -> tuple[list[Path], Mapping[str, Any]]:
    """Write an extract's typed tables; `steps` collects the work done, for the message on a failure."""
    steps.append("comparing its cells with its landing note")
    if not has_its_cells(extract.entry, extract.cells):
        raise OtherCells
    steps.append("reading the seeds")
    vocabulary = load_vocabulary()
    steps.append("typing its cells")
    texts = texts_of(extract.cells, keys)
    corrections = Corrections(own, contract, keys)
    cells = LandedCells(partial(row_groups, extract.cells), settings.spill, texts)
    batches = typed_tables(cells, extract.entry, contract, vocabulary, keys, corrections)
    records = _write_tables(settings.typed, keys, extract.stem, batches)
    return _files(settings.typed, extract.stem), {"records": records, "corrections": corrections.met}


def _landed(folder: Path, summary: TypedSummary) -> Iterator[_Landed]:
    """Yield every landed extract. The same bytes from two partners are two extracts with one id."""
    taken: set[str] = set()
    for path in sorted(folder.glob("*/*.json")):
        if path.name.startswith(PARTIAL):
            continue
        partner, extract_id = path.parent.name, path.stem
        stem = extract_id if extract_id not in taken else f"{extract_id}-{partner}"
        taken.add(stem)
        try:
            yield _Landed(read_json(path), path.with_suffix(".parquet"), stem)
        except ValueError as fault:
            entry = {"partner": partner, "file": path.name, "extract_id": extract_id}
            summary.failed.append(_failure(entry, "reading its landing", fault))


def _write_tables(typed: Path, keys: Keys, stem: str, batches: Iterable[Tables]) -> int:
    """Write an extract's tables, which appear when all are complete; return the number of records."""
    records = 0
    mentions: list[dict[str, Any]] = []
    with ExitStack() as finished:
        partials = {path.parent.name: finished.enter_context(replacing(path)) for path in _files(typed, stem)}
        of_mentions = partials.pop(MENTIONS_TABLE)
        writers = {
            table: finished.enter_context(
                pq.ParquetWriter(partial, SCHEMAS[table], compression="zstd", store_schema=False)
            )
            for table, partial in partials.items()
        }
        for tables in batches:
            for table, rows in tables.items():
                if table == MENTIONS_TABLE:
                    mentions += rows.to_pylist()
                elif len(rows):
                    writers[table].write_table(rows, row_group_size=len(rows))
                records += len(rows) if table == "records" else 0
        of_mentions.write_bytes(encrypted(keys, mentions))
    return records


def _files(typed: Path, stem: str) -> list[Path]:
    suffixes = dict.fromkeys(SCHEMAS, ".parquet") | {MENTIONS_TABLE: TEXTS_SUFFIX}
    return [typed / table / f"{stem}{suffix}" for table, suffix in suffixes.items()]


def _state_hash(extract: _Landed, contract: Contract, shared: str, own: Sequence[Correction]) -> str:
    names = (
        "parquet_sha256", "received_on", "sequence", "period_match", "period", "withheld_records",
        "withheld_persons", "withheld_submissions",
    )  # fmt: skip
    landing = {name: extract.entry.get(name) for name in names}
    corrected = [[one[name] for name in ("id", "record", "field", "written", "value")] for one in own]
    parts = json.dumps(
        [landing, contract.content, shared, extract.entry["partner"], corrected], sort_keys=True
    )
    return hashlib.sha256(parts.encode()).hexdigest()


def _note(stem: str) -> str:
    return f"typed/{stem}"


def _remove(settings: Settings, stem: str) -> None:
    forget_artifact(settings.work, _note(stem))
    for path in _files(settings.typed, stem):
        path.unlink(missing_ok=True)


def _sweep(settings: Settings, landed: set[str]) -> int:
    """Remove tables of extracts that are no longer landed; return the number of such extracts."""
    paths = [path for table in SCHEMAS for path in (settings.typed / table).glob("*")]
    for path in paths:
        if path.name.startswith(PARTIAL):
            path.unlink()
    gone = {path.stem for path in paths if path.exists()} - landed - {EMPTY}
    for stem in gone:
        _remove(settings, stem)
    return len(gone)


def _failure(entry: dict[str, Any], step: str, fault: Exception) -> TypingFailure:
    partner, file, extract_id = (str(entry.get(name)) for name in ("partner", "file", "extract_id"))
    failure = TypingFailure(partner, file, extract_id, step, type(fault).__name__)
    return replace(failure, what_to_do=_READ_AGAIN) if isinstance(fault, OtherCells) else failure
