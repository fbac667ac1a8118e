"""A home with a few landed and typed extracts, written by hand: what the gates' tests judge."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from itertools import count as count_from
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Settings, note
from orchestration.gates.earlier_checks import BUILDS, IN_FORCE
from tests.unit.published_world import KEYS, write_edition

AS_OF = datetime(2026, 11, 24, 2, tzinfo=UTC)
KEY_IDS = {"record": "aaaa1111", "stewards": "bbbb2222"}


@dataclass
class Decided:
    """Stands for the stewardship room's `Decisions`."""

    extract_accepts: list[dict[str, Any]] = field(default_factory=list)
    extract_withdrawals: list[dict[str, Any]] = field(default_factory=list)
    row_releases: list[dict[str, Any]] = field(default_factory=list)
    row_exclusions: list[dict[str, Any]] = field(default_factory=list)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    policy_sign_offs: list[dict[str, Any]] = field(default_factory=list)
    year_republications: list[dict[str, Any]] = field(default_factory=list)
    alert_releases: list[dict[str, Any]] = field(default_factory=list)

    def content_hash(self) -> str:
        text = json.dumps([self.extract_accepts, self.extract_withdrawals, self.waivers], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def on_extract(partner: str, extract_id: str) -> dict[str, Any]:
    return {"id": "abcdefabcdef", "partner": partner, "extract_id": extract_id}


def make_settings(tmp_path: Path) -> Settings:
    partners = tmp_path / "partners"
    partners.mkdir(exist_ok=True)
    return Settings(tmp_path / "home", partners, tmp_path / "home" / "keys", AS_OF)


TYPED = {
    "agreement_to": date(2030, 1, 1), "statistics_agreed": True, "retention_years": None, "cadence": "monthly",
    "period_to": None, "embargo_until": None,
}  # fmt: skip
TURNS = {
    "first": 0,
    "same_day": False,
    "without_month": None,
    "months": (date(2026, 8, 1), date(2026, 9, 1)),
    "sexes": ("female", "female", "male"),
}
AGES = ("a18_20", "a21_23", "a24_26", "a27_29")
COUNTS = (
    "bad_dates", "bad_places", "bad_codes", "repeated", "border_points", "only_country", "only_period", "unstated",
)  # fmt: skip
PLACES = [  # mention, place, country, county, precision
    (1, "KE047", "KEN", "KE047", "county"),
    (2, None, None, None, "none"),
    (3, "KEN", "KEN", None, "country"),
    (4, "bp-ken-malaba", "KEN", "KE040", "point"),
]
OF_A_MATCH = ("mention_id", "place_id", "country_alpha3", "county_place_id", "geo_precision")


def land(settings: Settings, extract_id: str, partner: str = "pwani_shelter", **changes: Any) -> str:
    """Land and type an extract of 40 good records, then apply the changes named by keyword.

    `records`: how many there are; `bad_dates`, `bad_places`, `bad_codes`, `repeated`: how many are so;
    `border_points`, `only_country`, `only_period`, `unstated`: how many name a border point, no more than a
    country, no more than a period, and no type of exploitation; a name of `TYPED` changes the typed extract.
    `submissions`: numbers of form submissions, one a record; `submission_id`: what the contract says of them.
    Records are numbered from `first`; they take turns in `months`, in `sexes` and, unless `same_day`, in days.
    Those of `without_month` are left out.
    """
    records = changes.pop("records", 40)
    turns = {name: changes.pop(name, value) for name, value in TURNS.items()}
    typed_records = changes.pop("typed_records", records)
    count = {name: changes.pop(name, 0) for name in COUNTS}
    typed = {name: changes.pop(name, value) for name, value in TYPED.items()}
    submissions = changes.pop("submissions", ())
    submission_id = changes.pop("submission_id", None)
    rows = records + count["repeated"]
    note = {
        "extract_id": extract_id,
        "partner": partner,
        "contract": "shelter_book",
        "received_on": "2026-11-01",
        "sequence": 1,
        "period": None,
        "delivery_mode": "full",
        "rows_read": rows + 2,
        "rows_landed": rows,
        "rows_refused": 2,
        "stripped": {"strip:phone": 1},
        "unmapped_columns": [],
        "columns_found": ["Date", "From", "Sex"],
        "contract_content": {
            "submission_id": submission_id,
            "fields": {
                "event_on": {"column": ["Date"], "required": True},
                "place(origin).place_text": {"column": ["Home town", "From"], "required": True},
                "sex": {"column": ["Sex"], "required": None},
            },
        },
        "parquet_sha256": hashlib.sha256(extract_id.encode()).hexdigest(),
        **changes,
    }
    contract = settings.partners / partner / "contract.yml"
    contract.parent.mkdir(exist_ok=True)
    contract.write_text("a fixture that only has to be there")
    folder = settings.landing / partner
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{extract_id}.json").write_text(json.dumps(note))
    _write(
        folder / f"{extract_id}.parquet",
        [{"record_id": turns["first"] + number, "field": "sex", "value": "F"} for number in range(records)],
    )
    for table, typed_rows in _typed_tables(note, typed, typed_records, count, turns):
        for record, submission in zip(typed_rows if table == "records" else (), submissions, strict=False):
            record["submission_key"] = f"{submission:016x}"
        _write(settings.typed / table / f"{extract_id}.parquet", typed_rows)
    _write(
        settings.work / "places" / "matches.parquet",
        [dict(zip(OF_A_MATCH, place, strict=True)) for place in PLACES],
    )
    return extract_id


def _typed_tables(
    note: dict[str, Any], typed: dict[str, Any], records: int, count: dict[str, int], turns: dict[str, Any]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    key = {"extract_id": note["extract_id"], "partner": note["partner"]}

    months = turns["months"]
    numbers = (at for at in count_from(turns["first"]) if months[at % len(months)] != turns["without_month"])
    ids = list(islice(numbers, records))

    def rows(number: int, **same: Any) -> list[dict[str, Any]]:
        return [{**key, "record_id": at, **same} for at in ids[:number]]

    yield "extracts", [{
        **key, "partner_code": "p-00000001", "contract": note["contract"],
        "sequence": note["sequence"], "received_on": date.fromisoformat(note["received_on"]), "agreement_from": date(2023, 1, 1),
        **{name: value for name, value in typed.items() if name != "embargo_until"}, "grace_days": 15,
    }]  # fmt: skip
    of_records = rows(
        records, record_grain="case", source_row_count=1, date_precision="day", key_basis="reference",
        period_to=date(2026, 9, 1), embargo_until=None, sex="female", age_band="a18_20", trafficking_status="presumed",
    )  # fmt: skip
    for record in of_records:
        at = record["record_id"]
        record["period_from"] = months[at % len(months)]
        record["event_on"] = record["period_from"].replace(day=1 if turns["same_day"] else 1 + at % 25)
        record["age_band"] = AGES[0 if turns["same_day"] else at % len(AGES)]
        record["sex"] = turns["sexes"][at % len(turns["sexes"])]
    for number, precision in ((count["only_period"], "period"), (count["bad_dates"], "unknown")):
        for record in of_records[:number]:
            record["date_precision"] = precision
    for record in of_records[: count["repeated"]]:
        record["source_row_count"] = 2
    for record in of_records[:1]:
        record["embargo_until"] = typed["embargo_until"]
    yield "records", of_records
    codes = rows(records, domain="exploitation_type", code="other")
    for code in codes[: count["unstated"]]:
        code["code"] = "unknown"
    yield "record_codes", codes
    yield (
        "problems",
        [
            *rows(count["bad_dates"], field="event_on", outcome="Q", problem_code="date_unparsed"),
            *rows(count["bad_codes"], field="sex", outcome="unk", problem_code="code_unmapped"),
            *rows(count["repeated"], field="record", outcome="flag", problem_code="duplicate_rows"),
        ],
    )
    mentions = rows(records, place_role="origin", mention_id=1)
    for number, mention_id in ((count["bad_places"], 2), (count["only_country"], 3)):
        for mention in mentions[:number]:
            mention["mention_id"] = mention_id
    for mention in mentions[records - count["border_points"] :]:
        mention["mention_id"] = 4
    yield "place_mentions", mentions


TYPES = {
    **dict.fromkeys(("record_id", "mention_id"), pa.int64()),
    **dict.fromkeys(("source_row_count", "grace_days", "retention_years", "sequence"), pa.int32()),
    **dict.fromkeys(
        (
            "received_on",
            "agreement_from",
            "agreement_to",
            "period_from",
            "period_to",
            "event_on",
            "embargo_until",
        ),
        pa.date32(),
    ),
    "statistics_agreed": pa.bool_(),
}
OF_NO_ROW = "extract_id partner record_id field outcome problem_code value domain code"


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(rows[0]) if rows else OF_NO_ROW.split()
    schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in names])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def write_evidence_base(path: Path, movements: int = 100, **changes: Any) -> Path:
    """A small evidence base of one extract.

    `landed`, `quarantined`, `missing_rows`, `known_counties`, `lost_names` (counts) and `without` (a table) change it.
    """
    quarantined, missing = changes.get("quarantined", 2), changes.get("missing_rows", 0)
    known, lost = changes.get("known_counties", movements), changes.get("lost_names", 0)
    landed = changes.get("landed", 200)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    con = duckdb.connect(str(path))
    for schema in ("marts", "published", "quality", "meta"):
        con.execute(f"create schema {schema}")
    con.execute(
        "create table marts.dim_place as select * from (values ('KE047', 'county', 'KEN'), "
        "('KEN', 'country', 'KEN'), ('unknown', 'unknown', null)) t(place_id, kind, iso_alpha3)"
    )
    con.execute(
        "create table marts.fct_movements as select i as movement_id, 'unknown' as destination_place_id, "
        "case when i < ? then 'unknown' when i < ? then 'KE047' else 'KEN' end as origin_place_id "
        "from range(?) r(i)",
        [lost, known, movements],
    )
    con.execute(
        "create table quality.reconciliation as select 'e1' as extract_id, ? as rows_read, "
        "2 as rows_refused, ? as rows_landed, ? as rows_current, ? as rows_quarantined, "
        "0 as rows_superseded, 0 as rows_withdrawn, 0 as rows_held, 0 as rows_embargoed",
        [landed + 2, landed, landed - quarantined - missing, quarantined],
    )
    con.execute("create table quality.extracts as select 'p-1' as partner_code, 'in_force' as fate")
    con.execute("create table meta.release as select 'r' as release_id")
    con.execute(
        "create table published.periods (period_id text, period_kind text, period_to date); "
        "create table published.routes (period_id text, line text, line_id text, report_count integer); "
        "create table meta.columns (table_schema text, table_name text, column_name text, is_key boolean)"
    )
    public = _empty_public() / "evidence_base.duckdb"
    con.execute(f"attach '{public}' as public (read_only)")
    for table in ("alerts", "context_counts"):
        con.execute(f"create table published.{table} as select * from public.published.{table}")
    con.execute("detach public")
    for table, column in con.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal"
    ).fetchall():
        con.execute(f"comment on column {table}.{column} is 'said'")
    if changes.get("without"):
        con.execute(f"drop table {changes['without']}")
    con.close()
    return path


def write_empty_public(folder: Path) -> None:
    """The public edition of a release in which no year is closed."""
    shutil.copytree(_empty_public(), folder / "public")


@cache
def _empty_public() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="njia-public-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_edition(folder, "public", {name: [] for name in KEYS})
    return folder / "public"


def dbt_ran(settings: Settings, **statuses: str) -> None:
    """A manifest with two tests on a mart, and their statuses; "" is a test without a result."""
    statuses = {"key_is_unique": "pass", "code_is_known": "pass", **statuses}
    model = {"resource_type": "model", "schema": "marts", "name": "fct_movements", "config": {}}
    tests = {
        f"test.njia.{name}": {
            "resource_type": "test", "schema": "tests", "name": name, "config": {"severity": "error"},
            "attached_node": "model.njia.fct_movements",
        }
        for name in statuses
    }  # fmt: skip
    folder = settings.work / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"nodes": {"model.njia.fct_movements": model, **tests}}))
    results = [
        {"unique_id": f"test.njia.{name}", "resource_type": "test", "name": name, "status": status,
         "failures": 0, "seconds": 0}
        for name, status in statuses.items()
        if status
    ]  # fmt: skip
    in_force = note(settings.work, IN_FORCE, "fixture", [], {})
    note(settings.work, BUILDS[0], "fixture", [], {"in_force": in_force.fingerprint, "nodes": results})
