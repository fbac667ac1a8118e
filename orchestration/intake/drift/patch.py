"""Propose the change to a contract that resolves a drift: YAML for a steward to merge, and its effects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import yaml

from orchestration.contracts import TODO, Contract
from orchestration.intake.drift.codes import NewCodes
from orchestration.intake.drift.columns import Drift, Renamed
from orchestration.intake.shown_names import is_position


def contract_patch(contract: Contract, drift: Drift | None, new_codes: Iterable[NewCodes] = ()) -> str:
    """Return YAML to merge into the contract, key by key; its `deny` entries are added to the existing ones.

    Renamed columns get their new names. New columns go under `deny`; a steward may map them instead. New
    spellings get TODO as their code, which `njia contract check` refuses.
    """
    patch: dict[str, Any] = {}
    for one in drift.renamed if drift else ():
        for use in one.feeds:
            _rename(patch, contract, use, one)
    for codes in new_codes:
        if codes.shown:
            spec = patch.setdefault("fields", {}).setdefault(codes.field, {})
            spec["values"] = dict.fromkeys(codes.shown, TODO)
    if added := [column for column in drift.added if not is_position(column)] if drift else []:
        patch.setdefault("deny", []).extend(added)
    if not patch:
        return ""
    patch = {"version": contract.version + 1} | patch
    return yaml.dump(patch, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=110)


def effects(drift: Drift | None, new_codes: Iterable[NewCodes], is_held: bool) -> list[str]:
    """Describe in sentences what the patch changes."""
    sentences = []
    for one in drift.renamed if drift else ():
        if one.feeds == ["deny"]:
            sentences.append(f"{one.now!r} is known and dropped, as {one.before!r} was.")
        elif one.is_required and is_held:
            sentences.append(
                f"The file is no longer held for {one.before!r}, which is read from {one.now!r}."
            )
        else:
            sentences.append(f"{', '.join(one.feeds) or one.before!r} is filled again, from {one.now!r}.")
    for use in drift.gone if drift else ():
        if use.is_required:
            sentences.append(f"Nothing replaces {use.column!r}: ask the partner for the file with it.")
        elif use.feeds and use.feeds != ["deny"]:
            sentences.append(
                f"{', '.join(use.feeds)} stays empty without {use.column!r}; if that is intended, set "
                "`optional_column: true`."
            )
    if drift and drift.added:
        sentences.append(
            "New columns are dropped; `deny` records that as intended. Map a column instead if it is useful. "
            "A heading with an unknown word is called by its position: read it in the file."
        )
    for codes in new_codes:
        sentences.append(
            f"{codes.field}: {codes.records} of {codes.answered} records ({codes.share:.1%}) are no longer "
            "`unknown`, once every TODO is a code."
            if codes.shown
            else f"{codes.field}: {codes.records} of {codes.answered} records are `unknown`; their spellings "
            "cannot be shown here. Look into the original, or ask the partner for its list."
        )
    return sentences


def _rename(patch: dict[str, Any], contract: Contract, use: str, one: Renamed) -> None:
    if use == "deny":
        patch.setdefault("deny", []).append(one.now)
        return
    room, _, key = use.partition(".")
    if room == "fields":
        patch.setdefault("fields", {}).setdefault(key, {})["column"] = one.now
    elif use == "delivery.key":
        parts = [one.now if part == one.before else part for part in contract.delivery.key_parts]
        patch.setdefault("delivery", {})["key"] = parts[0] if len(parts) == 1 else parts
    else:
        patch.setdefault(room, {})[key or "column"] = one.now


class _Quoting(yaml.SafeDumper):
    """Quotes every text, so that no answer becomes true, false or a number."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # Keys that are plain words stay unquoted. JSON and double-quoted YAML have the same escapes.
    is_plain = text.replace("_", "").isalpha() and json.dumps(text) == f'"{text}"' and text.islower()
    is_ours = is_plain and text not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
    style = None if is_ours or text.startswith("place(") else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Quoting.add_representer(str, _quoted)
