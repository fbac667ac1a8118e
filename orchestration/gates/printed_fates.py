"""What a manifest prints of each extract: its fate and hashes, and the partner by code only."""

from __future__ import annotations

from typing import Any

from orchestration.gates.in_force import InForce
from orchestration.gates.landed import landed_extracts
from orchestration.keys import Keys
from orchestration.settings import Settings

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
