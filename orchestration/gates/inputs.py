"""The hash of all inputs: equal inputs give an equal release, so nothing is built twice.

Time enters only through its effects: records under embargo or past retention, complete and closed periods,
ended agreements, overdue partners. (Expired waivers are no longer among the decisions.)
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from orchestration.core import DBT_PROJECT, Settings, load_publication_policy, sha256_of
from orchestration.gates.landed import Landed, deliveries_of
from orchestration.stewardship import Decisions
from orchestration.typing import files_of_extracts, open_views

# Everything that decides the content of a release: program, models, expectations, seeds.
CODE = ("orchestration", "expectations", "dbt_project", "seeds/reference", "seeds/boundaries")
# Libraries: another version may round or read differently.
ENGINES = (
    "duckdb", "pyarrow", "numpy", "scipy", "pandas", "jellyfish", "dbt-core", "dbt-duckdb",
    "great-expectations",
)  # fmt: skip
# A record without a date is as old as its file (dbt: judged_records).
IS_PAST_RETENTION = (
    "coalesce(records.period_to, extracts.received_on) + to_months(12 * extracts.retention_years) < ?"
)

_EXTRACT = "partner || '/' || extract_id"


def contract_hashes(partners: Path) -> dict[str, str]:
    """Return the hash of each contract's content without comments; of an unreadable file its bytes."""
    hashes = {}
    for path in sorted(partners.glob("*/*.y*ml")):
        try:
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            content = json.dumps(read, sort_keys=True, default=str)
        except (yaml.YAMLError, UnicodeDecodeError):
            content = path.read_bytes().hex()
        hashes[f"{path.parent.name}/{path.name}"] = hashlib.sha256(content.encode()).hexdigest()
    return hashes


def decided_by_time(
    settings: Settings, today: date, in_force: Iterable[tuple[str, str]]
) -> dict[str, set[str]]:
    """Return what the date decides about typed extracts and about the records of those in force."""
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    lag_days, complete_after = int(variables["lag_days"]), int(variables["complete_after_months"])
    closed_until = today - timedelta(days=load_publication_policy()["public_delay_days"])
    with open_views(settings, "extracts", "records") as con:
        con.execute("create table in_force (partner varchar, extract_id varchar)")
        keys = sorted(in_force)
        if keys:
            con.executemany("insert into in_force values (?, ?)", keys)

        def records_where(condition: str, *days: date) -> str:
            found = con.execute(
                "select count(*) || ':' || sum(hash(partner, extract_id, record_id)::hugeint) from records "
                "inner join in_force using (partner, extract_id) "
                f"inner join extracts using (partner, extract_id) where {condition}",
                days,
            ).fetchone()
            return str(found)

        embargoed = records_where(
            "embargo_until > ? or coalesce(records.period_to, received_on) > ?",
            today,
            today - timedelta(days=lag_days),
        )
        past_retention = records_where(IS_PAST_RETENTION, today)

        def extracts_where(named: str, condition: str, *parameters: object) -> set[str]:
            query = f"select distinct ({named})::varchar from extracts where {condition}"
            return {text for (text,) in con.execute(query, parameters).fetchall()}

        periods = extracts_where(
            "period_to", "period_to + interval 1 day + to_months(?) <= ?", complete_after, today
        )
        # Years end in December; the rounds that extracts declare end on any day.
        closed = extracts_where("period_to", "period_to <= ?", closed_until)
        ended = extracts_where(_EXTRACT, "agreement_to < ?", today)
        newest = deliveries_of(con)
    return {
        "embargoed": {embargoed},
        "past_retention": {past_retention},
        "calendar_month": {today.replace(day=1).isoformat()},
        "complete_periods": periods,
        "closed_periods": {f"years before {(closed_until + timedelta(days=1)).year}", *closed},
        "agreements_ended": ended,
        "overdue": {f"{one.partner}/{one.contract}" for one in newest if one.is_overdue(today)},
    }


def agreements_ended(settings: Settings, today: date) -> list[str]:
    """List extracts whose agreement has ended by this day, as `partner/extract id`."""
    with open_views(settings, "extracts") as con:
        rows = con.execute(
            f"select {_EXTRACT} from extracts where agreement_to < ? order by 1", [today]
        ).fetchall()
    return [str(row[0]) for row in rows]


def inputs_of_extracts(
    settings: Settings, register: Sequence[Landed], tables: Iterable[str], as_of: datetime,
    decisions: Decisions,
) -> dict[tuple[str, str], list[Any]]:  # fmt: skip
    """Return what decides an extract's profile, as JSON can hold: its landing, typed tables and decisions.

    Of the clock only what it does: an agreement that has ended, a waiver that no longer holds.
    """
    today = as_of.date()
    extracts = [(kind, one) for kind in ("extract_accept", "extract_withdraw") for one in decisions[kind]]
    waivers = [one for one in decisions["check_waiver"] if today <= date.fromisoformat(one["expires"])]
    decided = [
        *((f"{one['partner']}/{one['extract_id']}", kind) for kind, one in extracts),
        *((one["scope"], one["check_definition"]) for one in waivers),
        *((name, "agreement_ended") for name in agreements_ended(settings, today)),
    ]
    typed = files_of_extracts(settings, *tables)
    return {
        landed.key: [
            landed.content,
            {f"{file.parent.name}/{file.name}": sha256_of(file) for file in typed.get(landed.extract_id, ())},
            [what for name, what in decided if name == "/".join(landed.key)],
        ]
        for landed in register
    }
