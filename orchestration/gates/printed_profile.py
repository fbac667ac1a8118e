"""What is measured of a candidate's printed tables: both editions' files are read back, held against what was
counted and what the policy lets through, and attacked together, knowing the counts.

What does not belong here: what may be printed, and the attack itself (`disclosure`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration import disclosure
from orchestration.gates.earlier_checks import published_tables
from orchestration.gates.printed_labels import labels_without_room, trends_without_quarters
from orchestration.gates.printed_words import words_not_let_through
from orchestration.release import (
    EVIDENCE_BASE,
    PUBLIC_EVIDENCE_BASE,
    PUBLIC_SCHEMAS,
    REPORT_SCHEMA,
    printed_counts,
    printed_news,
    printed_presence,
    printed_reporting,
    printed_shifts,
)
from orchestration.settings import Settings
from orchestration.warehouse import read_tables

MEASURES = (
    "public_tables_missing", "public_waits_for_signature", "public_cells_open",
    "public_cells_not_let_through", "public_small_changes", "report_cells_open",
    "report_cells_not_let_through", "printed_days_shared", "rounds_of_other_days",
)  # fmt: skip
_FILES = {"public": PUBLIC_EVIDENCE_BASE, "partner": EVIDENCE_BASE}
_SCHEMAS = {"public": PUBLIC_SCHEMAS[0], "partner": REPORT_SCHEMA}


def printed_measures(
    settings: Settings, candidate: Path, as_of: date, manifest: Mapping[str, Any]
) -> dict[str, float | None]:
    """Numbers of `MEASURES`; all None where the project publishes no printed table.

    `…_cells_open`: hidden cells that a reader, or a partner, narrows down too far by the counts and by what
    words tell to be empty, and systems that contradict themselves; readers of the report have the public
    edition as well. `…_cells_not_let_through`:
    printed cells that are not as counted, too small by themselves, or not as first printed; rows and figures
    that the policy does not let through; labels that leave too few of a printed cell; and further columns of
    numbers. `public_small_changes`: cells that differ by too few from what was ever printed of them.
    `printed_days_shared`: pairs of periods, of both editions and of all that was ever printed, that count
    cases and share days without being the same. `rounds_of_other_days`: rounds that were printed and have
    other days now.
    """
    expected = published_tables(settings, PUBLIC_SCHEMAS)
    if not expected:
        return dict.fromkeys(MEASURES)
    missing = expected - _tables(candidate / PUBLIC_EVIDENCE_BASE)
    if missing:
        return dict.fromkeys(MEASURES) | {"public_tables_missing": float(len(missing))}
    policy = disclosure.load_disclosure_policy()
    ledger = disclosure.read_ledger(settings.ledger)
    tables = read_tables(settings, disclosure.AGGREGATES)
    frames = {name.split(".")[1]: table.to_pandas() for name, table in tables.items()}
    waits = bool(manifest["disclosure"].get("waits_for_signature"))
    public_cells = disclosure.printed_cells(printed_counts(candidate / PUBLIC_EVIDENCE_BASE, "public"))
    public_news = disclosure.news_of(printed_news(candidate / PUBLIC_EVIDENCE_BASE, "public"))
    found: dict[str, float | None] = {
        "public_tables_missing": 0.0,
        "public_waits_for_signature": float(waits),
        "public_small_changes": float(
            len(disclosure.small_changes(public_cells, ledger.printed, policy.public.least_persons))
        ),
    }
    for edition, schema in _SCHEMAS.items():
        file = candidate / _FILES[edition]
        if not published_tables(settings, (schema,)):
            continue
        printing = disclosure.printing_of(
            edition, policy, frames["int_periods"], as_of, ledger, public_cells, public_news
        )
        counts, presence = printed_counts(file, schema), printed_presence(file, schema)
        wrong = disclosure.wrong_cells(frames["int_told"], counts, printing)
        words = disclosure.words_of(frames, printing, counts.assign(edition=edition))
        unasked = words_not_let_through(
            file, candidate / EVIDENCE_BASE, schema, words, presence, printed_reporting(file, schema)
        )
        found |= {
            f"{schema}_cells_open": cells_open(file, schema, frames["int_told"], printing),
            f"{schema}_cells_not_let_through": float(
                wrong
                + unasked
                + labels_without_room(file, schema, counts, printing)
                + trends_without_quarters(file, schema)
            ),
        }
        if edition == "partner":
            ours = disclosure.printed_cells(counts)
            found["printed_days_shared"] = float(days_shared([*ledger.printed, *public_cells, *ours]))
            found["rounds_of_other_days"] = float(len(disclosure.rounds_of_other_days(printing)))
    return dict.fromkeys(MEASURES) | found


def cells_open(file: Path, schema: str, told: pd.DataFrame, printing: disclosure.Printing) -> float:
    """Hidden cells that readers of a file narrow down too far, by its counts and by what its words tell to be
    empty; and systems that contradict themselves, or were printed before and are opened by its words.
    """
    counts = printed_counts(file, schema)
    zeros = disclosure.together(
        disclosure.zeros_of_news(disclosure.news_of(printed_news(file, schema)), printing.periods),
        disclosure.zeros_of_shifts(printed_shifts(file, schema), printing.periods),
    )
    return float(open_to_readers(counts, zeros, told, printing))


def open_to_readers(
    counts: pd.DataFrame, zeros: disclosure.Zeros, told: pd.DataFrame, printing: disclosure.Printing
) -> int:
    """The same of printed counts and the cells that words tell to be empty."""
    before = disclosure.systems_before(printing)
    of_before = {system: cells for system, cells in zeros.items() if system in before}
    attacked = disclosure.audit_counts(told, counts, printing, zeros, of_each_reader=True)
    wrong = attacked.contradictions.keys() | disclosure.opened(told, counts, printing, of_before)
    found = attacked.cells[~attacked.cells["passed"]]
    if len(found) and printing.known:
        alone = disclosure.audit_counts(told, counts.head(0), printing, of_each_reader=True)
        found = _not_told_before(found, alone.cells)
    return len(found.drop_duplicates(["universe", "cell"])) + len(wrong)


def _not_told_before(found: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Without cells that the same reader knows as closely from what is printed elsewhere: to withhold a
    report, or a cell of it, does not bring them back."""
    keys = ["universe", "cell", "attacker"]
    beside = found.merge(before[[*keys, "low", "high"]], on=keys, how="left", suffixes=("", "_before"))
    is_closer = (beside["low_before"] < beside["low"]) | (beside["high_before"] > beside["high"])
    return beside[is_closer | beside["low_before"].isna()]


def days_shared(cells: Iterable[str]) -> int:
    """Pairs of systems that share days without being the same: one less the other would tell of the rest.

    `cells`: as the ledger names them. A round holds what was collected under its name, whatever its days.
    """
    counted = {cell.partition(": ")[0] for cell in cells if not cell.startswith(disclosure.NO_COUNTS)}
    systems = sorted(disclosure.days_of(universe) for universe in counted)
    return sum(
        grain == other and disclosure.KIND_OF_GRAIN[grain] != "round" and disclosure.overlap(days, theirs)
        for (grain, days), (other, theirs) in combinations(systems, 2)
    )


def _tables(evidence_base: Path) -> set[str]:
    if not evidence_base.is_file():
        return set()
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        rows = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return {name for (name,) in rows}
