"""Take in, type, locate, judge and put in force: from partners' files to the extracts that feed the marts."""

import hashlib
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from orchestration import gates, intake, outputs, places, release, typing
from orchestration.core import (
    TEXTS_SUFFIX,
    Artifact,
    NjiaError,
    Settings,
    fingerprint_of,
    note_artifact,
    refreshes,
)
from orchestration.operations import are_lists_whole, erase_past_retention
from orchestration.refresh.run import Made, Run, Step, artifact_of

TAKE_IN, TYPE, LOCATE, JUDGE, CARRY = "take_in", "type", "locate", "judge_extracts", "carry"
IN_FORCE = gates.IN_FORCE


def take_in(run: Run, partners: Collection[str] | None = None) -> Artifact:
    """Read, rename, minimise and land the files of the inbox, or only those of `partners`.

    Done in every run. Its fingerprint is that of the landing, so without new files the next steps are
    skipped.
    """
    settings = run.settings
    current = release.current_release(settings)
    taken = intake.with_unreported(
        settings,
        run.contracts,
        intake.take_in(settings, run.keys, run.as_of, contracts=run.contracts, partners=partners),
        outputs.receipt_times(settings),
        datetime.fromisoformat(current.manifest["as_of"]) if current else intake.NEVER,
    )
    return _note_taken(settings, taken)


def taken_of(settings: Settings) -> list[intake.TakenExtract]:
    """Return the result for each file that was taken in last."""
    return [
        intake.TakenExtract(**{**file, "columns": tuple(file["columns"])})
        for file in artifact_of(settings, TAKE_IN).facts["taken"]
    ]


def type_extracts(run: Run) -> tuple[Artifact, int]:
    """Type new and changed extracts, then erase records past their retention; return how many were erased."""
    settings = run.settings
    taken = taken_of(settings)
    typed = _finished(_typed(run), settings)
    erased = erase_past_retention(settings, run.keys, run.as_of)
    if erased:  # erasing has emptied `work/`
        _note_taken(settings, taken)
        typed = _finished(_typed(run), settings)
    return typed, sum(partner.records for partner in erased)


def is_typed(run: Run) -> bool:
    """Whether typing and retention would change nothing."""
    return _typed.is_done(run) and not gates.past_retention(run.settings, run.as_of.date())


def typed_rows(settings: Settings) -> dict[str, int]:
    """Count the rows of each typed table, over all extracts."""
    return {
        table: sum(pq.read_metadata(path).num_rows for path in (settings.typed / table).glob("*.parquet"))
        for table in typing.TYPED_TABLES
    }


def drift_of(run: Run) -> list[dict[str, Any]]:
    """Return changed columns and code lists of the files taken in last, with the change to the contract.

    Receipts and stewards' lists both ask, after the last file is taken in.
    """
    if "drift" not in run.known:
        run.known["drift"] = intake.drift_items(run.settings, run.keys, run.contracts, taken_of(run.settings))
    return list(run.known["drift"])


@Step.of(
    LOCATE,
    (TYPE,),
    places.READ_BY,
    lambda run: [run.keys.ids["record"], run.decisions["place_alias"]],
)
def locate(run: Run) -> Made:
    """Resolve every distinct place mention."""
    located = places.locate(run.settings, run.keys, run.decisions["place_alias"])
    folder = run.settings.work / "places"
    names = ("matches.parquet", "scoped_mentions.parquet", "unresolved.parquet", "unresolved.texts")
    return [folder / name for name in names], located


def landing_of(settings: Settings, partner: str | None = None) -> str:
    """Return the fingerprint of all landed extracts, or of one partner's."""
    notes = sorted(settings.landing.glob(f"{partner or '*'}/[!.]*.json"))
    return fingerprint_of(
        {f"{path.parent.name}/{path.stem}": hashlib.sha256(path.read_bytes()).hexdigest() for path in notes}
    )


@Step.of(
    JUDGE,
    (TAKE_IN, TYPE, LOCATE),
    ("orchestration/gates", "expectations", "great-expectations==", "pandas=="),
    lambda run: [
        run.decisions["extract_accept"],
        run.decisions["extract_withdraw"],
        run.decisions["check_waiver"],
        gates.agreements_ended(run.settings, run.as_of.date()),
        run.contracts.partners,
    ],
)
def judge_extracts(run: Run) -> Made:
    """Judge the profile of every landed extract with Great Expectations."""
    verdicts = gates.judge_extracts(run.settings, run.as_of, run.decisions)
    folder = run.settings.work / "gates"
    return [folder / "profiles.parquet", folder / "verdicts.parquet"], {
        "passed": verdicts.count("passed"),
        "failed": verdicts.count("failed"),
        "waived": sum(verdict.waived for verdict in verdicts.verdicts),
        "extracts_held": len(verdicts.holding),
    }


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
    whole = refreshes.last_whole(settings)
    lists_show_candidate = whole is not None and whole["outcome"] in refreshes.NOT_PUBLISHED
    is_rolled_back = release.is_rolled_back(settings, run.decisions, settled.given_hash)
    folder = settings.work / "gates"
    facts = {
        "run_id": run.run_id,
        "is_rolled_back": is_rolled_back,
        # After a refusal or a wait, and where a list is damaged, lists and tables are made again.
        "is_unchanged": is_rolled_back
        or (not (settled.changed or lists_show_candidate) and are_lists_whole(settings)),
        **{
            name: pq.read_metadata(folder / f"{name}.parquet").num_rows
            for name in ("sources", "alert_releases")
        },
    }
    tables = ("in_force", "row_decisions", "alert_releases", "sources", "as_of")
    files = [folder / "in_force.json", *(folder / f"{table}.parquet" for table in tables)]
    return note_artifact(settings.work, IN_FORCE, settled.inputs_hash, files, facts)


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
    take_in(run)  # finish after a forgotten record or a killed run
    if not (is_typed(run) and locate.is_done(run) and judge_extracts.is_done(run)):
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
    carried = release.carry(run.settings, run.decisions["year_republication"], tables)
    files = sorted(run.settings.carried.glob("*.parquet"))
    facts: dict[str, Any] = asdict(carried)
    return note_artifact(run.settings.work, CARRY, fingerprint_of(facts), files, facts)


def _note_taken(settings: Settings, taken: list[intake.TakenExtract]) -> Artifact:
    facts = {"taken": [file.as_dict() for file in taken]}
    return note_artifact(settings.work, TAKE_IN, landing_of(settings), [], facts)


@Step.of(
    TYPE,
    (TAKE_IN,),
    (*typing.READ_BY, "seeds/reference", "pydantic=="),
    lambda run: [
        run.keys.ids,
        gates.contract_hashes(run.settings.partners),
        run.decisions["agreement_change"],
        run.decisions["value_correction"],
    ],
)
def _typed(run: Run) -> Made:
    settings = run.settings
    typed = typing.type_extracts(
        settings, run.keys, contracts=run.contracts, corrections=run.decisions["value_correction"]
    )
    files = [*settings.typed.glob("*/*.parquet"), *settings.typed.glob(f"*/*{TEXTS_SUFFIX}")]
    return files, asdict(typed)


def _finished(typed: Artifact, settings: Settings) -> Artifact:
    """Note failures under another fingerprint, so that the next run types again."""
    if typed.facts["failed"]:
        files = [settings.work / path for path in typed.files]
        note_artifact(settings.work, TYPE, f"{typed.fingerprint} with failures", files, typed.facts)
    return typed
