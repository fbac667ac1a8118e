"""What a manifest prints of the inputs: each extract with fate and hashes and its partner by code; marks."""

from __future__ import annotations

from typing import Any

from orchestration.core import Keys, Settings
from orchestration.gates.in_force import DECIDED, InForce
from orchestration.gates.landed import landed_extracts

FROM_LANDING = (
    "extract_id", "sha256", "parquet_sha256", "contract_version", "contract_hash", "received_on",
    "rows_read", "rows_refused", "rows_landed",
)  # fmt: skip


def printed_fates(settings: Settings, keys: Keys, in_force: InForce) -> list[dict[str, Any]]:
    """One dict per landed extract, for the release room."""
    fates = {(fate.partner, fate.extract_id): fate for fate in in_force.fates}
    printed = []
    for landed in landed_extracts(settings):
        fate = fates[landed.key]
        period = landed.content.get("period") or {}
        printed.append(
            {name: landed.content.get(name) for name in FROM_LANDING}
            | {"partner_code": keys.partner_code(landed.partner), "fate": fate.fate, "reason": fate.reason}
            | {"period_from": period.get("from"), "period_to": period.get("to"), "round": period.get("round")}
        )
    return printed


def input_parts(keys: Keys, in_force: InForce) -> dict[str, str]:
    """A mark for each part of the inputs, so that two releases can be asked which of them changed.

    Keyed, because a part may hold few and guessable texts, such as the names of partners that are overdue.
    """
    parts = {name: list(texts) for name, texts in in_force.parts.items() if not name.startswith(DECIDED)}
    parts["time"] = [
        f"{name}={text}"
        for name, texts in sorted(in_force.parts.items())
        if name.startswith(DECIDED)
        for text in texts
    ]
    return {name: f"{keys.number('inputs', name, *texts) % (1 << 64):016x}" for name, texts in parts.items()}
