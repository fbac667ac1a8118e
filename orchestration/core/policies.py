"""The policies of publication and of history, read and checked.

`seeds/reference/publication_policy.csv` with its noise table decides what is published (dbt reads both too:
macros/protection.sql), `history_policy.csv` how much of the past is kept.
"""

import csv
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.core.errors import NjiaError
from orchestration.core.settings import REFERENCE_SEEDS

POLICY_SEED, NOISE_SEED = REFERENCE_SEEDS / "publication_policy.csv", REFERENCE_SEEDS / "noise.csv"
HISTORY_SEED = REFERENCE_SEEDS / "history_policy.csv"
NOISE_ROWS = (1, 2, 3, 4, 5)
_HASHES = 1 << 32
_WORDS = "microdata_quasi_identifiers"
# Least and greatest sensible value of each number, and the number that it may not be under: members see what
# the public sees, and a label needs no smaller count than a row.
LIMITS = Path(__file__).with_name("policy_limits.csv")


@dataclass(frozen=True)
class PublicationPolicy:
    """The policy by name. `version`: 12 hex digits of the SHA-256 of its values."""

    version: str
    numbers: dict[str, float]
    microdata_quasi_identifiers: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def __getitem__(self, name: str) -> int:
        return int(self.numbers[name])

    @property
    def changed(self) -> list[str]:
        """Names of the values that differ from the shipped ones."""
        return [row["name"] for row in self.rows if row["value"] != row["shipped"]]

    def why_unsigned(self, signed: Collection[str]) -> str | None:
        """Return why a steward must sign first, as a sentence; None where no signature is missing."""
        if not self.changed or self.version in signed:
            return None
        return (
            f"The publication policy differs from what Njia ships in {', '.join(self.changed)}, and no "
            "steward has signed it. Read seeds/reference/publication_policy.csv, then `njia decide "
            "sign-policy`, or put the shipped values back."
        )

    def for_manifest(self) -> dict[str, Any]:
        return {"version": self.version, "rows": list(self.rows)}


def load_publication_policy(policy: Path = POLICY_SEED, noise: Path = NOISE_SEED) -> PublicationPolicy:
    """Read the policy and check it with its noise table.

    Raises NjiaError for a missing or impossible value, and for a noise table that was made from another
    policy.
    """
    rows = _rows(policy, ("name", "value", "shipped", "unit", "why"))
    values = {row["name"]: row["value"].strip() for row in rows}
    if len(values) < len(rows):
        raise NjiaError(f"{policy.name} has a name in two rows. Remove one of them.")
    limits = {row["name"]: row for row in _rows(LIMITS, ("name", "least", "most", "kind", "not_under"))}
    expected = {*limits, _WORDS}
    if missing := sorted(expected - values.keys()):
        raise NjiaError(f"{policy.name} has no row {missing[0]}. Add it, with the value Njia ships.")
    if unknown := sorted(values.keys() - expected):
        raise NjiaError(f"{policy.name} has a row {unknown[0]} that nothing reads. Remove it.")
    numbers = {
        name: _number(policy, name, values[name], float(row["least"]), float(row["most"]), row["kind"])
        for name, row in limits.items()
    }
    if not numbers["noise_row_2_from"] < numbers["noise_row_3_from"]:
        raise _wrong(policy, "noise_row_3_from", values["noise_row_3_from"], "more than noise_row_2_from")
    for name, row in limits.items():
        if (other := row["not_under"]) and numbers[name] < numbers[other]:
            raise _wrong(policy, name, values[name], f"at least {other} ({values[other]})")
    quasi_identifiers = tuple(values[_WORDS].split())
    if not quasi_identifiers:
        raise _wrong(policy, _WORDS, "", "names of columns of fct_movements")
    _check_noise(noise, numbers)
    named = "\n".join(sorted(f"{name}={value}" for name, value in values.items()))
    version = hashlib.sha256(named.encode()).hexdigest()[:12]
    return PublicationPolicy(version, numbers, quasi_identifiers, tuple(rows))


def noise_table(seed: Path = NOISE_SEED) -> dict[int, list[tuple[int, str, str]]]:
    """Return (noise, first hash, last hash) of each row of the noise table, in the order of hashes."""
    table: dict[int, list[tuple[int, str, str]]] = {row: [] for row in NOISE_ROWS}
    for row in _rows(seed, ("noise_row", "noise", "hash_from", "hash_to")):
        try:
            table[int(row["noise_row"])].append((int(row["noise"]), row["hash_from"], row["hash_to"]))
        except (KeyError, ValueError):
            raise NjiaError(
                f"{seed.name} has an invalid row: {row['noise_row']}, {row['noise']}. {_MAKE_ANEW}"
            ) from None
    return {row: sorted(ranges, key=lambda entry: entry[1]) for row, ranges in table.items()}


_MAKE_ANEW = "Write the table anew: python -m seeds.build.noise_table"


def _check_noise(seed: Path, policy: dict[str, float]) -> None:
    """Check that each row covers every hash once, with the policy's mean, variance and largest value."""
    for row, ranges in noise_table(seed).items():
        at, shares = 0, []
        for value, first, last in ranges:
            # Compared as text, as in the database.
            if first != f"{at:08x}" or not re.fullmatch("[0-9a-f]{8}", last) or last < first:
                raise NjiaError(f"{seed.name}, noise_row {row}: hashes are missing at {at:08x}. {_MAKE_ANEW}")
            shares.append((value, int(last, 16) + 1 - at))
            at = int(last, 16) + 1
        if at != _HASHES:
            raise NjiaError(f"{seed.name}, noise_row {row}: hashes are missing at {at:08x}. {_MAKE_ANEW}")
        mean = sum(value * share for value, share in shares) / _HASHES
        variance = sum(value * value * share for value, share in shares) / _HASHES
        largest = max(abs(value) for value, _ in shares)
        wanted = policy[f"noise_row_{row}_variance"], policy[f"noise_row_{row}_largest"]
        near = max(0.01, wanted[0] / 10_000)
        if abs(mean) > 0.001 or abs(variance - wanted[0]) > near or largest > wanted[1]:
            raise NjiaError(
                f"{seed.name}, noise_row {row}: mean {mean:.3g}, variance {variance:.3g} and largest value "
                f"{largest}, where {POLICY_SEED.name} says 0, {wanted[0]:g} and {wanted[1]:g}. {_MAKE_ANEW}"
            )


# The least of the past that its readers need: desk and quality report show the newest twenty.
LEAST_KEPT = {
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
FOR_EVER, ALL = {"decisions", "audit", "forgotten", "originals", "public_years"}, "all"


def number_kept(kind: str) -> int:
    """Return how many of a kind are kept. Raises NjiaError where the policy cannot be used."""
    return history_policy()[kind]


@cache
def history_policy(seed: Path = HISTORY_SEED) -> dict[str, int]:
    """Return how many of each kind are kept."""
    values = {row["name"]: row["keep"].strip() for row in _rows(seed, ("name", "keep", "unit", "why"))}
    if wrong := sorted(values.keys() ^ (LEAST_KEPT.keys() | FOR_EVER)):
        raise NjiaError(
            f"{seed.name} has a row too many or too few: {wrong[0]}. Put back the rows that Njia ships."
        )
    for name, value in values.items():
        if name in FOR_EVER and value != ALL:
            raise _wrong(seed, name, value, f"{ALL}, because nothing removes these")
    return {name: int(_number(seed, name, values[name], least)) for name, least in LEAST_KEPT.items()}


def _rows(seed: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    try:
        with seed.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            rows = list(reader)
    except (OSError, ValueError):
        raise NjiaError(f"{seed} cannot be read. Restore it from Njia's own files.") from None
    if reader.fieldnames != list(columns) or any(None in row.values() or None in row for row in rows):
        raise NjiaError(f"{seed.name} must have the columns {', '.join(columns)}, and each row all of them.")
    return rows


def _number(
    seed: Path, name: str, value: str, least: float, most: float | None = None, kind: str = "whole number"
) -> float:
    form = r"\d+" if kind == "whole number" else r"\d+(\.\d+)?"
    number = float(value) if re.fullmatch(form, value, re.ASCII) else -1.0
    if number < least or (most is not None and number > most):
        raise _wrong(seed, name, value, f"a {kind} from {least:g}" + (f" to {most:g}" if most else ""))
    return number


def _wrong(seed: Path, name: str, found: str, expected: str) -> NjiaError:
    lines = seed.read_text(encoding="utf-8").splitlines()
    number = next((at for at, line in enumerate(lines, 1) if line.startswith(f"{name},")), 1)
    return NjiaError(
        f"{seed.name}, line {number}, row {name}: found {found or 'nothing'}, expected {expected}. "
        "Correct the value."
    )
