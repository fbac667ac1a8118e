"""What an earlier refresh landed and told nobody of, because it was stopped or failed on its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from orchestration.contracts import Contracts, contract_for
from orchestration.core import Settings
from orchestration.intake.drift.report import drift_item, drift_of
from orchestration.intake.landing.landing import read_register
from orchestration.intake.outcomes import TakenExtract

NEVER = datetime(1, 1, 1, tzinfo=UTC)
WHY = "It landed in an earlier refresh that did not come to its end."


def with_untold(
    settings: Settings,
    contracts: Contracts,
    taken: Collection[TakenExtract],
    told_at: Mapping[str, datetime],
    otherwise: datetime = NEVER,
) -> list[TakenExtract]:
    """What this refresh took in, after what landed since each partner was last told (`told_at`, by partner).

    Of a partner that `told_at` does not name (receipts may be deleted), what landed since `otherwise`. Both
    are to the second, as receipts know their time. A file that a stopped refresh landed and left in the inbox
    is found there again, `already_landed`: it is told once, as landed.
    """
    landed_now = {_key(one) for one in taken if one.outcome == "landed"}
    untold: dict[tuple[str, str | None], TakenExtract] = {}
    for partner in contracts.partners:
        entries = read_register(settings.landing, partner)
        for extract_id, entry in sorted(entries.items(), key=lambda item: item[1]["sequence"]):
            landed_at = datetime.fromisoformat(entry["landed_at"]).astimezone(UTC).replace(microsecond=0)
            is_told = landed_at <= told_at.get(partner, otherwise)
            if is_told or (partner, extract_id) in landed_now:
                continue
            drift = drift_of(entry.get("drift"))
            contract = contract_for(entry, contracts)
            untold[partner, extract_id] = TakenExtract(
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
    again = [one for one in taken if one.outcome != "already_landed" or _key(one) not in untold]
    return [*untold.values(), *again]


def _key(one: TakenExtract) -> tuple[str, str | None]:
    return one.partner, one.extract_id
