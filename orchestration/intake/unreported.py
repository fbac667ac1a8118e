"""Extracts that an earlier refresh landed without a receipt, because it was stopped or failed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from orchestration.contracts import Contracts, contract_for
from orchestration.core import Settings
from orchestration.intake.drift.report import drift_item, drift_of
from orchestration.intake.landing.landing import read_register
from orchestration.intake.outcomes import TakenExtract

NEVER = datetime(1, 1, 1, tzinfo=UTC)
WHY = "It landed in an earlier refresh that did not finish."


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
    landed_now = {_key(extract) for extract in taken if extract.outcome == "landed"}
    unreported: dict[tuple[str, str | None], TakenExtract] = {}
    for partner in contracts.partners:
        entries = read_register(settings.landing, partner)
        for extract_id, entry in sorted(entries.items(), key=lambda item: item[1]["sequence"]):
            landed_at = datetime.fromisoformat(entry["landed_at"]).astimezone(UTC).replace(microsecond=0)
            is_reported = landed_at <= reported_at.get(partner, otherwise)
            if is_reported or (partner, extract_id) in landed_now:
                continue
            drift = drift_of(entry.get("drift"))
            contract = contract_for(entry, contracts)
            unreported[partner, extract_id] = TakenExtract(
                partner,
                entry["file"],
                "landed",
                extract_id,
                entry["rows_read"],
                entry["rows_landed"],
                entry["rows_refused"],
                reason=WHY,
                drift=drift_item(contract, entry, drift, [], is_held=False) if drift else None,
            )
    others = [
        extract for extract in taken if extract.outcome != "already_landed" or _key(extract) not in unreported
    ]
    return [*unreported.values(), *others]


def _key(extract: TakenExtract) -> tuple[str, str | None]:
    return extract.partner, extract.extract_id
