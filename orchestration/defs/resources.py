"""The definitions of one installation. Dagster itself reads only this file of the folder."""

from __future__ import annotations

import dagster as dg

from orchestration.contracts import load_contracts
from orchestration.core import Settings, check_home
from orchestration.defs import extract_checks, extracts, gates, pulled, release, warehouse
from orchestration.defs.automation import automation
from orchestration.refresh import Runs
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.warehouse import manifest_path


def evidence_base(runs: Runs) -> dg.Definitions:
    """Return the definitions of one installation, for its partners and its home."""
    contracts = load_contracts(runs.settings.partners)
    manifest = manifest_path(runs.settings)
    automatic = automation(runs.settings, contracts)
    tables = warehouse.assets(manifest)
    published = [key for part in tables for key in part.keys if key.path[0] in MEMBERS_SCHEMAS]
    return dg.Definitions(
        assets=[
            *pulled.assets(contracts),
            *extracts.assets(contracts),
            gates.extract_gate,
            gates.in_force,
            gates.carry(manifest),
            *tables,
            *release.assets(published),
        ],
        asset_checks=extract_checks.checks(contracts),
        # One process, because it holds the refresh lock; also for assets materialised from the lineage page.
        executor=dg.in_process_executor,
        resources={"runs": runs},
        schedules=automatic.schedules,
        sensors=automatic.sensors,
    )


@dg.definitions
def njia() -> dg.Definitions:
    settings = Settings.from_environment()
    check_home(settings, "write to")
    return evidence_base(Runs(settings))
