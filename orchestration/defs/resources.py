"""Everything put together for one installation. The only file of this folder that Dagster reads itself."""

from __future__ import annotations

import dagster as dg

from orchestration import extracts
from orchestration.defs import (
    carried,
    delivery_checks,
    extract_checks,
    gates,
    linkage,
    places,
    release,
    release_checks,
    statistics,
    warehouse,
)
from orchestration.defs import extracts as extract_steps
from orchestration.defs.automation import automation
from orchestration.defs.workplace import Workplace
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.settings import Settings
from orchestration.warehouse import manifest_path


def evidence_base(workplace: Workplace) -> dg.Definitions:
    """The definitions of one installation, over its own partners and home."""
    contracts = extracts.load_contracts(workplace.settings.partners)
    manifest = manifest_path(workplace.settings)
    automatic = automation(workplace.settings)
    tables = warehouse.assets(workplace, manifest)
    published = [key for part in tables for key in part.keys if key.path[0] in MEMBERS_SCHEMAS]
    return dg.Definitions(
        assets=[
            *extract_steps.assets(workplace, contracts),
            *places.assets(workplace),
            *gates.assets(workplace),
            *carried.assets(workplace, manifest),
            *tables,
            *linkage.assets(workplace),
            *statistics.assets(workplace),
            *release.assets(workplace, manifest, published),
        ],
        asset_checks=[
            *extract_checks.checks(workplace, contracts),
            *delivery_checks.checks(workplace, contracts),
            *release_checks.checks(workplace),
        ],
        # What is materialised from the lineage page, too: lock, clock and findings belong to one process.
        executor=dg.in_process_executor,
        jobs=[automatic.job],
        schedules=[automatic.schedule],
        sensors=automatic.sensors,
    )


@dg.definitions
def njia() -> dg.Definitions:
    return evidence_base(Workplace(Settings.from_environment()))
