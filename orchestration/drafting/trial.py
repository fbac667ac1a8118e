"""`njia contract check`: a file read and typed by a contract, its places located, the extract gate asked.

It goes through the rooms as a refresh does, in memory: no home is needed and nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

from orchestration.core import Settings
from orchestration.drafting.check import ContractReport, check_contract
from orchestration.gates import would_fail
from orchestration.places import locate_rows
from orchestration.stewardship import active_decisions


def try_contract(settings: Settings, contract_path: Path, file_path: Path) -> ContractReport:
    """What a refresh would make of a file received today; `ok` only where nothing would hold it.

    Decisions on places of a home count, if there is one. Volume and shares are not compared with earlier
    extracts: the one tried may be any of them.
    """
    now = settings.as_of()
    report = check_contract(contract_path, file_path, now.date(), settings.landing)
    if report.trial is None:
        return report
    aliases = active_decisions(settings, now).place_aliases if settings.decisions.is_dir() else []
    tables = report.trial.tables
    matches, waiting = locate_rows(tables["mentions"].to_pylist(), aliases)
    failures = would_fail(report.trial.note, tables | {"matches": matches}, now.date())
    held = [asdict(failure) for failure in failures if failure.holds]
    return replace(
        report,
        ok=report.ok and not held,
        held_because=held,
        told_because=[asdict(failure) for failure in failures if not failure.holds],
        places={"names": len(matches), "open": len(waiting), **Counter(waiting)},
    )
