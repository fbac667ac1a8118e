"""The dbt project as assets, in two parts: before and after linkage and statistics."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from orchestration import outputs
from orchestration.defs.boundary import step
from orchestration.defs.tags import FOR_MEMBERS, OWNER, RESTRICTED
from orchestration.defs.warehouse_checks import TESTS, guards, tested
from orchestration.defs.warehouse_groups import groups_of
from orchestration.refresh import Runs, tables
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.warehouse import NodeOutcome, Part, manifest_nodes

QUARANTINE, RECONCILIATION = "quarantined_records", "reconciliation"
UNIQUE_ID = "dagster_dbt/unique_id"
_OPS = {
    Part.BEFORE_PYTHON: ("warehouse", "Judge and shape the extracts in force, with dbt."),
    Part.AFTER_PYTHON: ("publishable", "Build the tables that need linkage and statistics, with dbt."),
}


class NjiaDbtTranslator(DagsterDbtTranslator):
    """Groups assets by the steps of a refresh, and tags who may see them."""

    def __init__(self, nodes: Mapping[str, Any]) -> None:
        super().__init__()
        self._groups = groups_of(nodes)

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        return self._groups.get(dbt_resource_props["unique_id"])  # a source keeps the group of its own asset

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        is_shown = dbt_resource_props["schema"] in MEMBERS_SCHEMAS
        return {**super().get_tags(dbt_resource_props), **(FOR_MEMBERS if is_shown else RESTRICTED)}


def assets(manifest: Path) -> list[dg.AssetsDefinition]:
    nodes = manifest_nodes(manifest)
    return [_part(part, manifest, nodes) for part in Part]


def _part(part: Part, manifest: Path, nodes: Mapping[str, Any]) -> dg.AssetsDefinition:
    name, description = _OPS[part]
    specs = {
        spec.metadata[UNIQUE_ID]: spec.replace_attributes(owners=[OWNER])
        for spec in build_dbt_asset_specs(
            manifest=manifest, dagster_dbt_translator=NjiaDbtTranslator(nodes), **part.dagster_selection
        )
    }
    tests: dict[str, list[Any]] = {}
    for node in nodes.values():
        if node["resource_type"] == "test":
            tests.setdefault(_table_of(node, specs), []).append(node)
    checks = {
        table: dg.AssetCheckSpec(
            TESTS, asset=specs[table].key, blocking=True, description=" ".join(map(guards, own))
        )
        for table, own in tests.items()
        # Tests of seeds run and refuse too, but have no check of their own.
        if table in specs and nodes[table]["resource_type"] == "model"
    }

    @dg.multi_asset(
        name=name,
        description=description,
        can_subset=True,
        specs=list(specs.values()),
        check_specs=list(checks.values()),
    )
    def build_part(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        nodes_built = step(context, runs, lambda run: tables.nodes_of(tables.build_tables(run, part)))
        outcomes: dict[str, list[NodeOutcome]] = {}
        for node in nodes_built:
            if node.is_test:
                outcomes.setdefault(_table_of(nodes.get(node.unique_id, {}), specs), []).append(node)
        for node in nodes_built:
            spec = specs.get(node.unique_id)
            if spec and spec.key in context.selected_asset_keys and node.status == "success":
                yield _result(node, spec.key, _row_counts(context, runs, node))
        for table, of_table in outcomes.items():
            check = checks.get(table)
            if check and check.key in context.selected_asset_check_keys:
                yield tested(check, of_table, nodes, runs.settings.desk_url)
        step(context, runs, lambda run: tables.stop_if_broken(nodes_built))

    return build_part


def _table_of(test: Mapping[str, Any], specs: Mapping[str, dg.AssetSpec]) -> str:
    """Return the unique id of the table that a test belongs to, or an empty string."""
    parents = [test.get("attached_node"), *(test.get("depends_on") or {}).get("nodes", [])]
    return next((parent for parent in parents if parent in specs), "")


def _result(node: NodeOutcome, key: dg.AssetKey, more: Mapping[str, Any]) -> dg.MaterializeResult:
    rows = {} if node.rows is None else {"dagster/row_count": node.rows}
    return dg.MaterializeResult(
        asset_key=key,
        metadata={**rows, "seconds": node.seconds, **more},
    )


def _row_counts(context: dg.AssetExecutionContext, runs: Runs, node: NodeOutcome) -> dict[str, Any]:
    """Return more metadata of two tables: records by quarantine rule, and each partner's rows by fate."""
    if node.name == QUARANTINE:
        by_rule = step(context, runs, lambda run: tables.quarantined_by_rule(run.settings))
        records = [
            dg.TableRecord({"rule": rule, "records": rows, "partners": of}) for rule, rows, of in by_rule
        ]
        return {
            "by_rule": dg.MetadataValue.table(records) if records else dg.MetadataValue.text("no record"),
            **{f"quarantined_{rule}": rows for rule, rows, _ in by_rule},
            "desk": dg.MetadataValue.url(f"{runs.settings.desk_url}/"),
        }
    if node.name == RECONCILIATION:
        rows = step(context, runs, lambda run: outputs.rows_of_partners(run.settings))
        if rows:
            return {"rows_by_partner": dg.MetadataValue.table([dg.TableRecord(row) for row in rows])}
    return {}
