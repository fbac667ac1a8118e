"""The dbt project as assets, in two parts, with linkage and statistics between them.

Tables that people read are assets of their own; those on the way to them are one asset a part. The dbt tests
of an asset are one check.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import build_dbt_asset_specs

from orchestration import linkage, outputs, statistics
from orchestration.defs.boundary import FOR_MEMBERS, OWNER, RESTRICTED, step, version_of
from orchestration.defs.gates import IN_FORCE
from orchestration.refresh import Runs, tables
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.stewardship import items
from orchestration.warehouse import NodeOutcome, Part, manifest_nodes, part_of

TESTS = "dbt_tests_pass"
QUARANTINE, RECONCILIATION = "quarantined_records", "reconciliation"
# Group of the tables that are assets of their own: by schema, or by schema and name.
_GROUPS = {
    "marts": "marts",
    "published": "protect",
    f"quarantine.{QUARANTINE}": "shape",
    f"quality.{RECONCILIATION}": "shape",
}
SHAPED, COUNTED = dg.AssetKey(["warehouse", "shaped"]), dg.AssetKey(["warehouse", "counted"])
LINKAGE, STATISTICS = dg.AssetKey("linkage"), dg.AssetKey("statistics")
_ON_THE_WAY = {
    Part.BEFORE_PYTHON: (
        SHAPED,
        "shape",
        "Seeds, staged and judged rows, movements and counts, which linkage and statistics read.",
    ),
    Part.AFTER_PYTHON: (
        COUNTED,
        "marts",
        "Linked rows, counts and protected counts, which the marts read; what members read in the schemas "
        "`quality` and `meta`.",
    ),
}
_OPS = {
    Part.BEFORE_PYTHON: ("warehouse", "Judge and shape the extracts in force, with dbt."),
    Part.AFTER_PYTHON: ("publishable", "Build the tables that need linkage and statistics, with dbt."),
}


@dg.asset(
    key=LINKAGE,
    group_name="link",
    owners=[OWNER],
    tags=RESTRICTED,
    kinds={"parquet"},
    deps=[SHAPED],
    description=" ".join(linkage.DESCRIPTIONS.values()),
)
def link(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Compare keyed codes and coarse facts: link certain pairs, list likely ones for stewards."""
    linked = step(context, runs, tables.link)
    return dg.MaterializeResult(
        data_version=version_of(linked),
        metadata={
            "dagster/row_count": linked.facts["rows"]["links"],
            **_rows_of(linked.facts["rows"]),
            "code_files_unneeded": len(linked.facts["codes_unneeded"]),
            "left_out": dg.MetadataValue.json(linked.facts["left_out"]),
        },
    )


@dg.asset(
    key=STATISTICS,
    group_name="measure",
    owners=[OWNER],
    tags=FOR_MEMBERS,
    kinds={"parquet"},
    deps=[SHAPED],
    description=" ".join(statistics.DESCRIPTIONS.values()),
)
def measure(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
    """Measure hotspots, shifts and risk, each with its uncertainty, within each partner's own data."""
    measured = step(context, runs, tables.measure)
    return dg.MaterializeResult(data_version=version_of(measured), metadata=_rows_of(measured.facts["rows"]))


def assets(manifest: Path) -> list[dg.AssetsDefinition]:
    nodes, parts = manifest_nodes(manifest), part_of(manifest)
    keys = {name: _key(nodes[name], part) for name, part in parts.items()}
    described = {
        spec.metadata["dagster_dbt/unique_id"]: spec for spec in build_dbt_asset_specs(manifest=manifest)
    }
    made = [link, measure]
    for part in Part:
        own = {name: keys[name] for name in parts if parts[name] is part}
        specs = {_ON_THE_WAY[part][0]: _on_the_way(part, nodes, own)}
        for name, key in own.items():
            if key not in specs:
                reads = {keys[parent] for parent in nodes[name]["depends_on"]["nodes"] if parent in keys}
                specs[key] = described[name].replace_attributes(
                    key=key,
                    deps=sorted({*reads, _ON_THE_WAY[part][0]}),
                    group_name=_group_of(nodes[name]),
                    owners=[OWNER],
                    tags=FOR_MEMBERS if nodes[name]["schema"] in MEMBERS_SCHEMAS else RESTRICTED,
                )
        made.append(_part(part, nodes, own, specs))
    return made


def _rows_of(rows: Mapping[str, int]) -> dict[str, int]:
    return {f"rows_of_{table}": number for table, number in rows.items()}


def _group_of(node: Mapping[str, Any]) -> str | None:
    """Return the group of a table that is an asset of its own."""
    return _GROUPS.get(node["schema"]) or _GROUPS.get(f"{node['schema']}.{node['alias']}")


def _key(node: Mapping[str, Any], part: Part) -> dg.AssetKey:
    """Return the asset that shows a table."""
    is_read = _group_of(node) and node["resource_type"] == "model"
    return dg.AssetKey([node["schema"], node["alias"]]) if is_read else _ON_THE_WAY[part][0]


def _on_the_way(part: Part, nodes: Mapping[str, Any], own: Mapping[str, dg.AssetKey]) -> dg.AssetSpec:
    key, group, description = _ON_THE_WAY[part]
    read = {parent for name in own for parent in nodes[name]["depends_on"].get("nodes", [])}
    sources = {name.split(".")[2] for name in read if name.startswith("source.")}
    before = set() if part is Part.BEFORE_PYTHON else {SHAPED}
    return dg.AssetSpec(
        key,
        group_name=group,
        owners=[OWNER],
        tags=RESTRICTED,
        kinds={"dbt", "duckdb"},
        deps=sorted({IN_FORCE if name == "gates" else dg.AssetKey(name) for name in sources} | before),
        description=description,
    )


def _part(
    part: Part,
    nodes: Mapping[str, Any],
    own: Mapping[str, dg.AssetKey],
    specs: Mapping[dg.AssetKey, dg.AssetSpec],
) -> dg.AssetsDefinition:
    name, description = _OPS[part]
    tests: dict[dg.AssetKey, list[Any]] = {}
    for node in nodes.values():
        if node["resource_type"] == "test" and (key := _asset_of(node, own)):
            tests.setdefault(key, []).append(node)
    checks = {
        key: dg.AssetCheckSpec(TESTS, asset=key, blocking=True, description=_guarded(of_asset))
        for key, of_asset in tests.items()
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
        built = step(context, runs, lambda run: tables.nodes_of(tables.build_tables(run, part)))
        outcomes: dict[dg.AssetKey, list[NodeOutcome]] = {}
        rows: dict[dg.AssetKey, list[NodeOutcome]] = {}
        for node in built:
            if key := _asset_of(nodes[node.unique_id], own) if node.is_test else own.get(node.unique_id):
                (outcomes if node.is_test else rows).setdefault(key, []).append(node)
        for key in specs:  # parents first, as Dagster asks for
            of_asset = rows.get(key, [])
            if (
                of_asset
                and key in context.selected_asset_keys
                and all(node.status == "success" for node in of_asset)
            ):
                yield _result(key, of_asset, _row_counts(context, runs, of_asset[0]))
        for key, of_asset in outcomes.items():
            if checks[key].key in context.selected_asset_check_keys:
                yield _tested(checks[key], of_asset, nodes, runs.settings.desk_url)
        step(context, runs, lambda run: tables.stop_if_broken(built))

    return build_part


def _asset_of(test: Mapping[str, Any], own: Mapping[str, dg.AssetKey]) -> dg.AssetKey | None:
    """Return the asset of this part that a test belongs to."""
    parents = [test.get("attached_node"), *(test.get("depends_on") or {}).get("nodes", [])]
    return next((own[parent] for parent in parents if parent in own), None)


def _guarded(tests: list[Any]) -> str:
    """Return what the tests guard; of an asset of many tables, how many there are."""
    if len({test["attached_node"] for test in tests}) > 1:
        return f"{len(tests)} tests of tables on the way. A failed one says what it guards and what to do."
    return " ".join(map(_guards, tests))


def _result(key: dg.AssetKey, nodes: list[NodeOutcome], more: Mapping[str, Any]) -> dg.MaterializeResult:
    seconds, rows = round(sum(node.seconds for node in nodes), 3), sum(node.rows or 0 for node in nodes)
    return dg.MaterializeResult(
        asset_key=key, metadata={"dagster/row_count": rows, "seconds": seconds, "tables": len(nodes), **more}
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


def _guards(test: Mapping[str, Any]) -> str:
    """Return what a test of dbt's manifest guards, and what a steward does when it fails."""
    guards = test.get("description") or f"{test['name'].replace('_', ' ').capitalize()}."
    action = test["config"]["meta"].get("steward_action", "Tell the maintainers.")
    return f"{guards} If it fails: {action}"


def _tested(
    check: dg.AssetCheckSpec, outcomes: list[NodeOutcome], nodes: Mapping[str, Any], desk_url: str
) -> dg.AssetCheckResult:
    """Return the result of a table's check from the outcomes of its tests."""
    failed = [test for test in outcomes if test.status != "pass"]
    refusing = [test for test in failed if test.status != "warn"]
    metadata: dict[str, Any] = {
        "failing_rows": sum(test.failures for test in outcomes),
        "tests": dg.MetadataValue.table(
            [
                dg.TableRecord({"test": test.name, "outcome": test.status, "failing_rows": test.failures})
                for test in outcomes
            ]
        ),
    }
    if failed:
        metadata["desk"] = dg.MetadataValue.url(desk_url + items.release_check(failed[0].name).path)
    failures = " ".join(
        f"{test.name}: {test.failures} row(s). {_guards(nodes[test.unique_id])}" for test in failed
    )
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=TESTS,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if refusing else dg.AssetCheckSeverity.WARN,
        description=failures or f"{len(outcomes)} test(s), no failing row.",
        metadata=metadata,
    )
