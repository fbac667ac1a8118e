"""Fetch every source, one after the other, and place what is new in the inbox.

A source that fails stops no other. Each is fetched whole; where it holds the same as last time, nothing is
placed. Only counts, times and sentences are kept: never a record, a secret or an address.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from orchestration.contracts import AnySource, Contract, Contracts, load_contracts
from orchestration.core import NjiaError, Settings, UsageError, is_of_machine, kind_and_place, sha256_of
from orchestration.intake.claim import placing
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.pulling.form_servers import KoboToolbox, OdkCentral
from orchestration.intake.pulling.server import Server, place_of_secret, read_secret
from orchestration.intake.pulling.state import (
    Mark,
    PulledSource,
    PullFailed,
    forget_other_sources,
    pull_lock,
    read_state,
    with_source,
    write_state,
)
from orchestration.intake.reading.any_file import EXPECTED, NAMES, kind_of

KINDS: dict[str, type[Server]] = {"kobotoolbox": KoboToolbox, "odk_central": OdkCentral}


class PullRunning(NjiaError):
    """Another pull of this home runs."""

    exit_code = 4


class _Unchanged(Exception):
    """The file holds what it held when it was fetched last; its argument is the new mark."""


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
    having = {contract.partner.code for contract, _ in sources}
    for partner in partners:
        if partner not in having and partner not in contracts.problems:
            listed = ", ".join(sorted(having)) or "none"
            raise UsageError(f"No contract of {partner} names a `source`. Partners with one: {listed}.")
    with pull_lock(settings) as is_held:
        if not is_held:
            raise PullRunning("Another `njia pull` runs in this home. Try again when it has ended.")
        forget_other_sources(settings, contracts)
        pulled = partners or [path.name for path in settings.pulls.iterdir()]
        ended = [_broken(partner, contracts) for partner in sorted(set(pulled) & contracts.problems.keys())]
        for contract, source in sources:
            if not partners or contract.partner.code in partners:
                on_source(f"{contract.partner.code}: {contract.contract}")
                ended.append(_pull(settings, contract, source, again))
    return ended


def _broken(partner: str, contracts: Contracts) -> PulledSource:
    reason = f"{partner}: nothing is fetched by a broken contract. {' '.join(contracts.problems[partner])}"
    return PulledSource(partner, "contract", "", "", outcome="failed", reason=reason)


def _pull(settings: Settings, contract: Contract, source: AnySource, again: bool) -> PulledSource:
    known = read_state(settings, contract, source)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        state = _fetched(settings, contract, source, known, again)
    except (PullFailed, ExtractHeld) as fault:
        state = _failed(known, fault.sentence if isinstance(fault, ExtractHeld) else str(fault), now)
    except Exception as fault:  # its text may hold an address or a record
        if is_of_machine(fault):  # no fault of the source
            raise
        why = f"the pull by contract {contract.contract} failed ({kind_and_place(fault)})"
        state = _failed(known, f"{why}. Ask whoever maintains Njia.", now)
    else:
        state = replace(state, reason=None, tried=now, fetched=now, failures_in_a_row=0)
    write_state(settings, state)
    return state


def _failed(known: PulledSource, why: str, now: str) -> PulledSource:
    reason, failures = f"{known.partner} from {known.host}: {why}", known.failures_in_a_row + 1
    return replace(known, outcome="failed", reason=reason, tried=now, failures_in_a_row=failures)


def _fetched(
    settings: Settings, contract: Contract, source: AnySource, known: PulledSource, again: bool
) -> PulledSource:
    """Fetch the file of a source, and place it if it is new; raises PullFailed and ExtractHeld."""
    folder = settings.inbox / contract.partner.code
    if folder.is_symlink():
        raise PullFailed(f"{folder} is a symbolic link, and Njia follows none. Make it a folder.")
    secret, place = read_secret(settings, source), place_of_secret(settings, source)
    mark = Mark() if again else known.mark
    opened = closing(KINDS[source.kind](source, secret, place))
    try:
        with opened as server, placing(folder, contract.pulled_name) as into:
            into.touch()
            made = server.within_time(partial(_fetch, server, contract, into, mark))
            size = into.stat().st_size
    except _Unchanged as same:
        return replace(known, outcome="unchanged", mark=same.args[0])
    return replace(known, outcome="fetched", records=made.records, bytes=size, mark=made)


def _fetch(server: Server, contract: Contract, into: Path, mark: Mark) -> Mark:
    """Write the file, and return its new mark; raises _Unchanged where it holds the same as before."""
    fetched = server.fetch(into, mark)
    if fetched is None:
        raise _Unchanged(mark)
    found = kind_of(into)
    if found != EXPECTED[contract.format.kind]:
        expected = NAMES[EXPECTED[contract.format.kind]]
        raise PullFailed(
            f"the server sends {NAMES[found]}, but contract {contract.contract} expects {expected}. Check "
            "`source` in the contract, and ask whoever runs the server."
        )
    made = replace(fetched, content=_content_hash(into))
    if made.content == mark.content:
        raise _Unchanged(made)
    return made


def _content_hash(path: Path) -> str:
    """Return a hash of a file; of a zip or workbook, of its members, whose times change with each export."""
    if not zipfile.is_zipfile(path):
        return sha256_of(path)
    with zipfile.ZipFile(path) as members:
        # The properties of a workbook hold the time of the export, and no cell.
        held = sorted(
            f"{member.filename}|{member.file_size}|{member.CRC}"
            for member in members.infolist()
            if not member.filename.startswith("docProps/")
        )
    return hashlib.sha256("\n".join(held).encode()).hexdigest()
