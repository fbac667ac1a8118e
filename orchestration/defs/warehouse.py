"""Judge, shape, measure and print, in parts around the steps that are Python: the dbt project as assets."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration import gates
from orchestration.defs.set_aside import set_aside
from orchestration.defs.workplace import Workplace, step
from orchestration.errors import NjiaError, ReleaseRefused
from orchestration.stewardship import items, review
from orchestration.warehouse import NodeOutcome, Part, build

QUARANTINE = "quarantined_records"
UNIQUE_ID = "dagster_dbt/unique_id"


class StepsOfTheWay(DagsterDbtTranslator):
    """Groups of the lineage graph are the verbs of the way, in its order."""

    def get_group_name(self, dbt_resource_props: Any) -> str:
        folder = dbt_resource_props["fqn"][1]
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        if folder == "marts":
            return "measure" if dbt_resource_props["name"].startswith("mart_") else "shape"
        return {
            "staging": "judge",
            "quarantine": "judge",
            "intermediate": "shape",
            "meta": "measure",
            "published": "protect",
        }.get(folder, folder)

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """Beside each test: what it guards, and what a steward does when it fails."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        test = manifest["nodes"][unique_id]
        guards = test.get("description") or f"{spec.name.replace('_', ' ').capitalize()}."
        action = test["config"]["meta"].get("steward_action", "Tell the maintainers.")
        return spec._replace(description=f"{guards} If it fails: {action}")


def assets(workplace: Workplace, manifest: Path) -> list[dg.AssetsDefinition]:
    translator = StepsOfTheWay()

    def part(name: str, of: Part, told: str) -> dg.AssetsDefinition:
        def build_part(
            context: dg.AssetExecutionContext,
        ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
            yield from _build(context, workplace, of)

        build_part.__doc__ = told
        as_assets = dbt_assets(
            manifest=manifest, dagster_dbt_translator=translator, name=name, **of.dagster_selection
        )
        return as_assets(build_part)

    return [
        part(
            "warehouse", Part.BEFORE_PYTHON, "One dbt build over the typed tables of the extracts in force."
        ),
        part("measure", Part.AFTER_PYTHON, "One dbt build of what stands on linkage and statistics."),
    ]


def _build(
    context: dg.AssetExecutionContext, workplace: Workplace, part: Part
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    nodes = step(
        context,
        workplace,
        # Without fingerprints of its sources, everything counts as changed.
        lambda refresh: build(workplace.settings, day := refresh.as_of.date().isoformat(), part, {}, day),
    )
    told: dict[str, Any] = {}
    if any(node.name == QUARANTINE and node.status == "success" for node in nodes):
        step(context, workplace, lambda refresh: review.write_quarantined_rows(workplace.drafting))
        told = step(context, workplace, lambda refresh: set_aside(workplace.drafting))
    yield from _results(context, nodes, {QUARANTINE: told}, workplace.settings.desk_url)
    step(context, workplace, lambda refresh: _tell_failed_tests(workplace))
    step(context, workplace, lambda refresh: _stop_if_broken(nodes))


def _results(
    context: dg.AssetExecutionContext,
    nodes: list[NodeOutcome],
    told: Mapping[str, Mapping[str, Any]],
    desk_url: str,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    definition = context.assets_def
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in definition.specs if UNIQUE_ID in spec.metadata}
    check_specs = {
        spec.metadata[UNIQUE_ID]: spec
        for spec in definition.check_specs
        if UNIQUE_ID in (spec.metadata or {})
    }
    selected, asked = context.selected_asset_keys, context.selected_asset_check_keys
    for node in nodes:
        key = keys.get(node.unique_id)
        if key in selected and node.status == "success":
            more = told.get(node.name, {})
            yield dg.MaterializeResult(asset_key=key, metadata={"seconds": node.seconds, **more})
        elif node.unique_id in check_specs and node.status != "skipped":
            spec = check_specs[node.unique_id]
            if spec.key not in asked:
                continue
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                description=None if node.status == "pass" else f"{node.failures} row(s). {spec.description}",
                metadata={"failing_rows": node.failures, **_desk(node, desk_url)},
            )


def _desk(node: NodeOutcome, desk_url: str) -> dict[str, dg.MetadataValue]:
    if node.status == "pass":
        return {}
    return {"desk": dg.MetadataValue.url(desk_url + items.release_check(node.name).path)}


def _tell_failed_tests(workplace: Workplace) -> None:
    found = gates.check_results(workplace.settings).to_pylist()
    review.write_failed_checks(workplace.drafting, "warehouse", found)


def _stop_if_broken(nodes: list[NodeOutcome]) -> None:
    """Errors of models are ours to mend; failed tests are a reason to refuse. Neither reaches a release."""
    # Failed tests first: a table that stands on one of theirs may have broken for that reason alone.
    failed = [node for node in nodes if node.status == "fail" and node.is_test]
    if failed:
        listed = "; ".join(f"{node.name} ({node.failures} rows)" for node in failed)
        raise ReleaseRefused(
            f"Refused: {len(failed)} dbt test(s) failed: {listed}. The current release stays. What each test "
            "guards stands in the Dagster UI beside its table."
        )
    errors = [node.name for node in nodes if node.status in ("error", "fail")]
    if errors:
        raise NjiaError(
            f"dbt could not build {', '.join(errors)}. The text of the error is not kept, because it may "
            "quote a row: run `make check`, then `make test`, to find the fault on synthetic data."
        )
