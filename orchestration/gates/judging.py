"""Judge a small frame of numbers with Great Expectations: one answer per row and expectation.

Only outcomes leave this module; results of GX quote values.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from expectations import Expectation, Limit

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["passed", "failed", "error", "not_run"]
_ROW = "judged_row"
# A check takes the worst answer of its limits.
_WORST_FIRST: tuple[Outcome, ...] = ("error", "not_run", "failed", "passed")


@dataclass(frozen=True)
class Judgement:
    """The answer of one expectation for one row of the frame. `observed`: the number that decided it."""

    row: int
    expectation: Expectation
    outcome: Outcome
    observed: float | None


def judge(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> list[Judgement]:
    """Validate the frame once; return an answer for every row and expectation, in the order given.

    An expectation that raises (a missing column, a wrong type) is an `error` for every row; one without an
    answer of GX is `not_run`.
    """
    if frame.empty:
        return []
    limits = [(expectation, limit) for expectation in expectations for limit in expectation.limits]
    answers = _validate(frame, [limit for _, limit in limits])
    rows = frame.to_dict("records")
    judgements = []
    for row in range(len(frame)):
        for expectation in expectations:
            of_check = [
                (answers[number][row], limit)
                for number, (owner, limit) in enumerate(limits)
                if owner is expectation
            ]
            outcome, limit = min(of_check, key=lambda pair: _WORST_FIRST.index(pair[0]))
            if outcome == "passed":
                limit = _measured(rows[row], (limit for _, limit in of_check)) or limit
            judgements.append(Judgement(row, expectation, outcome, _number(rows[row], limit.column)))
    return judgements


def _validate(frame: pd.DataFrame, limits: Sequence[Limit]) -> list[list[Outcome]]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read by GX while it is imported
    import great_expectations as gx  # takes seconds
    from great_expectations.data_context.types.base import ProgressBarsConfig

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asked: list[Any] = []
    for number, limit in enumerate(limits):
        of_limit: dict[str, Any] = {"column": limit.column, "meta": {"limit": number}}
        if limit.minimum is not None or limit.maximum is not None:
            between = gx.expectations.ExpectColumnValuesToBeBetween
            asked.append(between(min_value=limit.minimum, max_value=limit.maximum, **of_limit))
        if limit.empty_fails:
            asked.append(gx.expectations.ExpectColumnValuesToNotBeNull(**of_limit))
    numbered = frame.reset_index(drop=True).assign(**{_ROW: range(len(frame))})
    asset = context.data_sources.add_pandas("profiles").add_dataframe_asset("profile")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": numbered})

    def results(expectations: Sequence[Any], **wanted: Any) -> Sequence[Any]:
        return batch.validate(gx.ExpectationSuite("gate", expectations), result_format=wanted).results

    # The rows that fail are asked for where some do: for every expectation, that is half of the time.
    briefly = results(asked, result_format="BOOLEAN_ONLY")
    failed = {result.expectation_config.meta["limit"] for result in briefly if not result.success}
    again = [one for one in asked if one.meta["limit"] in failed]
    in_full = results(again, result_format="COMPLETE", unexpected_index_column_names=[_ROW]) if again else []

    answers: list[list[Outcome]] = [["not_run"] * len(frame) for _ in limits]
    for result in [*(one for one in briefly if one.expectation_config.meta["limit"] not in failed), *in_full]:
        answer = answers[result.expectation_config.meta["limit"]]
        for row, outcome in enumerate(_read(result, len(frame))):
            before = answer[row]
            if before == "not_run" or _WORST_FIRST.index(outcome) < _WORST_FIRST.index(before):
                answer[row] = outcome
    return answers


def _read(result: Any, rows: int) -> list[Outcome]:
    if result.success:
        return ["passed"] * rows
    indexes = (result.result or {}).get("unexpected_index_list")
    if _raised(result.exception_info) or not indexes:
        return ["error"] * rows
    failed = {int(index[_ROW]) for index in indexes}
    return ["failed" if row in failed else "passed" for row in range(rows)]


def _raised(info: Any) -> bool:
    """Whether GX reports an exception: one flat record, or a record per metric."""
    if not isinstance(info, dict):
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(part, dict) and part.get("raised_exception") for part in info.values())


def _measured(row: Mapping[Any, Any], limits: Iterable[Limit]) -> Limit | None:
    return next((limit for limit in limits if _number(row, limit.column) is not None), None)


def _number(row: Mapping[Any, Any], column: str) -> float | None:
    try:
        number = float(row[column])
    except (KeyError, TypeError, ValueError):
        return None
    return None if number != number else number
