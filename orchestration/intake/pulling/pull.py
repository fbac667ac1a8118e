"""Fetch every source, one after the other, and place what is new in the inbox.

A source that fails stops no other, and a file that is refused no other file of its source. Each is fetched
whole; where it holds the same as last time, nothing is placed. Only counts, times, sentences and shown names
of files are kept: never a record, a secret or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from orchestration.contracts import (
    AnySource,
    Contract,
    Contracts,
    load_contracts,
)
from orchestration.core import NjiaError, Settings, UsageError, is_of_machine, kind_and_place
from orchestration.intake.claim import placing
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.pulling.fetched import Connection, Kind, content_hash, other_kind
from orchestration.intake.pulling.https_file import HttpsFile
from orchestration.intake.pulling.kobotoolbox import KoboToolbox
from orchestration.intake.pulling.limits import Limits
from orchestration.intake.pulling.odk_central import OdkCentral
from orchestration.intake.pulling.secrets import place_of_secret, read_secret
from orchestration.intake.pulling.sftp import Folder
from orchestration.intake.pulling.state import (
    Cursor,
    FileLeft,
    FileRefused,
    Mark,
    Outcome,
    PulledSource,
    PullFailed,
    failed,
    forget_other_sources,
    pull_lock,
    read_state,
    with_source,
    write_state,
)
from orchestration.intake.reading.first_bytes import EXPECTED, kind_of
from orchestration.intake.shown_names import shown_file

KINDS: dict[str, Kind] = {
    "kobotoolbox": KoboToolbox,
    "odk_central": OdkCentral,
    "https_file": HttpsFile,
    "sftp": Folder,
}


class PullRunning(NjiaError):
    """Another pull of this home runs."""

    exit_code = 4


class _Unchanged(Exception):
    """The file holds what it held when it was fetched last."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


@dataclass
class _Progress:
    """What a pull has done with a source so far; what came before a fault stays."""

    known: PulledSource
    marks: dict[str, Mark]
    arrived: list[Mark] = field(default_factory=list)
    bytes: int = 0
    left: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def ended(self, now: str) -> PulledSource:
        """Return the source after the pull."""
        known = self.known
        state = replace(known, left=self.left, cursor=Cursor(known.cursor.source, self.marks))
        if self.arrived:
            counts = [one.records for one in self.arrived if one.records is not None]
            records = sum(counts) if counts else None
            state = replace(state, files=len(self.arrived), records=records, bytes=self.bytes)
        if self.faults:
            return failed(state, f"{known.partner} from {known.host}: {' '.join(self.faults)}", now)
        outcome: Outcome = "fetched" if self.arrived else "unchanged"
        return replace(state, outcome=outcome, reason=None, tried=now, fetched=now, failures_in_a_row=0)


def pull(
    settings: Settings,
    partners: Collection[str] = (),
    again: bool = False,
    on_source: Callable[[str], None] = lambda source: None,
) -> list[PulledSource]:
    """Fetch the sources of `partners`, or of all; return how each ended.

    A partner whose contract is broken has failed, where it was asked for or pulled before. `again`: also
    place what was fetched before. `on_source` is called with a name before each source. Raises UsageError for
    a partner without a source, PullRunning where another pull runs.
    """
    contracts = load_contracts(settings.partners)
    sources = list(with_source(contracts))
    _refuse_partners_without(partners, contracts, {contract.partner.code for contract, _ in sources})
    with pull_lock(settings) as is_held:
        if not is_held:
            raise PullRunning("Another `njia pull` runs in this home. Try again when it has ended.")
        forget_other_sources(settings, contracts)
        ended = [_broken(partner, contracts) for partner in _with_broken(settings, partners, contracts)]
        for contract, source in sources:
            if not partners or contract.partner.code in partners:
                on_source(f"{contract.partner.code}: {contract.contract}")
                ended.append(_pull(settings, contract, source, again))
    return ended


def _refuse_partners_without(partners: Collection[str], contracts: Contracts, having: set[str]) -> None:
    for partner in partners:
        if partner not in having and partner not in contracts.problems:
            listed = ", ".join(sorted(having)) or "none"
            raise UsageError(f"No contract of {partner} names a `source`. Partners with one: {listed}.")


def _with_broken(settings: Settings, partners: Collection[str], contracts: Contracts) -> list[str]:
    pulled = partners or [path.name for path in settings.pulls.iterdir()]
    return sorted(set(pulled) & contracts.problems.keys())


def _broken(partner: str, contracts: Contracts) -> PulledSource:
    reason = f"{partner}: nothing is fetched by a broken contract. {' '.join(contracts.problems[partner])}"
    return PulledSource(partner, "contract", "", "", outcome="failed", reason=reason)


def _pull(settings: Settings, contract: Contract, source: AnySource, again: bool) -> PulledSource:
    known, now = read_state(settings, contract, source), _now()
    progress = _Progress(known, dict(known.cursor.files))
    try:
        _fetch_all(settings, contract, source, progress, again)
    except PullFailed as fault:
        progress.faults.append(str(fault))
    except Exception as fault:  # its text may hold an address or a record
        if is_of_machine(fault):  # no fault of the source
            raise
        progress.faults.append(_unexpected(contract, fault))
    state = progress.ended(now)
    write_state(settings, state)
    return state


def _fetch_all(
    settings: Settings, contract: Contract, source: AnySource, progress: _Progress, again: bool
) -> None:
    """Fetch the files of a source that are new or changed and place them; raises PullFailed."""
    folder = settings.inbox / contract.partner.code
    if folder.is_symlink():
        raise PullFailed(f"{folder} is a symbolic link, and Njia follows none. Make it a folder.")
    secret, place = read_secret(settings, source), place_of_secret(settings, source)
    limits = Limits(source.most_megabytes)
    with closing(KINDS[source.kind](source, contract, secret, limits, place)) as connection:
        names = limits.within_time(connection.names)
        progress.left, progress.faults = connection.left, connection.faults
        shown_names = {shown_file(name) for name in names}
        progress.marks = {shown: mark for shown, mark in progress.marks.items() if shown in shown_names}
        for name in names:
            shown = shown_file(name)
            of_file = f"{shown}: " if connection.is_folder else ""
            mark = Mark() if again else progress.marks.get(shown, Mark())
            try:
                with placing(folder, name) as into:
                    into.touch()
                    work = partial(_fetch, connection, contract, name, into, mark)
                    made = limits.within_time(work)
                    size = into.stat().st_size
            except _Unchanged as same:
                progress.marks[shown] = same.mark
                continue
            except FileLeft as fault:
                progress.left.append(f"{of_file}{fault}")
                continue
            except FileRefused as fault:
                progress.faults.append(f"{of_file}{fault}")
                continue
            except ExtractHeld as fault:
                raise PullFailed(fault.sentence) from None
            progress.marks[shown] = made
            progress.arrived.append(made)
            progress.bytes += size


def _fetch(connection: Connection, contract: Contract, name: str, into: Path, mark: Mark) -> Mark:
    """Write a file, and return its new mark; raises _Unchanged where it holds the same as before."""
    fetched = connection.fetch(name, into, mark)
    if fetched is None:
        raise _Unchanged(mark)
    found = kind_of(into)
    if found != EXPECTED[contract.format.kind]:
        raise FileRefused(other_kind(found, contract))
    made = replace(fetched, content=content_hash(into))
    if made.content == mark.content:
        raise _Unchanged(made)
    return made


def _unexpected(contract: Contract, fault: Exception) -> str:
    return (
        f"the pull by contract {contract.contract} failed ({kind_and_place(fault)}). Ask whoever maintains "
        "Njia."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
