"""How much more alike two records are than two strangers' would be: Splink on its own DuckDB in memory."""

from __future__ import annotations

from math import log2
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.linkage import policy
from orchestration.linkage.model import Model

SCORES = pa.schema([("record_a", pa.int64()), ("record_b", pa.int64()), ("weight", pa.float64())])


def score(records: pa.Table, model: Model, prior: float, spill: Path | None = None) -> pa.Table:
    """The pairs of a table with `record_id`, as SCORES; `weight` is log2 of the Bayes factor, without prior.

    Pairs less likely than `policy.COUNTED_FROM` under three times the `prior` are left out. Same rows, same
    weights, in whatever order they come and whatever their ids and codes are.
    """
    if records.num_rows < 2 or not (model.comparisons and model.blocks):
        return SCORES.empty_table()
    from splink import DuckDBAPI, Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        probability_two_random_records_match=prior,
        comparisons=[comparison.for_splink(records) for comparison in model.comparisons],
        blocking_rules_to_generate_predictions=[*model.blocks],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        if spill is not None:
            connection.execute("set temp_directory = ?", [str(spill)])
        interface = DuckDBAPI(connection)
        linker = Linker(interface.register(records), settings, log_level=None)
        lowest = policy.COUNTED_FROM / max(policy.PRIOR_FACTORS)
        found = linker.inference.predict(threshold_match_probability=lowest).as_duckdbpyrelation()
        shift = log2(prior / (1 - prior))
        pairs = found.project(
            "least(record_id_l, record_id_r) as record_a, greatest(record_id_l, record_id_r) as record_b, "
            f"round(match_weight - ({shift!r}), 6)::double as weight"
        )
        return pairs.order("record_a, record_b").to_arrow_table().cast(SCORES)
