"""Is a partner's next extract late?

A check and no freshness policy: Dagster's policies look at when a step last ran, and every refresh runs every
partner's step. Here the day counts on which the newest extract was received.
"""

from datetime import date
from typing import Any

import dagster as dg

from orchestration import gates
from orchestration.defs.extracts import landing_key
from orchestration.stewardship import items

ON_TIME = "next_extract_is_on_time"
ON_TIME_WHY = (
    "A late extract is missing evidence, not a calm period. The next one is due by the cadence of the "
    "contract, counted from the day the newest was received. If it fails: ask the partner for its "
    "extract, or change the cadence."
)


def on_time(
    partner: str, deliveries: list[gates.Delivery], today: date, desk_url: str
) -> dg.AssetCheckResult:
    """Return the check's result; `deliveries` are the newest extract of each of the partner's contracts."""
    late = [delivery for delivery in deliveries if delivery.is_overdue(today)]
    days = max(((today - delivery.due).days for delivery in late if delivery.due), default=0)
    metadata: dict[str, Any] = {"days_overdue": days}
    if deliveries:
        newest = max(delivery.received_on for delivery in deliveries)
        metadata |= {
            "last_received": newest.isoformat(),
            "days_since_last_received": (today - newest).days,
            "deliveries": dg.MetadataValue.table([_delivery(delivery, today) for delivery in deliveries]),
        }
    if late:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.overdue(partner).path)
    overdue = " ".join(
        f"{delivery.contract}: the newest extract was received on {delivery.received_on}; with its "
        f"{delivery.cadence} cadence the next was due by {delivery.due}."
        for delivery in late
    )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=ON_TIME,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description=overdue or ("Nothing is overdue." if deliveries else "No extract has been taken in yet."),
        metadata=metadata,
    )


def _delivery(delivery: gates.Delivery, today: date) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "contract": delivery.contract,
            "received": delivery.received_on.isoformat(),
            "cadence": delivery.cadence,
            "next due": delivery.due.isoformat() if delivery.due else "none",
            "state": "overdue" if delivery.is_overdue(today) else "on time",
        }
    )
