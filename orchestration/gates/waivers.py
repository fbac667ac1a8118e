"""Stewards' decisions on checks and extracts, as the gates use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from expectations import Expectation


class ActiveDecisions(Protocol):
    """The part of the stewardship room's `Decisions` that the gates use."""

    @property
    def extract_accepts(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def extract_withdrawals(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def waivers(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def policy_sign_offs(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def year_republications(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def alert_releases(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def row_releases(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def row_exclusions(self) -> Sequence[Mapping[str, Any]]: ...
    def content_hash(self) -> str: ...


def waiver_for(
    waivers: Iterable[Mapping[str, Any]], expectation: Expectation, scope: str, as_of: datetime
) -> str | None:
    """Return the id of a valid waiver, or None. `scope`: `partner/extract_id` or `release`."""
    if not expectation.waivable:
        return None
    for waiver in waivers:
        if (
            waiver["check"] == expectation.name
            and waiver["check_definition"] == expectation.definition
            and waiver["scope"] == scope
            and as_of.date() <= _day(waiver["expires"])
        ):
            return str(waiver["id"])
    return None


def extract_keys(decided: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Map (partner, extract id) to the decision's id."""
    return {(str(entry["partner"]), str(entry["extract_id"])): str(entry["id"]) for entry in decided}


def _day(expires: Any) -> date:
    if isinstance(expires, datetime):
        return expires.date()
    return expires if isinstance(expires, date) else date.fromisoformat(str(expires)[:10])
