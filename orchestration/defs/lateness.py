"""Is a partner's next extract late: a check, and no freshness policy.

Dagster's policies look at when a step last ran, and every refresh runs every partner's step. What counts is
the day on which the partner's newest extract was received.
"""

from datetime import date
from typing import Any

import dagster as dg

from orchestration import gates
from orchestration.defs.extracts import landing_key
from orchestration.stewardship import items

ON_TIME = "next_extract_is_on_time"
ON_TIME_WHY = (
    "Silence of a partner must not be read as calm: by the cadence of its contract, counted from the day its "
    "newest extract was received. If it fails: ask the partner for its next extract, or change its cadence."
)


def on_time(partner: str, own: list[gates.Delivery], today: date, desk_url: str) -> dg.AssetCheckResult:
    """`own`: the newest extract of each of the partner's contracts."""
    late = [one for one in own if one.is_overdue(today)]
    days = max(((today - one.due).days for one in late if one.due), default=0)
    metadata: dict[str, Any] = {"days_overdue": days}
    if own:
        newest = max(one.received_on for one in own)
        metadata |= {
            "last_received": newest.isoformat(),
            "days_since_last_received": (today - newest).days,
            "deliveries": dg.MetadataValue.table([_delivery(one, today) for one in own]),
        }
    if late:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.overdue(partner).path)
    said = " ".join(
        f"{one.contract}: the newest extract came on {one.received_on}; by its {one.cadence} cadence the "
        f"next was due by {one.due}."
        for one in late
    )
    return dg.AssetCheckResult(
        asset_key=landing_key(partner),
        check_name=ON_TIME,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description=said or ("Nothing is overdue." if own else "Nothing has been taken in yet."),
        metadata=metadata,
    )


def _delivery(one: gates.Delivery, today: date) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "contract": one.contract,
            "received": one.received_on.isoformat(),
            "cadence": one.cadence,
            "next due": one.due.isoformat() if one.due else "none",
            "state": "overdue" if one.is_overdue(today) else "on time",
        }
    )
