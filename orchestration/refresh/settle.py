"""The extract gate, the extracts in force after it, and the carried rows of closed periods."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pyarrow.parquet as pq

from orchestration import gates, intake, release
from orchestration.core import Artifact, NjiaError, Settings, fingerprint_of, note, read, refreshes
from orchestration.operations import are_lists_whole
from orchestration.refresh import extracts
from orchestration.refresh.extracts import LOCATE, TAKE_IN, TYPE
from orchestration.refresh.run import Run
from orchestration.refresh.step import Made, Step, artifact_of, done, is_done

JUDGE, CARRY = "judge_extracts", "carry"
IN_FORCE = gates.IN_FORCE


def judge_extracts(run: Run) -> Artifact:
    """Judge the profile of every landed extract with Great Expectations."""
    return done(run, _JUDGE)


def has_verdicts(settings: Settings) -> bool:
    """Whether any run has judged extracts."""
    return read(settings.work, JUDGE) is not None


def settle(run: Run) -> Artifact:
    """Put extracts in force. Done in every run. Its fingerprint covers all inputs of a release."""
    settings = run.settings
    settled = gates.put_in_force(
        settings,
        run.as_of,
        run.decisions,
        run.keys.ids,
        boundaries=run.county_boundaries.record(),
    )
    is_rolled_back = release.is_rolled_back(settings, run.decisions, settled.given_hash)
    folder = settings.work / "gates"
    facts = {
        "run_id": run.run_id,
        "is_rolled_back": is_rolled_back,
        # After a refusal or a wait, and where a list is damaged, lists and tables are made again.
        "is_unchanged": is_rolled_back
        or (not (settled.changed or refreshes.lists_show_candidate(settings)) and are_lists_whole(settings)),
        **{
            name: pq.read_metadata(folder / f"{name}.parquet").num_rows
            for name in ("sources", "alert_releases")
        },
    }
    names = (
        "in_force.parquet",
        "in_force.json",
        "row_decisions.parquet",
        "alert_releases.parquet",
        "sources.parquet",
        "as_of.parquet",
    )
    files = [folder / name for name in names]
    return note(settings.work, IN_FORCE, settled.inputs_hash, files, facts)


def settle_again(run: Run) -> None:
    """Raise NjiaError if an earlier run settled what is in force, and it would differ now."""
    noted = artifact_of(run.settings, IN_FORCE)
    if noted.facts.get("run_id") != run.run_id and settle(run).fingerprint != noted.fingerprint:
        raise NjiaError(
            "Since these steps ran, a decision, an agreement, the day or the program has changed which "
            "extracts are in force. Start a refresh: it rebuilds only what that changes."
        )


def is_up_to_date(run: Run) -> bool:
    """Whether every step up to the extracts in force is valid, and the release holds them.

    The extracts in force are settled again, because another day may decide otherwise.
    """
    if intake.files_waiting(run.settings):
        return False
    extracts.take_in(run)  # finish after a forgotten record or a killed run
    if not (extracts.is_typed(run) and extracts.is_located(run) and is_done(run, _JUDGE)):
        return False
    return bool(settle(run).facts["is_unchanged"])


def settled_of(settings: Settings) -> gates.InForce:
    """Return what was settled last; NjiaError if nothing was."""
    settled = gates.read_in_force(settings)
    if settled is None:
        raise NjiaError("Nothing is in force yet. Materialise gates/in_force first, or run the whole job.")
    return settled


def carry(run: Run, tables: dict[str, list[str]]) -> Artifact:
    """Write the public rows of closed periods that this release takes over. Done in every run."""
    carried = release.carry(run.settings, run.decisions.year_republications, tables)
    files = sorted(run.settings.carried.glob("*.parquet"))
    facts: dict[str, Any] = asdict(carried)
    return note(run.settings.work, CARRY, fingerprint_of(facts), files, facts)


def carried_of(settings: Settings) -> release.Carried:
    """Return what was carried last."""
    return release.Carried(**artifact_of(settings, CARRY).facts)


def _make_verdicts(run: Run) -> Made:
    verdicts = gates.judge_extracts(run.settings, run.as_of, run.decisions)
    folder = run.settings.work / "gates"
    return [folder / "profiles.parquet", folder / "verdicts.parquet"], {
        "passed": verdicts.count("passed"),
        "failed": verdicts.count("failed"),
        "waived": sum(verdict.waived for verdict in verdicts.verdicts),
        "extracts_held": len(verdicts.holding),
    }


_JUDGE = Step(
    JUDGE,
    (TAKE_IN, TYPE, LOCATE),
    ("orchestration/gates", "expectations", "great-expectations==", "pandas=="),
    lambda run: [
        run.decisions.extract_accepts,
        run.decisions.extract_withdrawals,
        run.decisions.waivers,
        gates.agreements_ended(run.settings, run.as_of.date()),
        run.contracts.partners,
    ],
    _make_verdicts,
)
