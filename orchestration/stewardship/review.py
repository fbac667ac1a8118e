"""The lists of `review/`: what waits for a steward after a refresh, published or refused. Restricted.

Every refresh rewrites them as drafts (`draft_lists`). They name partners, row numbers and rules, and no value
of a row: a name that means no place is a token, and what was written stands encrypted beside the list.
`open_items.csv`, written last, orders all of them, most valuable first.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from orchestration import intake
from orchestration.core import (
    Keys,
    Settings,
    decrypted,
    of_text,
    open_duckdb,
    parsed,
    read_json,
    safe,
    shown_record,
    write_json,
    write_summed,
)
from orchestration.stewardship.draft_lists import content_of, text_of, written_to

UNRESOLVED_PLACES, TEXTS_OF_PLACES = "unresolved_places.csv", "unresolved_places.texts"
FAILED_CHECKS = "failed_checks.csv"
FILES_NOT_TAKEN = "files_not_taken.csv"
EXTRACTS_NOT_TYPED = "extracts_not_typed.csv"
QUARANTINED_ROWS, REFUSED_ROWS = "quarantined_rows.csv", "refused_rows.csv"
DECISIONS_WITHOUT_EFFECT = "decisions_without_effect.csv"
LINKS = "links.csv"
ALERTS = "alerts.csv"
DRIFT, DRIFT_DETAILS = "drift.csv", "drift.json"
OPEN_ITEMS, OPEN_ITEMS_SAID = "open_items.csv", "open_items.json"
IN_FORCE = "in_force.json"
LAST_VERDICT = "last_verdict.json"
DAMAGED_FILES = "damaged_files.json"

NOT_TAKEN = ("held", "unreadable")
FAILED_COLUMNS = (
    "stage", "partner", "extract_id", "subject", "check_name", "severity", "outcome", "observed", "expected",
    "waived", "check_definition", "why", "steward_action", "finding", "said",
)  # fmt: skip
_STAGES = ("extract_gate", "warehouse", "release_gate")


def write_files_not_taken(settings: Settings, taken: Iterable[Any]) -> None:
    columns = ("partner", "file", "outcome", "code", "reason")
    rows = [vars(extract) for extract in taken if extract.outcome in NOT_TAKEN]
    _write(settings, FILES_NOT_TAKEN, columns, rows)


def write_extracts_not_typed(settings: Settings, failures: Iterable[Any]) -> None:
    columns = ("partner", "file", "extract_id", "step", "fault", "sentence")
    rows = [{**vars(failure), "sentence": failure.sentence} for failure in failures]
    _write(settings, EXTRACTS_NOT_TYPED, columns, rows)


def write_decisions_without_effect(settings: Settings, decisions: Iterable[Mapping[str, Any]]) -> None:
    columns = ("decision_id", "kind", "line", "decided_on", "author", "says", "why", "what_to_do")
    _write(settings, DECISIONS_WITHOUT_EFFECT, columns, decisions)


def write_drift(settings: Settings, items: Iterable[Mapping[str, Any]]) -> None:
    """Write one line a change to `drift.csv`, and with the ready change to the contract `drift.json`."""
    items = list(items)
    columns = ("partner", "contract", "file", "extract_id", "landed", "change", "column", "now", "feeds",
               "likeness", "records")  # fmt: skip
    _write(settings, DRIFT, columns, [line for item in items for line in _drift_lines(item)])
    write_json(written_to(settings) / DRIFT_DETAILS, {"drift": items})


def _drift_lines(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in item["renamed"]:
        yield {**item, "change": "column_renamed", "column": one["before"], "now": one["now"],
               "feeds": ", ".join(one["feeds"]), "likeness": one["likeness"]}  # fmt: skip
    for use in item["gone"]:
        feeds = ", ".join(use["feeds"])
        yield {**item, "change": "column_gone", "column": use["column"], "feeds": feeds}
    for column in item["added"]:
        yield {**item, "change": "column_added", "column": column}
    for codes in item["new_codes"]:
        yield {**item, "change": "new_codes", "column": codes["column"], "feeds": f"fields.{codes['field']}",
               "records": codes["records"]}  # fmt: skip


def write_in_force(settings: Settings, settled: Any) -> None:
    """Write whose extracts serve, the fate of each that is held, and which are over (`gates.InForce`)."""
    partners = {
        name: list(getattr(settled, f"partners_{name}")) for name in ("in_force", "stale", "held", "overdue")
    }
    held = [vars(fate) for fate in settled.held]
    over = [[fate.partner, fate.extract_id] for fate in settled.fates if fate.is_over]
    write_json(written_to(settings) / IN_FORCE, {"partners": partners, "held": held, "over": over})


def in_force(settings: Settings) -> dict[str, Any]:
    """Return what `write_in_force` wrote."""
    text = text_of(settings, IN_FORCE)
    found: dict[str, Any] = parsed(text, settings.review / IN_FORCE) if text else {"partners": {}, "held": []}
    return found


def write_unresolved_places(settings: Settings) -> None:
    """Write the open names as tokens, and beside them, encrypted, what was written."""
    import pyarrow.parquet as pq

    folder = settings.work / "places"
    table = pq.read_table(folder / "unresolved.parquet")
    _write(settings, UNRESOLVED_PLACES, table.column_names, table.to_pylist())
    write_summed(written_to(settings) / TEXTS_OF_PLACES, (folder / "unresolved.texts").read_bytes())


def texts_of_places(settings: Settings, keys: Keys) -> dict[str, list[str]]:
    """Return what was written of each open mention, by its id as text; none before the first refresh."""
    content = content_of(settings, TEXTS_OF_PLACES)
    return dict(decrypted(keys, content, TEXTS_OF_PLACES)) if content else {}


def write_failed_extract_checks(settings: Settings, verdicts: Iterable[Any]) -> None:
    """Write what the extract gate found."""
    found = [
        {**vars(verdict), "subject": f"{verdict.partner}/{verdict.extract_id}"}
        for verdict in verdicts
        if not verdict.passed
    ]
    _replace_failed(settings, "extract_gate", found)


def write_failed_checks(settings: Settings, stage: str, checks: Iterable[Mapping[str, Any]]) -> None:
    """Write what failed in a later stage, warnings included; rows as in `quality.check_results`."""
    failed = [
        {
            **check,
            "waived": bool(check.get("waived_by")),
            "check_name": check.get("check_name") or check["name"],
        }
        for check in checks
        if check["stage"] == stage and check["outcome"] != "passed"
    ]
    _replace_failed(settings, stage, failed)


def failed_checks(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the first row of each check that fails without a waiver, warnings included, by its name."""
    failed: dict[str, dict[str, str]] = {}
    for row in standing(settings, FAILED_CHECKS):
        if row["waived"] != "True":
            failed.setdefault(row["check_name"], row)
    return failed


def finding_of(row: Mapping[str, str]) -> str:
    """Return what a failed check found, as a sentence; empty where it has no such text."""
    return of_text(row["said"]) if row.get("said") else row.get("finding") or ""


def _replace_failed(settings: Settings, stage: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the rows of one stage; those of the others stay."""
    others = {*_STAGES} - {stage}
    kept = [row for row in read(settings, FAILED_CHECKS) if row.get("stage") in others]
    both = [*kept, *({**row, "stage": stage} for row in rows)]
    _write(settings, FAILED_CHECKS, FAILED_COLUMNS, sorted(both, key=lambda row: _STAGES.index(row["stage"])))


def write_quarantined_rows(settings: Settings) -> None:
    """Write row numbers and rules, from the work file right after dbt has closed it."""

    with open_duckdb(settings.warehouse, settings.spill) as con:
        found = con.execute(
            "select partner, extract_id, sheet, row_number, rule_code, record_id "
            "from quarantine.quarantined_records order by partner, extract_id, sheet, row_number, rule_code"
        )
        columns = ["partner", "extract_id", "sheet", "row_number", "rule_code", "record"]
        rows = [
            dict(zip(columns, (*where, shown_record(record_id)), strict=True))
            for *where, record_id in found.fetchall()
        ]
    _write(settings, QUARANTINED_ROWS, columns, rows)


def write_refused_rows(settings: Settings, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the rows that a rule refused at reading: a line for each extract, sheet and rule."""
    columns = ("partner", "extract_id", "file", "sheet", "rule_code", "rows", "records", "row_numbers")
    _write(settings, REFUSED_ROWS, columns, rows)


def rows_by_rule(settings: Settings) -> Counter[tuple[str, str]]:
    """Count the rows set aside and the rows refused at reading, by rule and partner."""
    found = Counter((row["rule_code"], row["partner"]) for row in read(settings, QUARANTINED_ROWS))
    for row in standing(settings, REFUSED_ROWS):
        found[row["rule_code"], row["partner"]] += int(row["rows"])
    return found


def write_alerts(
    settings: Settings, released: Iterable[Mapping[str, Any]], staged: Iterable[Mapping[str, Any]]
) -> None:
    """Write the alerts of the current release, and those that a candidate alone has."""
    key = ("corridor_id", "direction", "first_month")
    columns = (*key, "newest_month", "record_count_text", "expected_low", "expected_high", "evidence",
               "in_current_release")  # fmt: skip
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for rows, is_current in ((staged, False), (released, True)):
        found |= {
            tuple(str(row[name]) for name in key): {**row, "in_current_release": is_current} for row in rows
        }
    _write(settings, ALERTS, columns, [row for _, row in sorted(found.items())])


def write_links(settings: Settings, columns: Iterable[str], pairs: Iterable[Mapping[str, Any]]) -> None:
    """Write the pairs of records that may be one person, and in what they agree; never their values."""
    _write(settings, LINKS, columns, pairs)


def write_open_items(
    settings: Settings,
    columns: Iterable[str],
    open_ones: Iterable[Mapping[str, Any]],
    sentences: Mapping[str, Any],
) -> None:
    """Write all open items, most valuable first, and the `sentences` of each for translation."""
    _write(settings, OPEN_ITEMS, columns, open_ones)
    write_json(written_to(settings) / OPEN_ITEMS_SAID, sentences)


def sentences_of_items(settings: Settings) -> dict[str, Any]:
    """Return the sentences by item; none before the first refresh."""
    text = text_of(settings, OPEN_ITEMS_SAID)
    return dict(parsed(text, settings.review / OPEN_ITEMS_SAID)) if text else {}


def write_damaged_files(settings: Settings, found: Mapping[str, Any]) -> None:
    """Write what the last check of the home found."""
    write_json(settings.review / DAMAGED_FILES, found)


def damaged_files(settings: Settings) -> list[dict[str, str]]:
    """Return the damaged and missing files of the home that the last check found."""
    try:
        return list(read_json(settings.review / DAMAGED_FILES)["faults"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def standing_candidate(settings: Settings) -> dict[str, Any] | None:
    """Return the last verdict, if its candidate was refused or waits for review and still lies there."""
    try:
        verdict: dict[str, Any] = read_json(settings.review / LAST_VERDICT)
    except (OSError, ValueError):
        return None
    folder = settings.releases / f".candidate-{verdict['candidate']}"
    return verdict if verdict["outcome"] in ("refused", "waits") and folder.is_dir() else None


def changes_file(settings: Settings, release_id: str) -> Path:
    """Return where it is kept what a judged candidate, or the release that it became, changed."""
    return settings.review / "changes" / f"{release_id}.json"


def changes_of(settings: Settings, release_id: str) -> dict[str, Any] | None:
    """Read it; None for the first release."""
    try:
        changes: dict[str, Any] = read_json(changes_file(settings, release_id))
    except (OSError, ValueError):
        return None
    return changes


def read(settings: Settings, name: str) -> list[dict[str, str]]:
    """Return the rows of a list; none before the first refresh."""
    text = text_of(settings, name)
    return list(csv.DictReader(io.StringIO(text, newline=""))) if text else []


def standing(settings: Settings, name: str) -> list[dict[str, str]]:
    """Return the rows of a list that still matter (`still_stands`)."""
    stands = still_stands(settings)
    return [row for row in read(settings, name) if stands(row)]


def still_stands(settings: Settings) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a row of any list is about an extract that is not over, or a file that has not gone.

    An extract is over when it was withdrawn or a later one replaces it. A file that did not land is gone when
    it no longer lies in the inbox.
    """
    over = {tuple(key) for key in in_force(settings).get("over", ())}
    lying = cache(lambda: intake.names_in_inbox(settings))  # it reads each file

    def stands(row: Mapping[str, Any]) -> bool:
        if row.get("extract_id"):
            return (row.get("partner"), row["extract_id"]) not in over
        return not row.get("file") or (row["partner"], row["file"]) in lying()

    return stands


def count(settings: Settings, name: str) -> int:
    return len(standing(settings, name))


def _write(settings: Settings, name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    write_summed(written_to(settings) / name, text.getvalue())
