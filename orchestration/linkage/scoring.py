"""How much more alike two records are than two strangers' would be: Splink on its own DuckDB in memory."""

from __future__ import annotations

from math import log2
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.linkage import policy
from orchestration.linkage.model import Model

SCORES = pa.schema([("record_a", pa.int64()), ("record_b", pa.int64()), ("weight", pa.float64())])


def score(records: pa.Table, model: Model, prior: float, spill: Path | None = None) -> pa.Table:
    """The pairs of a table with `record_id`, as SCORES; `weight` is log2 of the Bayes factor, without prior.

    Pairs less likely than `policy.COUNTED_FROM` under three times the `prior` are left out. Same rows, same
    weights, in whatever order they come.
    """
    if records.num_rows < 2 or not (model.comparisons and model.blocks):
        return SCORES.empty_table()
    from splink import DuckDBAPI, Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        probability_two_random_records_match=prior,
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=[*model.blocks],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        if spill is not None:
            connection.execute("set temp_directory = ?", [str(spill)])
        interface = DuckDBAPI(connection)
        learner = Linker(interface.register(records), settings, log_level=None)
        learner.training.estimate_u_using_random_sampling(
            max_pairs=policy.RANDOM_PAIRS, seed=policy.SEED, min_count_per_level=policy.RANDOM_AGREEMENTS
        )
        learned = _within_reason(learner.misc.save_model_to_json(), records.num_rows)
        linker = Linker(interface.register(records), learned, log_level=None)
        lowest = policy.COUNTED_FROM / max(policy.PRIOR_FACTORS)
        found = linker.inference.predict(threshold_match_probability=lowest).as_duckdbpyrelation()
        shift = log2(prior / (1 - prior))
        pairs = found.project(
            "least(record_id_l, record_id_r) as record_a, greatest(record_id_l, record_id_r) as record_b, "
            f"round(match_weight - ({shift!r}), 6)::double as weight"
        )
        return pairs.order("record_a, record_b").to_arrow_table().cast(SCORES)


def _within_reason(model: dict[str, Any], records: int) -> dict[str, Any]:
    """Chances of agreeing that a small table can bear.

    What was never seen among few records may still happen: Splink would take it for one in a million, and let
    a single agreement, or even a disagreement, decide.
    """
    for comparison in model["comparisons"]:
        *agreements, otherwise = (
            level for level in comparison["comparison_levels"] if not level.get("is_null_level")
        )
        for level in agreements:
            level["u_probability"] = max(level.get("u_probability") or 0.0, 1 / records)
        otherwise["u_probability"] = max(otherwise.get("u_probability") or 0.0, otherwise["m_probability"])
    return model
