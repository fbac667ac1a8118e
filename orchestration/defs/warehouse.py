"""The dbt project as assets, in parts, with linkage, statistics and the fit of public counts between them.

Tables that people read are assets of their own; those on the way to them are one asset a part. The dbt tests
of an asset are one check.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import build_dbt_asset_specs

from orchestration.core import descriptions_of
from orchestration.defs.boundary import FOR_MEMBERS, OWNER, RESTRICTED, asset, spec, step, version_of
from orchestration.defs.gates import IN_FORCE
from orchestration.refresh import Runs, Step, tables
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.stewardship import items
from orchestration.warehouse import NodeOutcome, Part, manifest_nodes, part_of

TESTS = "dbt_tests_pass"
# Group of the tables that are assets of their own: by schema, or by schema and name.
_GROUPS = {
    "marts": "marts",
    "published": "protect",
    "quarantine.quarantined_records": "shape",
    "quality.reconciliation": "shape",
}
SHAPED, COUNTED, FITTED = (dg.AssetKey(["warehouse", name]) for name in ("shaped", "counted", "fitted"))
LINKAGE, STATISTICS, LEAVES = map(dg.AssetKey, ("linkage", "statistics", "fitted"))
# The asset of a part's tables on the way, its group, what the part does, and what the asset is.
_ON_THE_WAY = {
    Part.WAREHOUSE: (
        SHAPED,
        "shape",
        "Judge and shape the extracts in force, with dbt.",
        "Seeds, staged and judged rows, movements and counts, which linkage reads.",
    ),
    Part.COUNTS: (
        COUNTED,
        "link",
        "Build the tables that need linkage, with dbt.",
        "Linked rows, counts and protected counts, which statistics, the fit and the marts read; what "
        "members read in the schemas `quality` and `meta`.",
    ),
    Part.PUBLISHABLE: (
        FITTED,
        "marts",
        "Build the tables that need statistics and fitted counts, with dbt.",
        "Fitted counts, whose sums the public tables show.",
    ),
}


def _in_python(
    key: dg.AssetKey, reads: Part, group: str, tags: dict[str, str], description: str, make: Step
) -> dg.AssetsDefinition:
    """Return the asset of a step between two parts."""

    @asset(
        key.path[0],
        key,
        group,
        description,
        [_ON_THE_WAY[reads][0]],
        tags=tags,
    )
    def made(context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]) -> dg.MaterializeResult:
        artifact = step(context, runs, make)
        rows = {f"rows_of_{table}": number for table, number in artifact.facts["rows"].items()}
        return dg.MaterializeResult(data_version=version_of(artifact), metadata=rows)

    return made


def assets(manifest: Path) -> list[dg.AssetsDefinition]:
    nodes, parts = manifest_nodes(manifest), part_of(manifest)
    keys = {name: _key(nodes[name], part) for name, part in parts.items()}
    described = {
        spec.metadata["dagster_dbt/unique_id"]: spec for spec in build_dbt_asset_specs(manifest=manifest)
    }
    linked, measured, fitted = map(descriptions_of, ("linkage", "statistics", "fitted"))
    made = [
        _in_python(LINKAGE, Part.WAREHOUSE, "link", RESTRICTED, linked, tables.link),
        _in_python(STATISTICS, Part.COUNTS, "measure", FOR_MEMBERS, measured, tables.measure),
        _in_python(LEAVES, Part.COUNTS, "measure", RESTRICTED, fitted, tables.fit),
    ]
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


def _group_of(node: Mapping[str, Any]) -> str | None:
    """Return the group of a table that is an asset of its own."""
    return _GROUPS.get(node["schema"]) or _GROUPS.get(f"{node['schema']}.{node['alias']}")


def _key(node: Mapping[str, Any], part: Part) -> dg.AssetKey:
    """Return the asset that shows a table."""
    is_read = _group_of(node) and node["resource_type"] == "model"
    return dg.AssetKey([node["schema"], node["alias"]]) if is_read else _ON_THE_WAY[part][0]


def _on_the_way(part: Part, nodes: Mapping[str, Any], own: Mapping[str, dg.AssetKey]) -> dg.AssetSpec:
    key, group, _, description = _ON_THE_WAY[part]
    read = {parent for name in own for parent in nodes[name]["depends_on"].get("nodes", [])}
    sources = {name.split(".")[2] for name in read if name.startswith("source.")}
    parts = list(Part)
    before = {_ON_THE_WAY[earlier][0] for earlier in parts[: parts.index(part)][-1:]}
    deps = sorted({IN_FORCE if name == "gates" else dg.AssetKey(name) for name in sources} | before)
    return spec(key, group, description, deps, kinds={"dbt", "duckdb"})


def _part(
    part: Part,
    nodes: Mapping[str, Any],
    own: Mapping[str, dg.AssetKey],
    specs: Mapping[dg.AssetKey, dg.AssetSpec],
) -> dg.AssetsDefinition:
    tests: dict[dg.AssetKey, list[Any]] = {}
    for node in nodes.values():
        if node["resource_type"] == "test" and (key := _asset_of(node, own)):
            tests.setdefault(key, []).append(node)
    checks = {}
    for key, of_asset in tests.items():
        guarded = " ".join(map(_guards, of_asset))
        if len({test["attached_node"] for test in of_asset}) > 1:
            many = f"{len(of_asset)} tests of tables on the way."
            guarded = f"{many} A failed one says what it guards and what to do."
        checks[key] = dg.AssetCheckSpec(TESTS, asset=key, blocking=True, description=guarded)

    @dg.multi_asset(
        name=part.value,
        description=_ON_THE_WAY[part][2],
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
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata={
                        "dagster/row_count": sum(node.rows or 0 for node in of_asset),
                        "seconds": round(sum(node.seconds for node in of_asset), 3),
                        "tables": len(of_asset),
                    },
                )
        for key, of_asset in outcomes.items():
            if checks[key].key in context.selected_asset_check_keys:
                yield _tested(checks[key], of_asset, nodes, runs.settings.desk_url)
        step(context, runs, lambda run: tables.stop_if_broken(built))

    return build_part


def _asset_of(test: Mapping[str, Any], own: Mapping[str, dg.AssetKey]) -> dg.AssetKey | None:
    """Return the asset of this part that a test belongs to."""
    parents = [test.get("attached_node"), *(test.get("depends_on") or {}).get("nodes", [])]
    return next((own[parent] for parent in parents if parent in own), None)


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
