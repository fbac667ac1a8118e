"""Report drift to stewards, of files held in this refresh and of landed extracts, and what resolves it.

The change to the contract is YAML for a steward to merge, with its effects. A full extract that a later one
of the same period replaced is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml
from pydantic import TypeAdapter

from orchestration.contracts import TODO, Contract, Contracts, Vocabulary, contract_for, load_vocabulary
from orchestration.core import Keys, Settings
from orchestration.intake.drift.codes import NewCodes, coded_fields, find_new_codes
from orchestration.intake.drift.columns import Drift, Renamed, uses_of
from orchestration.intake.landing.hidden_texts import texts_of
from orchestration.intake.landing.landing import parquet_path, read_register
from orchestration.intake.outcomes import TakenExtract
from orchestration.intake.shown_names import is_position

_DRIFT = TypeAdapter(Drift)


def contract_patch(contract: Contract, drift: Drift, new_codes: Iterable[NewCodes] = ()) -> str:
    """Return YAML to merge into the contract, key by key; its `deny` entries are added to the existing ones.

    Renamed columns get their new names. New columns go under `deny`; a steward may map them instead. New
    spellings get TODO as their code, which `njia contract check` refuses.
    """
    patch: dict[str, Any] = {}
    for pair in drift.renamed:
        for use in pair.feeds:
            _rename(patch, contract, use, pair)
    for codes in new_codes:
        if codes.shown:
            spec = patch.setdefault("fields", {}).setdefault(codes.field, {})
            spec["values"] = dict.fromkeys(codes.shown, TODO)
    if added := [column for column in drift.added if not is_position(column)]:
        patch.setdefault("deny", []).extend(added)
    if not patch:
        return ""
    patch = {"version": contract.version + 1} | patch
    return yaml.safe_dump(patch, sort_keys=False, allow_unicode=True, width=110)


def effects(drift: Drift, new_codes: Iterable[NewCodes], is_held: bool) -> list[str]:
    """Describe in sentences what the patch changes."""
    sentences = []
    for pair in drift.renamed:
        if pair.feeds == ["deny"]:
            sentences.append(f"{pair.now!r} is known and dropped, as {pair.before!r} was.")
        elif pair.is_required and is_held:
            sentences.append(
                f"The file is no longer held for {pair.before!r}, which is read from {pair.now!r}."
            )
        else:
            when = "" if is_held else ", once the file is sent again"
            feeds = ", ".join(pair.feeds) or repr(pair.before)
            sentences.append(f"{feeds} is filled again, from {pair.now!r}{when}.")
    for use in drift.gone:
        if use.is_required:
            sentences.append(f"Nothing replaces {use.column!r}: ask the partner for the file with it.")
        elif use.feeds and use.feeds != ["deny"]:
            sentences.append(
                f"{', '.join(use.feeds)} stays empty without {use.column!r}; if that is intended, set "
                "`optional_column: true`."
            )
    if drift.added:
        sentences.append(
            "New columns are dropped; `deny` records that as intended. Map a column instead if it is useful. "
            "A heading with an unknown word is called by its position: read it in the file."
        )
    for codes in new_codes:
        answered = min(sum(codes.shown.values()), codes.records)
        sentences.append(
            f"{codes.field}: {answered} of {codes.answered} records ({answered / codes.answered:.1%}) are no "
            "longer `unknown`, once every TODO is a code."
            if codes.shown
            else f"{codes.field}: {codes.records} of {codes.answered} records are `unknown`; their spellings "
            "cannot be shown here. Look into the original, or ask the partner for its list."
        )
    return sentences


def _rename(patch: dict[str, Any], contract: Contract, use: str, pair: Renamed) -> None:
    if use == "deny":
        patch.setdefault("deny", []).append(pair.now)
        return
    room, _, key = use.partition(".")
    if room == "fields":
        patch.setdefault("fields", {}).setdefault(key, {})["column"] = pair.now
    elif use == "delivery.key":
        parts = [pair.now if part == pair.before else part for part in contract.delivery.key_parts]
        patch.setdefault("delivery", {})["key"] = parts[0] if len(parts) == 1 else parts
    else:
        patch.setdefault(room, {})[key or "column"] = pair.now


def drift_items(
    settings: Settings, keys: Keys, contracts: Contracts, taken: Iterable[TakenExtract] = ()
) -> list[dict[str, Any]]:
    """Return an item for each file with drift: the changes, a proposed patch of the contract and its effects.

    Call it after typing, which finds the extracts with new codes.
    """
    items = [extract.drift for extract in taken if extract.outcome == "held" and extract.drift]
    vocabulary = load_vocabulary()
    unmapped = _with_unmapped_codes(settings)
    for partner in contracts.partners:
        for entry in _in_use(read_register(settings.landing, partner)):
            contract = contract_for(entry, contracts)
            drift = _still_open(contract, drift_of(entry.get("drift")))
            is_unmapped = (partner, entry["extract_id"]) in unmapped
            codes = new_codes_of(settings, keys, contract, entry, vocabulary) if is_unmapped else []
            if drift or codes:
                items.append(drift_item(contract, entry, drift, codes, is_held=False))
    return items


def drift_item(
    contract: Contract, entry: Mapping[str, Any], drift: Drift, new_codes: list[NewCodes], is_held: bool
) -> dict[str, Any]:
    """Build an item; `entry` is the landing note, or the known part of it for a file that did not land."""
    return {
        "partner": contract.partner.code,
        "contract": contract.contract,
        "file": entry.get("file"),
        "extract_id": entry.get("extract_id"),
        "received_on": entry.get("received_on"),
        "landed": not is_held,
        **asdict(drift),
        "new_codes": [codes.as_dict() for codes in new_codes],
        "patch": contract_patch(contract, drift, new_codes),
        "effects": effects(drift, new_codes, is_held),
    }


def last_extract(
    register: Mapping[str, Mapping[str, Any]], contract: Contract, extract_id: str | None = None
) -> Mapping[str, Any] | None:
    """Return the landing note of the previous extract of the same contract, if any."""
    own = register.get(extract_id or "")
    earlier = [
        entry
        for entry in register.values()
        if entry["contract"] == contract.contract
        and entry is not own
        and (own is None or entry["sequence"] < own["sequence"])
    ]
    return max(earlier, key=lambda entry: entry["sequence"], default=None)


def _in_use(register: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in sorted(register.values(), key=lambda entry: entry["sequence"]):
        is_full = entry.get("delivery_mode") == "full"
        newest[entry["contract"], str(entry.get("period")) if is_full else entry["extract_id"]] = entry
    return iter(newest.values())


def drift_of(content: Mapping[str, Any] | None) -> Drift:
    return _DRIFT.validate_python(content or {})


def _still_open(contract: Contract, drift: Drift) -> Drift:
    """Leave out what today's contract already resolves."""
    named = {name for use in uses_of(contract) for name in use.names}
    added = [column for column in drift.added if column not in named]
    return replace(drift, added=added, renamed=[pair for pair in drift.renamed if pair.now not in named])


def _with_unmapped_codes(settings: Settings) -> set[tuple[str, str]]:
    """Return (partner, extract id) of the extracts in which typing found unknown codes."""
    # By name: a folder is read without the file that stands there while no extract has been typed.
    files = sorted((settings.typed / "problems").glob("*.parquet"))
    if not files:
        return set()
    table = pq.read_table(
        files, columns=["partner", "extract_id"], filters=pc.field("problem_code") == "code_unmapped"
    )
    return set(zip(table["partner"].to_pylist(), table["extract_id"].to_pylist(), strict=True))


def new_codes_of(
    settings: Settings, keys: Keys, contract: Contract, entry: Mapping[str, Any], vocabulary: Vocabulary
) -> list[NewCodes]:
    """Return the answers of a landed extract that are in no list, from its cells and encrypted texts."""
    path = parquet_path(settings.landing, str(entry["partner"]), str(entry["extract_id"]))
    if not path.is_file():
        return []
    fields = list(coded_fields(contract))
    table = pq.read_table(
        path, columns=["record_id", "field", "value", "kind"], filters=pc.field("field").isin(fields)
    )
    texts = texts_of(path, keys)
    ids, names, values, kinds = (table[name].to_pylist() for name in ("record_id", "field", "value", "kind"))
    answers = (texts.get(value, value) for value in values)
    return find_new_codes(contract, zip(ids, names, answers, kinds, strict=True), vocabulary)
