"""What the judging models set aside, as numbers for the UI: a table by rule, and a number for each rule."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.settings import Settings
from orchestration.stewardship import review


def set_aside(settings: Settings) -> dict[str, Any]:
    """Metadata of the quarantine: records by rule; a record that failed two rules counts for each."""
    rows = review.read(settings, review.QUARANTINED_ROWS)
    records: dict[str, set[str]] = {}
    partners: dict[str, set[str]] = {}
    for row in rows:
        records.setdefault(row["rule_code"], set()).add(row["record"])
        partners.setdefault(row["rule_code"], set()).add(row["partner"])
    by_rule = sorted(records, key=lambda rule: (-len(records[rule]), rule))
    return {
        "records_set_aside": len({row["record"] for row in rows}),
        "by_rule": dg.MetadataValue.table(
            [
                dg.TableRecord({"rule": rule, "records": len(records[rule]), "partners": len(partners[rule])})
                for rule in by_rule
            ]
        )
        if by_rule
        else dg.MetadataValue.text("no record"),
        **{f"set_aside_{rule}": len(records[rule]) for rule in by_rule},
        "desk": dg.MetadataValue.url(f"{settings.desk_url}/"),
    }
