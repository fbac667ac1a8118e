"""Fetch every source, one after the other, and place what is new in the inbox.

A source that fails stops no other. Each pull fetches an extract whole; where it holds the same as last time,
nothing is placed. Only counts, times and sentences are kept: never a record, a secret or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from orchestration.contracts import (
    AnySource,
    Contract,
    Contracts,
    load_contracts,
)
from orchestration.core import NjiaError, Settings, UsageError, kind_and_place
from orchestration.intake.claim import placing
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.pulling import https_file, kobotoolbox, odk_central
from orchestration.intake.pulling.fetched import content_hash, other_kind, refuse_other_kind
from orchestration.intake.pulling.secrets import place_of_secret, read_secret
from orchestration.intake.pulling.server import MEGABYTE, Server
from orchestration.intake.pulling.state import (
    Cursor,
    PulledSource,
    PullFailed,
    failed,
    pull_lock,
    read_state,
    source_hash,
    with_source,
    write_state,
)

KINDS = {"kobotoolbox": kobotoolbox.KIND, "odk_central": odk_central.KIND, "https_file": https_file.KIND}


class PullRunning(NjiaError):
    """Another pull of this home runs."""

    exit_code = 4


class _Unchanged(Exception):
    """The extract is the one that was fetched last."""


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
    cursor = Cursor() if again else known.cursor
    try:
        state = _fetched(settings, contract, source, cursor, known, now)
    except _Unchanged:
        state = replace(known, outcome="unchanged", reason=None, tried=now, fetched=now, failures_in_a_row=0)
    except PullFailed as fault:
        state = failed(known, f"{contract.partner.code} from {known.host}: {fault}", now)
    except OSError as fault:
        if fault.errno in (28, 122):  # a full disk is no fault of the source
            raise
        state = failed(known, _unexpected(contract, fault), now)
    except Exception as fault:  # its text may hold an address or a record
        state = failed(known, _unexpected(contract, fault), now)
    write_state(settings, state)
    return state


def _fetched(
    settings: Settings, contract: Contract, source: AnySource, cursor: Cursor, known: PulledSource, now: str
) -> PulledSource:
    """Fetch a source and place its extract; raises PullFailed, or _Unchanged."""
    folder = settings.inbox / contract.partner.code
    if folder.is_symlink():
        raise PullFailed(f"{folder} is a symbolic link, and Njia follows none. Make it a folder.")
    secret, kind = read_secret(settings, source), KINDS[source.kind]
    refused = f"{kind.refused} {place_of_secret(settings, source)}"
    web_page = other_kind("web_page", contract)
    server = Server(source.address, source.most_megabytes * MEGABYTE, refused, kind.missing, web_page)
    try:
        with placing(folder, contract.pulled_name) as into, closing(server):
            fetched = kind.fetch(source, server, secret, into, cursor)
            if fetched is None:
                raise _Unchanged
            refuse_other_kind(into, contract)
            content, size = content_hash(into), into.stat().st_size
            if content == cursor.content:
                raise _Unchanged
    except ExtractHeld as fault:
        raise PullFailed(fault.sentence) from None
    made = Cursor(source_hash(source), fetched.etag, fetched.last_modified, content)
    return replace(
        known,
        outcome="fetched",
        reason=None,
        tried=now,
        fetched=now,
        failures_in_a_row=0,
        records=fetched.records,
        bytes=size,
        cursor=made,
    )


def _unexpected(contract: Contract, fault: Exception) -> str:
    return (
        f"{contract.partner.code}, {contract.contract}: the pull failed ({kind_and_place(fault)}). Ask "
        "whoever maintains Njia."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
