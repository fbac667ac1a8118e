"""What stewards decided about checks and extracts, as far as the gates act on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from expectations import Expectation
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import RELEASE_GATE, TABLE_GATE
from orchestration.errors import UsageError

RELEASE_SCOPE = "release"
_BY_NAME = {expectation.name: expectation for expectation in (*EXTRACT_GATE, *RELEASE_GATE, *TABLE_GATE)}


class ActiveDecisions(Protocol):
    """The stewardship room's `Decisions`, as far as it is used here."""

    @property
    def extract_accepts(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def extract_withdrawals(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def waivers(self) -> Sequence[Mapping[str, Any]]: ...
    def content_hash(self) -> str: ...


def check_definition(check_name: str) -> str:
    """The definition a waiver must name; raises UsageError for a check that no gate has."""
    if check_name not in _BY_NAME:
        raise UsageError(
            f"No gate has a check called {check_name}. The checks are: {', '.join(sorted(_BY_NAME))}."
        )
    return _BY_NAME[check_name].definition


def is_waivable(check_name: str) -> bool:
    """False for reconciliation, and for a check that no gate has."""
    return check_name in _BY_NAME and _BY_NAME[check_name].waivable


def waiver_for(
    waivers: Iterable[Mapping[str, Any]], expectation: Expectation, scope: str, as_of: datetime
) -> str | None:
    """The id of a waiver that covers this check of this extract (or of the release) today, or None."""
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
    """Decision id by (partner, extract id)."""
    return {(str(entry["partner"]), str(entry["extract_id"])): str(entry["id"]) for entry in decided}


def _day(expires: Any) -> date:
    if isinstance(expires, datetime):
        return expires.date()
    return expires if isinstance(expires, date) else date.fromisoformat(str(expires)[:10])
