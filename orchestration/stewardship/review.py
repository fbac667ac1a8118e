"""The lists of `review/`: what waits for a steward after a refresh, published or refused. Restricted.

They name partners, row numbers and rules, and no value
of a row: a name that means no place is a token, and what was written stands encrypted beside the list.
`open_items.csv`, written last, orders all of them, most valuable first.

Every refresh rewrites them as drafts, and renames the drafts' folder when it ends: from then on readers find
the new lists first, and moving them to their usual place is tidying. A refresh that was killed or failed
before leaves the earlier lists in force; the next one sweeps its drafts.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from expectations.checks import unexplained_checks
from orchestration import intake
from orchestration.core import (
    Keys,
    Settings,
    add_sums_of,
    decrypted,
    durable,
    load_publication_policy,
    of_text,
    open_duckdb,
    parsed,
    read_json,
    safe,
    shown_record,
    write_json,
    write_summed,
)

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
COLUMNS: dict[str, tuple[str, ...]] = {
    FILES_NOT_TAKEN: ("partner", "file", "outcome", "code", "reason"),
    EXTRACTS_NOT_TYPED: ("partner", "file", "extract_id", "step", "fault", "sentence"),
    DECISIONS_WITHOUT_EFFECT: ("decision_id", "kind", "decided_on", "author", "says", "why", "what_to_do"),
    QUARANTINED_ROWS: ("partner", "extract_id", "sheet", "row_number", "rule_code", "record"),
    REFUSED_ROWS: ("partner", "extract_id", "file", "sheet", "rule_code", "rows", "records", "row_numbers"),
    FAILED_CHECKS: (
        "stage", "partner", "extract_id", "subject", "check_name", "severity", "outcome", "observed",
        "expected", "waived", "check_definition", "why", "steward_action", "finding", "said",
    ),
    ALERTS: (
        "corridor_id", "direction", "first_month", "newest_month", "witness_count", "expected_low",
        "expected_high", "evidence", "in_current_release",
    ),
    DRIFT: (
        "partner", "contract", "file", "extract_id", "landed", "change", "column", "now", "feeds",
        "likeness", "records",
    ),
    OPEN_ITEMS: (
        "item", "title", "detail", "why", "what_to_do", "movements", "opened", "due",
        "answered_by", "under",
    ),
}  # fmt: skip
_STAGES = ("extract_gate", "warehouse", "release_gate")


def write_files_not_taken(settings: Settings, taken: Iterable[Any]) -> None:
    write(settings, FILES_NOT_TAKEN, [vars(extract) for extract in taken if extract.outcome in NOT_TAKEN])


def write_in_force(settings: Settings, settled: Any) -> None:
    """Write whose extracts serve, the fate of each that is held, and which are over (`gates.InForce`)."""
    partners = {
        name: list(getattr(settled, f"partners_{name}")) for name in ("in_force", "stale", "held", "overdue")
    }
    held = [vars(fate) for fate in settled.held]
    over = [[fate.partner, fate.extract_id] for fate in settled.fates if fate.is_over]
    write_json(written_to(settings) / IN_FORCE, {"partners": partners, "held": held, "over": over})


def in_force(settings: Settings) -> dict[str, Any]:
    return json_of(settings, IN_FORCE) or {"partners": {}, "held": []}


def held_one(settings: Settings, key: tuple[str, ...]) -> dict[str, Any]:
    """Return the fate of an extract that waits; empty for others."""
    held = in_force(settings)["held"]
    return next((one for one in held if (one["partner"], one["extract_id"]) == key), {})


def why_held(held: Mapping[str, Any], findings: Mapping[str, str]) -> list[str]:
    """Return the cause of a held extract, and of the checks' findings those that it does not speak for."""
    unexplained = unexplained_checks(findings, held.get("cause_key", ""))
    return list(filter(None, (of_text(held.get("cause", "")), *(findings[name] for name in unexplained))))


def write_unresolved_places(settings: Settings) -> None:
    """Write the open names as tokens, and beside them, encrypted, what was written."""
    import pyarrow.parquet as pq

    folder = settings.work / "places"
    table = pq.read_table(folder / "unresolved.parquet")
    write(settings, UNRESOLVED_PLACES, table.to_pylist(), table.column_names)
    write_summed(written_to(settings) / TEXTS_OF_PLACES, (folder / "unresolved.texts").read_bytes())


def texts_of_places(settings: Settings, keys: Keys) -> Mapping[str, list[str]]:
    """Return what was written of each open mention, by its id as text; none before the first refresh."""

    def read_texts(settings: Settings) -> dict[str, list[str]]:
        content = content_of(settings, TEXTS_OF_PLACES)
        return dict(decrypted(keys, content, TEXTS_OF_PLACES)) if content else {}

    return of_lists(settings, read_texts, TEXTS_OF_PLACES)


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
    write(settings, FAILED_CHECKS, sorted(both, key=lambda row: _STAGES.index(row["stage"])))


def write_quarantined_rows(settings: Settings) -> None:
    """Write row numbers and rules, from the work file right after dbt has closed it."""
    with open_duckdb(settings.warehouse, settings.spill) as con:
        found = con.execute(
            "select partner, extract_id, sheet, row_number, rule_code, record_id "
            "from quarantine.quarantined_records order by partner, extract_id, sheet, row_number, rule_code"
        ).fetchall()
    rows = ((*where, shown_record(record)) for *where, record in found)
    columns = COLUMNS[QUARANTINED_ROWS]
    write(settings, QUARANTINED_ROWS, [dict(zip(columns, row, strict=True)) for row in rows])


def rows_by_rule(settings: Settings) -> Counter[tuple[str, str]]:
    """Count the rows set aside and the rows refused at reading, by rule and partner."""
    counts = Counter((row["rule_code"], row["partner"]) for row in read(settings, QUARANTINED_ROWS))
    for row in standing(settings, REFUSED_ROWS):
        counts[row["rule_code"], row["partner"]] += int(row["rows"])
    return counts


def write_alerts(
    settings: Settings, released: Iterable[Mapping[str, Any]], staged: Iterable[Mapping[str, Any]]
) -> None:
    """Write the alerts of the current release, and those that a candidate alone has; small counts as `<5`."""
    few = f"<{load_publication_policy()['members_least_count']}"
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for rows, is_current in ((staged, False), (released, True)):
        for row in rows:
            key = tuple(str(row[name]) for name in ("corridor_id", "direction", "first_month"))
            count = few if row["witness_count"] is None else row["witness_count"]
            found[key] = {**row, "witness_count": count, "in_current_release": is_current}
    write(settings, ALERTS, [row for _, row in sorted(found.items())])


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
        return dict(read_json(changes_file(settings, release_id)))
    except (OSError, ValueError):
        return None


def read(settings: Settings, name: str) -> list[dict[str, str]]:
    """Return the rows of a list; none before the first refresh. Callers leave the rows as they are."""

    def read_rows(settings: Settings) -> list[dict[str, str]]:
        text = (content_of(settings, name) or b"").decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    return list(of_lists(settings, read_rows, name))


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


def write(
    settings: Settings, name: str, rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()
) -> None:
    """Write a list, as a draft during a refresh; what a row holds beside its columns is left out."""
    text = io.StringIO()
    names = list(columns or COLUMNS[name])
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    write_summed(written_to(settings) / name, text.getvalue())


_DRAFTS, _ENDED = ".drafts", ".ended"
Found = TypeVar("Found")
Made = TypeVar("Made")


def drafting(settings: Settings) -> Settings:
    """Return settings under which lists are written, and read first, as drafts."""
    return replace(settings, drafts_lists=True)


def written_to(settings: Settings) -> Path:
    """Return the folder in which a list is written now."""
    return settings.review / _DRAFTS if settings.drafts_lists else settings.review


_made: dict[tuple[Path, bool, str, tuple[str, ...]], tuple[object, Any]] = {}


def of_lists(settings: Settings, make: Callable[[Settings], Made], *names: str) -> Made:
    """Return what a function makes of lists alone, kept in memory until one of them changes."""
    key = settings.review, settings.drafts_lists, make.__qualname__, names
    stamps = [stamp_of(settings, name) for name in names]
    if key not in _made or _made[key][0] != stamps:
        _made[key] = stamps, make(settings)
    made: Made = _made[key][1]
    return made


def json_of(settings: Settings, name: str) -> dict[str, Any]:
    """Return what a JSON file of lists holds, empty where there is none."""
    content = content_of(settings, name)
    return dict(parsed(content.decode(), settings.review / name)) if content else {}


def content_of(settings: Settings, name: str) -> bytes | None:
    """Return the bytes of a file of lists, None where there is none; a refresh need not rewrite it."""
    return _first(settings, name, Path.read_bytes)


def stamp_of(settings: Settings, name: str) -> tuple[int, ...]:
    """Return what changes whenever the list does; empty where there is none."""
    found = _first(settings, name, Path.stat)
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else ()


def _first(settings: Settings, name: str, look: Callable[[Path], Found]) -> Found | None:
    """Look into the folders in the order in which a file moves through them, so that none is missed."""
    folders = [settings.review / _ENDED, settings.review]
    if settings.drafts_lists:
        folders.insert(0, settings.review / _DRAFTS)
    for folder in folders:
        try:
            return look(folder / name)
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None


def sweep(settings: Settings) -> None:
    """Finish an interrupted switch, and remove abandoned drafts. The caller holds the lock."""
    _tidy(settings.review)
    durable.remove_folder(settings.review / _DRAFTS)


def switch(settings: Settings) -> None:
    """Put the drafts in force in one step, if there are any."""
    _tidy(settings.review)
    drafts = settings.review / _DRAFTS
    if not drafts.is_dir():
        return
    add_sums_of(drafts, settings.review)
    durable.rename(drafts, settings.review / _ENDED)
    _tidy(settings.review)


def _tidy(review: Path) -> None:
    ended = review / _ENDED
    if not ended.is_dir():
        return
    for path in sorted(ended.iterdir()):
        durable.rename(path, review / path.name)
    durable.remove_folder(ended)
