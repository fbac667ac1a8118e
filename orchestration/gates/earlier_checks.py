"""Checks that ran before staging, as one table: verdicts of the extract gate and tests of dbt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Settings, read_artifact
from orchestration.gates.verdicts import read_verdicts
from orchestration.release import CHECK_RESULTS
from orchestration.warehouse import Part, manifest_nodes

EXTRACT_GATE_STAGE, WAREHOUSE_STAGE = "extract_gate", "warehouse"
# The artifact of the extracts in force. Those of dbt's parts hold `in_force` (the fingerprint they were built
# from) and `nodes` (the outcome of each).
IN_FORCE = "in_force"
_OUTCOMES = {"pass": "passed", "success": "passed", "fail": "failed", "warn": "failed", "error": "error"}


def check_results(settings: Settings) -> pa.Table:
    """Return one row per check before staging; a dbt test without a result is `not_run`."""
    rows = [*_extract_gate(settings), *_dbt(settings)]
    rows.sort(key=lambda row: (row["stage"], row["subject"], row["check_name"]))
    return pa.Table.from_pylist(rows, schema=CHECK_RESULTS)


def published_tables(settings: Settings, schemas: tuple[str, ...], is_public: bool = False) -> set[str]:
    """Return `schema.table` of the models in these schemas; empty before dbt has parsed the project.

    `is_public`: leave out the tables that members alone have.
    """
    return {
        f"{node['schema']}.{node.get('alias') or node['name']}"
        for node in _manifest_nodes(settings).values()
        if node["resource_type"] == "model"
        and node["schema"] in schemas
        and (config := node.get("config", {})).get("materialized") != "ephemeral"
        and not (is_public and config.get("meta", {}).get("edition") == "members")
    }


def _extract_gate(settings: Settings) -> list[dict[str, Any]]:
    codes = _partner_codes(settings.typed / "extracts")
    return [
        {
            "stage": EXTRACT_GATE_STAGE,
            "subject": verdict.extract_id,
            "partner_code": codes.get((verdict.partner, verdict.extract_id)),
            "check_name": verdict.check_name,
            "severity": verdict.severity,
            "outcome": "waived" if verdict.waived else verdict.outcome,
            "observed": verdict.observed,
            "expected": verdict.expected,
            "waived_by": verdict.waived_by,
            "why": verdict.why,
            "steward_action": verdict.steward_action,
        }
        for verdict in read_verdicts(settings).verdicts
    ]


def _dbt(settings: Settings) -> list[dict[str, Any]]:
    """Return rows of all tests of the manifest, and of models that could not be built."""
    nodes = _manifest_nodes(settings)
    results = {result["unique_id"]: result for result in _fresh_results(settings)}
    rows = []
    for unique_id in sorted({*results, *(name for name, node in nodes.items() if _is_test(node))}):
        node, result = nodes.get(unique_id, {}), results.get(unique_id, {})
        is_test = _is_test(result or node)
        status = str(result.get("status", "skipped"))
        if not is_test and status == "success":
            continue
        config = node.get("config") or {}
        meta = config.get("meta") or node.get("meta") or {}
        is_warning = str(config.get("severity", "error")).lower() == "warn" or status == "warn"
        rows.append(
            {
                "stage": WAREHOUSE_STAGE,
                "subject": _table(node, nodes) or str(result.get("name", "")),
                "partner_code": None,
                "check_name": str(result.get("name") or node.get("name")) if is_test else "model_is_built",
                "severity": "warn" if is_warning else "refuse",
                "outcome": _OUTCOMES.get(status, "not_run"),
                "observed": float(result.get("failures") or 0) if result else None,
                "expected": "0 failing rows" if is_test else "built",
                "waived_by": None,
                "why": _one_line(node.get("description")),
                "steward_action": _one_line(meta.get("steward_action"))
                or "Look at the failing rows of this test in the work file; it guards the table's structure.",
            }
        )
    return rows


def _fresh_results(settings: Settings) -> list[Mapping[str, Any]]:
    """Return dbt's outcomes, without parts that were built from other extracts than those in force."""
    in_force = read_artifact(settings.work, IN_FORCE)
    parts = [read_artifact(settings.work, part) for part in Part]
    return [
        node
        for part in parts
        if part and in_force and part.facts["in_force"] == in_force.fingerprint
        for node in part.facts["nodes"]
    ]


def _manifest_nodes(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    try:
        return manifest_nodes(settings.work / "dbt" / "manifest.json")
    except FileNotFoundError:
        return {}


def _is_test(node: Mapping[str, Any]) -> bool:
    return node.get("resource_type") == "test"


def _table(node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the table that a test guards, or the model itself."""
    if not _is_test(node):
        return f"{node['schema']}.{node['name']}" if node else None
    parents = [node.get("attached_node"), *(node.get("depends_on") or {}).get("nodes", [])]
    owner = next((nodes[parent] for parent in parents if parent in nodes), None)
    return f"{owner['schema']}.{owner['name']}" if owner else None


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())


def _partner_codes(folder: Path) -> dict[tuple[str, str], str]:
    codes: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*.parquet")):
        for row in pq.read_table(path, columns=["extract_id", "partner", "partner_code"]).to_pylist():
            codes[row["partner"], row["extract_id"]] = row["partner_code"]
    return codes
