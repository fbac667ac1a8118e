"""Take in, type, locate: from partners' files to typed tables and places."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from orchestration import gates, intake, outputs, places, typing
from orchestration.core import TEXTS_SUFFIX, Artifact, Settings, fingerprint_of, note
from orchestration.operations import erase_past_retention
from orchestration.refresh.run import Run
from orchestration.refresh.step import Made, Step, artifact_of, done, is_done
from orchestration.release import current_release

TAKE_IN, TYPE, LOCATE = "take_in", "type", "locate"
_UNFINISHED = "with failures"


def take_in(run: Run, partners: Collection[str] | None = None) -> Artifact:
    """Read, rename, minimise and land the files of the inbox, or only those of `partners`.

    Done in every run. Its fingerprint is that of the landing, so without new files the next steps are
    skipped.
    """
    settings = run.settings
    current = current_release(settings)
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
    typed = _typed(run)
    erased = erase_past_retention(settings, run.keys, run.as_of)
    if erased:  # erasing has emptied `work/`
        _note_taken(settings, taken)
        typed = _typed(run)
    return typed, sum(partner.records for partner in erased)


def is_typed(run: Run) -> bool:
    """Whether typing and retention would change nothing."""
    return is_done(run, _TYPE) and not gates.past_retention(run.settings, run.as_of.date())


def failures_of(settings: Settings) -> list[typing.TypingFailure]:
    """Return the extracts that could not be typed."""
    return [typing.TypingFailure(**failure) for failure in artifact_of(settings, TYPE).facts["failed"]]


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


def locate(run: Run) -> Artifact:
    """Resolve every distinct place mention."""
    return done(run, _LOCATE)


def is_located(run: Run) -> bool:
    return is_done(run, _LOCATE)


def landing_of(settings: Settings, partner: str | None = None) -> str:
    """Return the fingerprint of all landed extracts, or of one partner's."""
    notes = sorted(settings.landing.glob(f"{partner or '*'}/[!.]*.json"))
    return fingerprint_of(
        {f"{path.parent.name}/{path.stem}": hashlib.sha256(path.read_bytes()).hexdigest() for path in notes}
    )


def _note_taken(settings: Settings, taken: list[intake.TakenExtract]) -> Artifact:
    facts = {"taken": [file.as_dict() for file in taken]}
    return note(settings.work, TAKE_IN, landing_of(settings), [], facts)


def _typed(run: Run) -> Artifact:
    typed = done(run, _TYPE)
    if typed.facts["failed"]:  # another fingerprint, so that the next run tries again
        files = [run.settings.work / path for path in typed.files]
        note(run.settings.work, TYPE, f"{typed.fingerprint} {_UNFINISHED}", files, typed.facts)
    return typed


def _make_typed(run: Run) -> Made:
    settings = run.settings
    typed = typing.type_extracts(
        settings, run.keys, contracts=run.contracts, corrections=run.decisions.value_corrections
    )
    files = [*settings.typed.glob("*/*.parquet"), *settings.typed.glob(f"*/*{TEXTS_SUFFIX}")]
    return files, asdict(typed)


def _make_located(run: Run) -> Made:
    located = places.locate(run.settings, run.keys, run.decisions.place_aliases)
    folder = run.settings.work / "places"
    names = ("matches.parquet", "scoped_mentions.parquet", "unresolved.parquet", "unresolved.texts")
    return [folder / name for name in names], asdict(located)


_TYPE = Step(
    TYPE,
    (TAKE_IN,),
    (*typing.READ_BY, "seeds/reference", "pydantic=="),
    lambda run: [
        run.keys.ids,
        gates.contract_hashes(run.settings.partners),
        run.decisions.agreement_changes,
        run.decisions.value_corrections,
    ],
    _make_typed,
)
_LOCATE = Step(
    LOCATE,
    (TYPE,),
    places.READ_BY,
    lambda run: [run.keys.ids["record"], run.decisions.place_aliases],
    _make_located,
)
