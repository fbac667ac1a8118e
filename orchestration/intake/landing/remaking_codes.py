"""Link codes of a landed extract made anew from its sealed original: for another link key."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.core import Keys, Settings, UsageError, tombstones_of
from orchestration.intake.landing.landing import read_register
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.link_codes import codes_path
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source
from orchestration.intake.reading.original_rows import suffix_of
from orchestration.intake.records.records import RecordReader


def extracts_with_codes(settings: Settings) -> list[tuple[str, str]]:
    """Partner and id of each extract that has link codes."""
    return [(path.parent.name, path.stem) for path in sorted(settings.link_codes.glob("*/[!.]*.parquet"))]


def remake_codes(
    settings: Settings, keys: Keys, partner: str, extract_id: str, private_key: str, folder: Path
) -> bool:
    """Write an extract's codes by `keys` into another folder; True if they are of exactly the same records.

    Nothing is left there otherwise: where the original is gone, another key opens it, or its contract reads
    it no more. Codes that were destroyed do not come back, since only extracts that have some are asked for.
    """
    note = read_register(settings.landing, partner).get(extract_id)
    sealed = sealed_path(settings.sealed, partner, extract_id)
    if note is None or not sealed.is_file():
        return False
    contract = Contract.of_content(note["contract_content"])
    tombstones = tombstones_of(settings, keys, partner)
    reader = RecordReader(contract, keys, note["file"], tombstones=tombstones)
    made = codes_path(folder, partner, extract_id)
    try:
        with (
            opened(sealed, private_key, suffix_of(contract)) as original,
            open_source(original, contract) as source,
            reader.link_codes.written_to(folder, partner, extract_id),
        ):
            deque(reader.landed_cells(source), maxlen=0)
        is_same = made.is_file() and _records(made) == _records(
            codes_path(settings.link_codes, partner, extract_id)
        )
    except (UsageError, ExtractStopped):
        is_same = False
    if not is_same:
        made.unlink(missing_ok=True)
    return is_same


def _records(path: Path) -> list[int]:
    return sorted(pq.read_table(path, columns=["record_id"])["record_id"].to_pylist())
