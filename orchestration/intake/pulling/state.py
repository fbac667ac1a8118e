"""What is known of each source, in `pulls/<partner>/<contract>.json`: times, counts, and marks of a change.

It lies outside `work/`, so that `njia status` can say when a
source was last fetched; without it the next pull fetches once more than needed. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from orchestration.contracts import AnySource, Contract, Contracts
from orchestration.core import NjiaError, Settings, durable, held_if_free, read_json, write_json

LOCK = ".lock"
Outcome = Literal["fetched", "unchanged", "failed", "never"]


class PullFailed(NjiaError):
    """A source that could not be fetched; its text follows `<partner> from <server>: `."""


@dataclass(frozen=True)
class Mark:
    """What the server and the file said when it was last fetched.

    `content`: hash of what the file holds. `records`: None where only reading would tell.
    """

    etag: str | None = None
    content: str | None = None
    records: int | None = None


@dataclass(frozen=True)
class PulledSource:
    """One source after a pull. `fetched`: when its content was last known to be complete here.

    `records` and `bytes` are of the last pull that placed the file. `source`: hash of the contract's source.
    """

    partner: str
    contract: str
    kind: str
    host: str
    outcome: Outcome = "never"
    reason: str | None = None
    tried: str | None = None
    fetched: str | None = None
    failures_in_a_row: int = 0
    records: int | None = None
    bytes: int | None = None
    source: str = ""
    mark: Mark = field(default_factory=Mark)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the marks of a change."""
        return {name: value for name, value in asdict(self).items() if name not in ("source", "mark")}


_STATE = TypeAdapter(PulledSource)


def read_state(settings: Settings, contract: Contract, source: AnySource) -> PulledSource:
    """Return what is known of a contract's source; a changed or damaged one begins anew."""
    source_hash = hashlib.sha256(source.model_dump_json().encode()).hexdigest()[:16]
    partner, name = contract.partner.code, contract.contract
    known = PulledSource(partner, name, source.kind, source.server_name, source=source_hash)
    with suppress(OSError, ValueError):
        read = _STATE.validate_python(read_json(_path(settings, known)))
        return read if read.source == known.source else known
    return known


def write_state(settings: Settings, state: PulledSource) -> None:
    write_json(_path(settings, state), asdict(state))


def pulled_sources(settings: Settings) -> list[PulledSource]:
    """Return the sources as their last pull left them, without reading the contracts."""
    found = []
    for path in sorted(settings.pulls.glob("*/*.json")):
        with suppress(OSError, ValueError):
            found.append(_STATE.validate_python(read_json(path)))
    return found


def failed_pulls(settings: Settings) -> list[PulledSource]:
    """Return the sources whose last pull failed."""
    return [source for source in pulled_sources(settings) if source.outcome == "failed"]


def read_sources(settings: Settings, contracts: Contracts) -> list[PulledSource]:
    return [read_state(settings, contract, source) for contract, source in with_source(contracts)]


def with_source(contracts: Contracts) -> Iterator[tuple[Contract, AnySource]]:
    """Yield the contracts that name a source, each with it, by partner."""
    for partner in sorted(contracts.valid):
        for contract in contracts.valid[partner]:
            if contract.source:
                yield contract, contract.source


def forget_other_sources(settings: Settings, contracts: Contracts) -> None:
    """Remove what is known of sources that no contract names any more; a broken contract may name some."""
    named = {(contract.partner.code, contract.contract) for contract, _ in with_source(contracts)}
    for path in settings.pulls.glob("*/*.json"):
        if (path.parent.name, path.stem) not in named and path.parent.name not in contracts.problems:
            durable.remove(path)


def pull_lock(settings: Settings) -> AbstractContextManager[bool]:
    """Hold the lock of pulling during the block and yield True; yield False where another pull holds it."""
    durable.make_folder(settings.pulls, 0o700)
    return held_if_free(settings.pulls / LOCK)


def _path(settings: Settings, state: PulledSource) -> Path:
    return settings.pulls / state.partner / f"{state.contract}.json"
