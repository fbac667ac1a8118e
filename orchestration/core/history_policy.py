"""How much of the past is kept (`seeds/reference/history_policy.csv`), read and checked."""

from __future__ import annotations

from functools import cache

from orchestration.core.errors import NjiaError
from orchestration.core.settings import seed_rows

SEED = "history_policy"
ALL = "all"
# The least that its readers need: the desk and the quality report show the newest twenty.
LEAST = {
    "runs": 10,
    "ticks": 1,
    "refreshes": 100,
    "verdicts": 20,
    "changes": 1,
    "receipts": 1,
    "messages": 20,
    "releases": 2,
    "rollbacks": 1,
}
# Nothing removes these by age or number.
FOR_EVER = {"decisions", "audit", "forgotten", "originals", "public_years"}


def kept(kind: str) -> int:
    """Return how many of a kind are kept. Raises NjiaError where the policy cannot be used."""
    return _policy()[kind]


@cache
def _policy() -> dict[str, int]:
    values = {row["name"]: row["keep"].strip() for row in seed_rows(SEED)}
    if wrong := sorted(values.keys() ^ (LEAST.keys() | FOR_EVER)):
        raise NjiaError(
            f"{SEED}.csv has a row too many or too few: {wrong[0]}. Put back the rows that Njia ships."
        )
    for name, value in values.items():
        if name in FOR_EVER and value != ALL:
            raise NjiaError(
                f"{SEED}.csv, row {name}: found {value or 'nothing'}, expected {ALL}. Nothing removes these."
            )
        if name in LEAST and not (value.isdecimal() and int(value) >= LEAST[name]):
            raise NjiaError(
                f"{SEED}.csv, row {name}: found {value or 'nothing'}, expected a whole number from "
                f"{LEAST[name]}. Correct the value."
            )
    return {name: int(value) for name, value in values.items() if name in LEAST}
