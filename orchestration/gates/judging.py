"""Judge rows of a profile, say what a failed check found, and find the waiver that lets it pass.

Great Expectations judges: one answer per row and expectation. Only outcomes leave this module; results of GX
quote values.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from expectations import Expectation, Limit, Severity
from orchestration.core import as_text, listed, say
from orchestration.stewardship import waiver_for

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["passed", "failed", "error", "not_run"]
_ROW = "judged_row"
# A check takes the worst answer of its limits.
_WORST_FIRST: tuple[Outcome, ...] = ("error", "not_run", "failed", "passed")


@dataclass(frozen=True)
class Judgement:
    """The answer of one expectation for one row of the frame.

    `observed`: the number that decided it. `broken`: the limits that the row does not keep.
    """

    row: int
    expectation: Expectation
    outcome: Outcome
    observed: float | None
    broken: tuple[Limit, ...]

    def severity_of(self, row: Mapping[str, Any]) -> Severity:
        """Return the severity for the judged row; what could not be judged keeps its full severity."""
        is_judged = self.outcome in ("passed", "failed")
        return self.expectation.severity_of(row, self.broken) if is_judged else self.expectation.severity

    def finding(self, row: Mapping[str, Any]) -> str:
        """Return what a failed check found in the judged row, as a sentence; empty without a message.

        A sentence that another one begins with is left out.
        """
        found = dict.fromkeys(
            say(limit.message, **limit.given(row))
            for limit in self.broken
            if limit.message and row[limit.column] is not None
        )
        said = [one for one in found if not any(other != one and other.startswith(one) for other in found)]
        return listed(said, ". ")

    def as_check(
        self,
        row: Mapping[str, Any],
        waivers: Iterable[Mapping[str, Any]] = (),
        scope: str = "",
        as_of: datetime = datetime.max,
    ) -> dict[str, Any]:
        """Return what a verdict says of the judged row, with the waiver that lets a failed check pass.

        `finding` is a sentence for people, `said` the same for translation.
        """
        expectation, finding = self.expectation, self.finding(row)
        is_failed = self.outcome == "failed"
        return {
            "severity": self.severity_of(row),
            "outcome": self.outcome,
            "waived_by": waiver_for(waivers, expectation, scope, as_of) if is_failed else None,
            "observed": self.observed,
            "expected": expectation.expected,
            "why": expectation.why,
            "steward_action": expectation.steward_action,
            "finding": str(finding),
            "said": as_text(finding),
        }


def judge(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> list[Judgement]:
    """Validate the frame once; return an answer for every row and expectation, in the order given.

    An expectation that raises (a missing column, a wrong type) is an `error` for every row; one without an
    answer of GX is `not_run`.
    """
    if frame.empty:
        return []
    answers = _validate(frame, [limit for expectation in expectations for limit in expectation.limits])
    return list(_judgements(frame.to_dict("records"), expectations, answers))


def judge_row(row: Mapping[str, Any], expectations: Sequence[Expectation]) -> list[Judgement]:
    """Judge one row without Great Expectations; a test holds that the answers are equal.

    GX takes 2.8 CPU seconds to load and 0.45 for each row that has to wait for the one before. That is too
    much for `njia contract check`, and for profiling: whether an extract is held decides what the next one of
    its partner is compared with.
    """
    limits = [limit for expectation in expectations for limit in expectation.limits]
    return list(_judgements([row], expectations, compare([row], limits)))


def compare(rows: Sequence[Mapping[Any, Any]], limits: Sequence[Limit]) -> list[list[Outcome]]:
    """Return the answer of each limit for each row by direct comparison; empty cells are None."""

    def answer(limit: Limit, value: float | None) -> Outcome:
        if value is None:
            return "failed" if limit.empty_fails else "passed"
        is_enough = limit.minimum is None or value >= limit.minimum
        return "passed" if is_enough and (limit.maximum is None or value <= limit.maximum) else "failed"

    return [[answer(limit, row[limit.column]) for row in rows] for limit in limits]


def _judgements(
    rows: Sequence[Mapping[Any, Any]], expectations: Sequence[Expectation], answers: list[list[Outcome]]
) -> Iterator[Judgement]:
    """Yield the answers of expectations. `answers`: by limit, in their order, and by row."""
    for number, row in enumerate(rows):
        of_limits = iter(answers)
        for expectation in expectations:
            of_check = [(next(of_limits)[number], limit) for limit in expectation.limits]
            outcome, limit = min(of_check, key=lambda pair: _WORST_FIRST.index(pair[0]))
            if outcome == "passed":
                measured = (limit for limit in expectation.limits if _number(row, limit.column) is not None)
                limit = next(measured, limit)
            broken = tuple(limit for answer, limit in of_check if answer == "failed")
            yield Judgement(number, expectation, outcome, _number(row, limit.column), broken)


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
    # GX reports an exception in one flat record, or in a record per metric.
    raised = result.exception_info if isinstance(result.exception_info, dict) else {}
    infos = [raised, *(part for part in raised.values() if isinstance(part, dict))]
    if not indexes or any(info.get("raised_exception") for info in infos):
        return ["error"] * rows
    failed = {int(index[_ROW]) for index in indexes}
    return ["failed" if row in failed else "passed" for row in range(rows)]


def _number(row: Mapping[Any, Any], column: str) -> float | None:
    try:
        number = float(row[column])
    except (KeyError, TypeError, ValueError):
        return None
    return None if number != number else number
