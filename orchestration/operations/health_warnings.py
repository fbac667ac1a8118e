"""Warnings of `njia refresh` and `njia status`: faults that stop no step and fail no check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orchestration.contracts import Contracts, load_contracts, partners_without_contract
from orchestration.core import SAMPLES_PRIVATE_KEY, Settings
from orchestration.release import current_release, why_not_signed
from orchestration.stewardship import review

MOST_NAMED = 8


def warnings(settings: Settings, contracts: Contracts | None = None) -> list[str]:
    """Return warnings, the gravest first."""
    contracts = contracts or load_contracts(settings.partners)
    return [
        *_forgotten(settings),
        *_unsigned(settings),
        *_damaged(settings),
        *_private_key(settings),
        *_without_contract(settings),
        *_broken(settings, contracts),
        *_sent_twice(settings),
    ]


def _forgotten(settings: Settings) -> Iterator[str]:
    """Warn of forgotten records in the release in force, after a restore or a refused refresh."""
    if any(settings.forgotten.glob("[!.]*.json")):
        from orchestration.release import still_held  # slow to load

        if held := still_held(settings):
            yield f"Release {held} holds records that were forgotten since: run `njia refresh`."


def _unsigned(settings: Settings) -> Iterator[str]:
    current = current_release(settings)
    if current and (fault := why_not_signed(settings, current)):
        yield fault


def _damaged(settings: Settings) -> Iterator[str]:
    faults = review.damaged_files(settings)
    if faults:
        yield (
            f"{len(faults)} file(s) of the home are damaged or missing "
            f"({_listed([fault['path'] for fault in faults])}). `njia check` says what mends them."
        )


def _private_key(settings: Settings) -> Iterator[str]:
    """Warn of the samples' private key beside real files."""
    file = settings.keys / SAMPLES_PRIVATE_KEY
    if file.is_file() and not settings.has_sample_partners:
        yield (
            f"{file} opens every original of this home, which was begun with the samples. Take real files "
            "into a home of their own, with the stewards' own public key."
        )


def partners_gone(settings: Settings) -> tuple[str, ...]:
    """Return the partners that have landed extracts and no contract."""
    return partners_without_contract(settings.partners, _landed_partners(settings))


def _landed_partners(settings: Settings) -> set[str]:
    return {path.parent.name for path in settings.landing.glob("*/[!.]*.json")}


def _without_contract(settings: Settings) -> Iterator[str]:
    if gone := partners_gone(settings):
        many = "1 partner has" if len(gone) == 1 else f"{len(gone)} partners have"
        yield (
            f"{many} no contract: held ({_listed(gone)}). Put the contracts back, or set NJIA_PARTNERS to "
            f"the right folder; it is {settings.partners}."
        )


def _broken(settings: Settings, contracts: Contracts) -> Iterator[str]:
    """Warn of unusable contracts. Landed extracts keep the contract they landed under."""
    gone, landed = partners_gone(settings), _landed_partners(settings)
    for partner, problems in sorted(contracts.problems.items()):
        if partner in landed and partner not in gone:
            yield (
                f"{partner}: a contract cannot be used. Landed extracts stay in force; new files wait. "
                f"{' '.join(problems)}"
            )


def _sent_twice(settings: Settings) -> Iterator[str]:
    """Warn of a file that counts for two partners, which may be a mistake."""
    path = settings.work / "gates" / "in_force.parquet"
    landed = Counter(path.stem for path in settings.landing.glob("*/[!.]*.json"))
    if not path.is_file() or max(landed.values(), default=0) < 2:
        return
    import pyarrow.parquet as pq  # slow to load and rarely needed

    owners: dict[str, list[str]] = {}
    for fate in pq.read_table(path).to_pylist():
        if fate["fate"] == "in_force":
            owners.setdefault(fate["extract_id"], []).append(fate["partner"])
    for extract_id, partners in sorted(owners.items()):
        if len(partners) > 1:
            yield (
                f"The same file counts once for each of {_listed(partners)} (extract {extract_id}). If one "
                f"of them did not send it: njia decide withdraw-extract PARTNER {extract_id}"
            )


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
