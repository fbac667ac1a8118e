"""Make the link codes of a landed extract again from its sealed original, for a new link key or new rules."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.core import Keys, Settings, UsageError, remove_summed, tombstones_of
from orchestration.intake.landing.landing import read_register
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.link_codes import codes_path
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source, suffix_of
from orchestration.intake.records.records import RecordReader


def extracts_with_codes(settings: Settings) -> list[tuple[str, str]]:
    """Return partner and id of each extract with link codes."""
    return [(path.parent.name, path.stem) for path in sorted(settings.link_codes.glob("*/[!.]*.parquet"))]


def remake_codes(
    settings: Settings, keys: Keys, partner: str, extract_id: str, private_key: str, folder: Path
) -> bool:
    """Write an extract's codes by `keys` into another folder; return whether they cover its records.

    Otherwise nothing stays there: the original is missing, sealed to another key, or no longer read by its
    contract. Destroyed codes do not return, because only extracts with codes are passed.
    """
    note = read_register(settings.landing, partner).get(extract_id)
    sealed = sealed_path(settings.sealed, partner, extract_id)
    if note is None or not sealed.is_file():
        return False
    contract = Contract.of_content(note["contract_content"])
    tombstones = tombstones_of(settings, keys, partner)
    reader = RecordReader(contract, keys, note["file"], tombstones=tombstones, period=note["period"])
    path = codes_path(folder, partner, extract_id)
    try:
        with (
            opened(sealed, private_key, suffix_of(contract)) as original,
            open_source(original, contract) as source,
            reader.link_codes.written_to(folder, partner, extract_id),
        ):
            deque(reader.landed_tables(source), maxlen=0)
        is_same = path.is_file() and _records(path) >= _records(
            codes_path(settings.link_codes, partner, extract_id)
        )
    except (UsageError, ExtractStopped):
        is_same = False
    if not is_same:
        remove_summed(path)
    return is_same


def _records(path: Path) -> set[int]:
    return set(pq.read_table(path, columns=["record_id"])["record_id"].to_pylist())
