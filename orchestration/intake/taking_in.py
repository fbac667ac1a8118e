"""Take in every file of the inbox: seal and land it, or leave it in place with a reason.

The order makes a crash harmless: claim the file, seal it, land its texts and the Parquet, commit with the
JSON, and only then remove the file. When an extract is read again, its old JSON is removed before its old
Parquet. A fault of one file never stops the others. Messages call a file by partner, day and id
(`shown_names.extract_name`). `with_unreported` adds what an earlier refresh landed without a receipt, because
it was stopped or failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from orchestration.contracts import Contract, Contracts, contract_for, load_contracts
from orchestration.core import (
    TEXTS_SUFFIX,
    Damaged,
    Keys,
    MachineFault,
    Original,
    Settings,
    UsageError,
    durable,
    is_of_machine,
    partners_with_tombstones,
    refreshes,
    replacing,
    require_room,
    sha256_of,
    tombstones_of,
    write_json,
    write_texts,
)
from orchestration.intake.claim import Claim, claim, clear_kept, why_it_waits
from orchestration.intake.drift.report import drift_item, drift_of, last_extract
from orchestration.intake.inbox import inbox_files, listed_name, partner_folders
from orchestration.intake.landing.erasing import erase_forgotten, seal_without
from orchestration.intake.landing.hidden_texts import HiddenTexts
from orchestration.intake.landing.landing import (
    ASIDE,
    EXTRACT_ID_LENGTH,
    account,
    has_its_cells,
    parquet_path,
    place_of,
    read_register,
    register_path,
    set_aside,
    sweep,
    write_cells,
)
from orchestration.intake.landing.rewriting import settle_landing
from orchestration.intake.landing.sealing import seal, sealed_path
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped, ExtractUnreadable, TakenExtract
from orchestration.intake.reading.any_file import open_source
from orchestration.intake.records.records import RecordReader
from orchestration.intake.shown_names import extract_name, shown_file

UNEXPECTED = "unexpected"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
LANDED_EARLIER = "It landed in an earlier refresh that did not finish."


def take_in(
    settings: Settings,
    keys: Keys,
    as_of: datetime,
    contracts: Contracts | None = None,
    partners: Collection[str] | None = None,
) -> list[TakenExtract]:
    """Take in every inbox folder, each partner's files by period and then name.

    `partners`: take only their folders; files of unknown partners are taken only without it. `contracts`
    default to those of the partners folder. Raises Damaged for a landing note that is damaged or gone; its
    file, sent again, mends it.
    """
    contracts = load_contracts(settings.partners) if contracts is None else contracts
    settle_landing(settings, keys)
    for partner in partners_with_tombstones(settings):
        erase_forgotten(settings, tombstones_of(settings, keys, partner))  # a kill may have interrupted it
    for folder in partner_folders(settings):
        clear_kept(folder)
    taken: list[TakenExtract] = []
    for partner, files in inbox_files(settings).items():
        if partners is not None and partner not in partners:
            continue
        taken += _take_in_partner(settings, keys, as_of, contracts, partner, files)
    if lost := refreshes.lost_landings(settings):
        raise Damaged(lost[0], f"it is gone, with {len(lost) - 1} more" if lost[1:] else "it is gone")
    return taken


def _take_in_partner(
    settings: Settings, keys: Keys, as_of: datetime, contracts: Contracts, partner: str, files: list[Path]
) -> Iterator[TakenExtract]:
    if partner in contracts.partners:
        _sweep(settings, partner)
    known = contracts.valid.get(partner, [])
    shown_partner = partner if partner in contracts.partners else shown_file(partner)
    for file in sorted(files, key=lambda path: _order(path.name, known)):
        try:
            shown = listed_name(shown_partner, file)
        except FileNotFoundError:  # removed since the folder was read
            continue
        try:
            contract = _contract_for(partner, file.name, shown, contracts)
            if reason := why_it_waits(file):
                raise ExtractHeld("hold:file_changed", f"{partner}: file {shown} {reason}")
            # The sealed original is as large as the file, and what lands is rarely larger.
            require_room(settings.home, 2 * file.stat().st_size, f"{partner}: file {shown}")
            with claim(file) as claimed:
                taken = _take_in_file(settings, keys, as_of, contract, claimed, shown)
                stays = claimed.use_up()
            yield taken
            if stays:
                raise ExtractHeld("hold:file_changed", f"{partner}: file {shown} {stays}.")
        except ExtractStopped as fault:
            yield _not_taken(shown_partner, shown, fault)
        except (UsageError, MachineFault):
            raise
        except Exception as fault:  # only its type is shown, because its text may quote a cell
            if is_of_machine(fault):  # no fault of the file
                raise
            kind = (isinstance(fault, OSError) and fault.strerror) or type(fault).__name__
            why = (
                f"{shown_partner}: file {shown} could not be read ({kind}). It stays in the inbox. Try `njia "
                "contract check` with it; if that shows no cause, ask whoever maintains Njia."
            )
            yield _not_taken(shown_partner, shown, ExtractUnreadable(UNEXPECTED, why))
    if partner in contracts.partners:
        _sweep(settings, partner)  # a fault may have left partial files, as a crash does


def _sweep(settings: Settings, partner: str) -> None:
    lost = {note.stem for note in refreshes.lost_landings(settings) if note.parent.name == partner}
    sweep(settings, partner, lost)


def _take_in_file(
    settings: Settings, keys: Keys, as_of: datetime, contract: Contract, claimed: Claim, shown: str
) -> TakenExtract:
    """Seal and land a claimed file; messages before it lands call it `shown`."""
    partner = contract.partner.code
    file = claimed.path
    sha256 = sha256_of(file)
    extract_id = sha256[:EXTRACT_ID_LENGTH]
    landed = read_register(settings.landing, partner, but=extract_id)
    placed = read_register(settings.landing, partner, suffix=ASIDE) | landed
    earlier = placed.get(extract_id)
    landed_at = as_of.astimezone(UTC).isoformat()
    parquet = parquet_path(settings.landing, partner, extract_id)
    is_damaged = extract_id in landed and not has_its_cells(landed[extract_id], parquet)
    place = place_of(contract, earlier, () if is_damaged else placed.values(), as_of)
    landed_name = extract_name(partner, place["received_on"], extract_id)
    tombstones = tombstones_of(settings, keys, partner)
    declared = contract.declared_of(file.name)
    reader = RecordReader(contract, keys, shown, tombstones=tombstones, period=declared["period"])
    if earlier is not None:
        if earlier["contract"] != contract.contract:
            raise ExtractHeld(
                "hold:contract_changed",
                f"{partner}: file {shown} equals {earlier['file']}, which landed with contract "
                f"{earlier['contract']!r}; now {contract.contract!r} would read it. Remove the file, or "
                "withdraw the earlier extract.",
            )
        is_complete = extract_id in landed and not is_damaged
        # An extract whose link codes were destroyed gets them again when it is sent again.
        is_complete = is_complete and reader.link_codes.are_at(settings.link_codes, partner, extract_id)
        if is_complete and earlier["reading_hash"] == contract.reading_hash:
            is_sealed = sealed_path(settings.sealed, partner, extract_id).exists()
            # An original that was rewritten or destroyed for a forgotten record stays so.
            if not is_sealed and not earlier.get("original"):
                seal(file, settings.sealed, partner, extract_id, keys.stewards_recipient)
            reason = f"{partner}: file {shown} equals the extract landed on {earlier['received_on']}."
            if place["sequence"] == earlier["sequence"]:
                return TakenExtract(partner, landed_name, "already_landed", extract_id, reason=reason)
            again = earlier | place | {"landed_at": landed_at, "file": landed_name}
            write_json(register_path(settings.landing, partner, extract_id), again)
            reason += " It replaces what came since."
            return _landed(again, reason=reason)
    last = last_extract(placed, contract, extract_id)
    codes = reader.link_codes.written_to(settings.link_codes, partner, extract_id)
    hidden, texts = HiddenTexts(contract, keys), parquet.with_suffix(TEXTS_SUFFIX)
    with open_source(file, contract, shown) as source, codes, replacing(parquet) as partial:
        try:
            write_cells(partial, reader.landed_tables(source), hidden.hide)
        except ExtractHeld as fault:
            _add_drift(fault, contract, reader, last, shown)
            raise
        if claimed.has_changed:
            raise ExtractHeld(
                "hold:file_changed",
                f"{partner}: file {shown} changed while it was read. The next refresh takes it.",
            )
        original: Original | None = None  # what was done to one that holds a forgotten record
        if rows := reader.tally.forgotten:
            original = seal_without(settings, contract, extract_id, file, rows, keys.stewards_recipient)
        else:
            seal(file, settings.sealed, partner, extract_id, keys.stewards_recipient)
        date_system = source.date_system
        set_aside(settings.landing, partner, extract_id)
        write_texts(texts, keys, hidden.texts)
    drift = reader.drift(last)
    entry: dict[str, Any] = account(contract, reader.tally, date_system) | {
        "extract_id": extract_id,
        "partner": partner,
        "file": landed_name,
        "bytes": claimed.size,
        "sha256": sha256,
        "parquet_sha256": sha256_of(parquet),
        "texts_sha256": sha256_of(texts),
        **declared,
        "key_ids": keys.ids,
        "drift": asdict(drift) if drift else None,
        "original": original.what if original else None,
        "original_sha256": original.sha256 if original else sha256,
        "landed_at": landed_at,
        **place,
    }
    write_json(register_path(settings.landing, partner, extract_id), entry)
    durable.remove(register_path(settings.landing, partner, extract_id, ASIDE))
    return _landed(entry, contract)


def _landed(
    entry: Mapping[str, Any], contract: Contract | None = None, reason: str | None = None
) -> TakenExtract:
    """Return a landed extract by its note; by its contract also the changes in its columns."""
    drift = drift_of(entry.get("drift"))
    item = drift_item(contract, entry, drift, [], is_held=False) if contract and drift else None
    about = (entry["partner"], entry["file"])
    rows = (entry["rows_read"], entry["rows_landed"], entry["rows_refused"])
    return TakenExtract(*about, "landed", entry["extract_id"], *rows, reason, item)


def _add_drift(
    fault: ExtractHeld, contract: Contract, reader: RecordReader, last: Mapping[str, Any] | None, shown: str
) -> None:
    """Add the changes in columns to the fault, because a file that does not land leaves no note."""
    drift = reader.drift(last)
    if drift:
        item = drift_item(contract, {"file": shown}, drift, [], is_held=True)
        fault.drift = item
        answer = "review/drift.json proposes a change to the contract."
        if not item["patch"]:
            answer = f"No change to the contract resolves that. {' '.join(item['effects'])}".rstrip()
        fault.sentence += f" What changed: {drift.sentence()}. {answer}"


def _contract_for(partner: str, file_name: str, shown: str, contracts: Contracts) -> Contract:
    """Return the contract that reads a file; raise ExtractHeld if there is none or several."""
    if not partner:
        raise ExtractHeld(
            "hold:no_partner",
            f"File {shown} lies in the inbox itself. Move it into its partner's folder, "
            "inbox/<partner>/, or use `njia inbox add PARTNER FILE`.",
        )
    if partner not in contracts.partners:
        close = get_close_matches(partner, contracts.partners, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        folder = shown_file(partner)
        raise ExtractHeld(
            "hold:unknown_partner",
            f"{folder}: file {shown} waits: no partner of this name has a contract.{hint} Add "
            f"{folder}/contract.yml to the partners folder, or move the file to the right inbox folder.",
        )
    if partner in contracts.problems:
        raise ExtractHeld(
            "hold:contract_broken",
            f"{partner}: file {shown} waits until the contract is corrected. "
            + " ".join(contracts.problems[partner]),
        )
    fitting = [contract for contract in contracts.valid[partner] if contract.reads(file_name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " and ".join(repr(contract.contract) for contract in fitting)
        raise ExtractHeld(
            "hold:contract_ambiguous",
            f"{partner}: file {shown} matches the `files` of the contracts {names}. Narrow one of the "
            "patterns.",
        )
    patterns = ", ".join(repr(contract.files) for contract in contracts.valid[partner])
    raise ExtractHeld(
        "hold:contract_missing",
        f"{partner}: file {shown} matches no contract's `files` ({patterns}). Rename the file or widen "
        "a pattern.",
    )


def _order(name: str, contracts: list[Contract]) -> tuple[str, list[tuple[int, str]]]:
    """Sort by declared period, then by name with numbers as numbers: report_2 before report_10."""
    period = next(
        (contract.period_of(contract.declared_of(name)) for contract in contracts if contract.reads(name)),
        None,
    )
    parts = [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name.casefold())]
    return (period.to.isoformat() if period else ""), parts


def _not_taken(partner: str, shown: str, fault: ExtractStopped) -> TakenExtract:
    return TakenExtract(
        partner,
        shown,
        "unreadable" if isinstance(fault, ExtractUnreadable) else "held",
        reason=fault.sentence,
        drift=fault.drift,
        code=fault.code,
        columns=fault.columns,
    )


def with_unreported(
    settings: Settings,
    contracts: Contracts,
    taken: Collection[TakenExtract],
    reported_at: Mapping[str, datetime],
    otherwise: datetime = NEVER,
) -> list[TakenExtract]:
    """Return the files this refresh took, preceded by extracts landed since each partner's last receipt.

    `reported_at`: time of the last receipt by partner, to the second; `otherwise` is used for a partner
    without one. A file that a stopped refresh landed and left in the inbox is `already_landed` now; it
    appears once, as landed.
    """
    landed_now = {_id_of(extract) for extract in taken if extract.outcome == "landed"}
    unreported: dict[tuple[str, str | None], TakenExtract] = {}
    for partner in contracts.partners:
        entries = read_register(settings.landing, partner)
        for extract_id, entry in sorted(entries.items(), key=lambda item: item[1]["sequence"]):
            landed_at = datetime.fromisoformat(entry["landed_at"]).astimezone(UTC).replace(microsecond=0)
            is_reported = landed_at <= reported_at.get(partner, otherwise)
            if is_reported or (partner, extract_id) in landed_now:
                continue
            contract = contract_for(entry, contracts)
            unreported[partner, extract_id] = _landed(entry, contract, LANDED_EARLIER)
    others = [
        extract
        for extract in taken
        if extract.outcome != "already_landed" or _id_of(extract) not in unreported
    ]
    return [*unreported.values(), *others]


def _id_of(extract: TakenExtract) -> tuple[str, str | None]:
    return extract.partner, extract.extract_id
