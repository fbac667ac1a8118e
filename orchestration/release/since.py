"""What is new in a release, by its manifest and that of the release before: nothing is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.release.staging.content_hash import TIME_BOUND


def tables_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Every table: its rows, how many more than before, and whether it is same, changed or new."""
    earlier: Mapping[str, Any] = before["tables"] if before else {}
    found = []
    for table, now in sorted(manifest["tables"].items()):
        then = earlier.get(table)
        if then is None:
            became = "new"
        elif table in TIME_BOUND or then["hash"] == now["hash"]:
            became = "same"
        else:
            became = "changed"
        more = now["rows"] - then["rows"] if then else now["rows"]
        found.append({"table": table, "rows": now["rows"], "more_than_before": more, "became": became})
    return found


def extracts_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, int]:
    """How many extracts came into force and how many left."""
    now, then = _in_force(manifest), _in_force(before) if before else set()
    return {"extracts_came": len(now - then), "extracts_left": len(then - now)}


def _in_force(manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (extract["partner_code"], extract["extract_id"])
        for extract in manifest["extracts"]
        if extract["fate"] == "in_force"
    }
