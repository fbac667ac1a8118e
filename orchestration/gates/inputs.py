"""The inputs' hash: equal inputs give an equal release, so nothing is built twice.

Time is an input only through what it decides: which records are still embargoed or older than they may be
kept, which periods are complete or closed, which agreements have ended, which partners
are overdue. (Expired waivers are no longer among the decisions.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import yaml

from orchestration.core import DBT_PROJECT, Settings, load_publication_policy
from orchestration.gates.deliveries import newest_of_each
from orchestration.gates.parquet_views import open_views

# Every file that decides what a release looks like: program, models, expectations, seeds.
CODE = ("orchestration", "expectations", "dbt_project", "seeds/reference", "seeds/boundaries")
_ENGINES = (
    "duckdb",
    "pyarrow",
    "numpy",
    "scipy",
    "pandas",
    "splink",
    "jellyfish",
    "dbt-core",
    "dbt-duckdb",
    "great-expectations",
)
_EXTRACT_COLUMNS = (
    "extract_id varchar, partner varchar, contract varchar, received_on date, agreement_to date, "
    "period_to date, cadence varchar, grace_days integer, retention_years integer"
)
_RECORD_COLUMNS = "extract_id varchar, partner varchar, record_id bigint, period_to date, embargo_until date"
# Without a date of its own, a record is as old as the file that brought it (dbt: judged_records).
IS_PAST_RETENTION = (
    "coalesce(records.period_to, extracts.received_on) + to_months(12 * extracts.retention_years) < ?"
)


def inputs_hash(parts: Mapping[str, Iterable[str]]) -> str:
    """64 hex digits over named sets of texts; neither the order of the parts nor of their texts matters."""
    sorted_parts = {name: sorted(set(texts)) for name, texts in parts.items()}
    text = json.dumps(sorted_parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def engine_versions() -> set[str]:
    """What the code runs on: another version may round or read differently, so it makes another release."""
    return {f"{name}={version(name)}" for name in _ENGINES}


def contract_hashes(partners: Path) -> dict[str, str]:
    """Hash of what each contract file says, not of its comments; an unreadable file counts as it is."""
    hashes = {}
    for path in sorted(partners.glob("*/*.y*ml")):
        try:
            # The loader in C reads the same in a tenth of the time.
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            content = json.dumps(read, sort_keys=True, default=str)
        except (yaml.YAMLError, UnicodeDecodeError):
            content = path.read_bytes().hex()
        hashes[f"{path.parent.name}/{path.name}"] = hashlib.sha256(content.encode()).hexdigest()
    return hashes


def decided_by_time(
    settings: Settings, today: date, in_force: Iterable[tuple[str, str]]
) -> dict[str, set[str]]:
    """What this day decides about the typed extracts and about the records of those in force."""
    lag_days, complete_after = _dbt_variables()
    closed_until = today - timedelta(days=load_publication_policy()["public_delay_days"])
    con = open_views(
        {
            "extracts": (settings.typed / "extracts", _EXTRACT_COLUMNS),
            "records": (settings.typed / "records", _RECORD_COLUMNS),
        }
    )
    try:
        con.execute("create table in_force (partner varchar, extract_id varchar)")
        keys = sorted(in_force)
        if keys:
            con.executemany("insert into in_force values (?, ?)", keys)
        embargoed = con.execute(
            "select records.partner, records.extract_id, record_id from records "
            "inner join in_force using (partner, extract_id) "
            "inner join extracts using (partner, extract_id) "
            "where embargo_until > ? or coalesce(records.period_to, received_on) > ? order by 1, 2, 3",
            [today, today - timedelta(days=lag_days)],
        ).fetchall()
        past_retention = con.execute(
            "select records.partner, records.extract_id, record_id from records "
            "inner join in_force using (partner, extract_id) "
            "inner join extracts using (partner, extract_id) "
            f"where {IS_PAST_RETENTION} order by 1, 2, 3",
            [today],
        ).fetchall()
        extracts = con.execute(
            "select partner, contract, received_on, agreement_to, period_to, cadence, grace_days "
            "from extracts"
        ).fetchall()
    finally:
        con.close()
    return {
        "embargoed": {_digest(embargoed)},
        "past_retention": {_digest(past_retention)},
        "calendar_month": {today.replace(day=1).isoformat()},
        "complete_months": {latest_complete_month(today, complete_after).isoformat()},
        "complete_periods": {
            str(period_to)
            for *_, period_to, _, _ in extracts
            if period_to and _months_later(period_to + timedelta(days=1), complete_after) <= today
        },
        "closed_periods": {
            # Years end in December; the rounds that extracts declare end on any day.
            f"years before {(closed_until + timedelta(days=1)).year}",
            *(str(period_to) for *_, period_to, _, _ in extracts if period_to and period_to <= closed_until),
        },
        "agreements_ended": {
            f"{partner}/{contract}/{ends}"
            for partner, contract, _, ends, *_ in extracts
            if ends and ends < today
        },
        "overdue": {
            f"{one.partner}/{one.contract}"
            for one in newest_of_each((*row[:3], *row[5:]) for row in extracts)
            if one.is_overdue(today)
        },
    }


def agreements_ended(settings: Settings, today: date) -> list[str]:
    """Extracts whose agreement has ended by this day, as `partner/extract id`."""
    con = open_views({"extracts": (settings.typed / "extracts", _EXTRACT_COLUMNS)})
    try:
        rows = con.execute(
            "select partner || '/' || extract_id from extracts where agreement_to < ? order by 1", [today]
        ).fetchall()
    finally:
        con.close()
    return [str(row[0]) for row in rows]


def _digest(rows: list[tuple[object, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update("|".join(map(str, row)).encode() + b"\n")
    return f"{len(rows)}:{digest.hexdigest()}"


def latest_complete_month(today: date, complete_after_months: int) -> date:
    """First day of the last month whose end lies at least so many months back, as the dbt project counts."""
    first = today.replace(day=1)
    while True:
        end = first - timedelta(days=1)
        first = end.replace(day=1)
        if _months_later(end + timedelta(days=1), complete_after_months) <= today:
            return first


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    month = day.year * 12 + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    after = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))


def _dbt_variables() -> tuple[int, int]:
    """Lag and completeness are the dbt project's to say."""
    project = DBT_PROJECT / "dbt_project.yml"
    variables = yaml.safe_load(project.read_text(encoding="utf-8"))["vars"]
    return int(variables["lag_days"]), int(variables["complete_after_months"])
