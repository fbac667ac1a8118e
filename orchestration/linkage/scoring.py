"""How much more alike two records are than two strangers' would be: Splink on its own DuckDB in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.linkage import policy
from orchestration.linkage.model import Block, Model

SCORES = pa.schema([("record_a", pa.int64()), ("record_b", pa.int64()), ("weight", pa.float64())])


@dataclass(frozen=True)
class Scored:
    """`pairs` as SCORES; `left_out`: a row a block whose records are too many to be compared by it."""

    pairs: pa.Table
    left_out: list[dict[str, Any]]


def score(records: pa.Table, model: Model, prior: float, spill: Path | None = None) -> Scored:
    """The pairs of a table with `record_id`; `weight` is log2 of the Bayes factor, without prior.

    Pairs less likely than `policy.COUNTED_FROM` under three times the `prior` are left out. Same rows, same
    weights, in whatever order they come and whatever their ids and codes are.
    """
    if records.num_rows < 2 or not (model.comparisons and model.blocks):
        return Scored(SCORES.empty_table(), [])
    records = _with_numbers(records)
    from splink import DuckDBAPI, Linker, SettingsCreator
    from splink.blocking_rule_library import CustomRule

    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        if spill is not None:
            connection.execute("set temp_directory = ?", [str(spill)])
        bounded, blocks, left_out = _bounded(connection, records, model.blocks)
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record_id",
            probability_two_random_records_match=prior,
            comparisons=[comparison.for_splink(records) for comparison in model.comparisons],
            blocking_rules_to_generate_predictions=[CustomRule(block.sql) for block in blocks],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=False,
        )
        interface = DuckDBAPI(connection)
        linker = Linker(interface.register(bounded), settings, log_level=None, validate_settings=False)
        lowest = policy.COUNTED_FROM / max(policy.PRIOR_FACTORS)
        found = linker.inference.predict(threshold_match_probability=lowest).as_duckdbpyrelation()
        shift = log2(prior / (1 - prior))
        pairs = found.project(
            "least(record_id_l, record_id_r) as record_a, greatest(record_id_l, record_id_r) as record_b, "
            f"round(match_weight - ({shift!r}), 6)::double as weight"
        )
        return Scored(pairs.order("record_a, record_b").to_arrow_table().cast(SCORES), left_out)


def _with_numbers(records: pa.Table) -> pa.Table:
    """A number a text: pairs are compared by what is equal, and numbers are compared sooner."""
    for at, field in enumerate(records.schema):
        if pa.types.is_string(field.type):
            numbers = pc.dictionary_encode(records[at]).combine_chunks().indices
            records = records.set_column(at, field.name, numbers)
    return records


def _bounded(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, blocks: Sequence[Block]
) -> tuple[pa.Table, list[Block], list[dict[str, Any]]]:
    """Records and blocks such that none holds more than `policy.LARGEST_BLOCK`, and what that leaves out."""
    connection.register("records", records)
    kept: list[Block] = []
    left_out: list[dict[str, Any]] = []
    sizes: list[str] = []
    for number, block in enumerate(blocks):
        equal = ", ".join(block.equal)
        told = " and ".join(f"{column} is not null" for column in block.equal)
        counts = connection.execute(
            "select count(*), sum(size)::bigint, max(size), sum(size * (size - 1) // 2)::bigint from ("
            f"select count(*) as size from records where {told} group by {equal}) where size > ?",
            [policy.LARGEST_BLOCK],
        ).fetchone()
        if counts is None or not counts[0]:
            kept.append(block)
            continue
        names = ("block_count", "record_count", "largest_count", "pair_count")
        left_out.append({"compared": equal, **dict(zip(names, counts, strict=True))})
        sizes.append(
            f"count(*) over (partition by {equal}) <= {policy.LARGEST_BLOCK} as is_in_block_{number}"
        )
        kept.append(replace(block, also=f"l.is_in_block_{number} and {block.also}"))
    if sizes:
        records = connection.execute(f"select *, {', '.join(sizes)} from records").to_arrow_table()
    connection.unregister("records")
    return records, kept, left_out
