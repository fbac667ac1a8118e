"""A home with a few landed and typed extracts, written by hand: what the gates' tests judge."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
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

    def content_hash(self) -> str:
        text = json.dumps([self.extract_accepts, self.extract_withdrawals, self.waivers], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def on_extract(partner: str, extract_id: str) -> dict[str, Any]:
    return {"id": "abcdefabcdef", "partner": partner, "extract_id": extract_id}


def make_settings(tmp_path: Path) -> Settings:
    partners = tmp_path / "partners"
    partners.mkdir(exist_ok=True)
    return Settings(tmp_path / "home", partners, tmp_path / "home" / "keys", AS_OF)


def land(settings: Settings, extract_id: str, partner: str = "pwani_shelter", **changes: Any) -> str:
    """Land and type an extract of 40 good records, then apply the changes named by keyword.

    `records`: how many there are; `bad_dates`, `bad_places`, `bad_codes`, `repeated`: how many are so;
    `border_points`, `only_country`, `only_period`, `unstated`: how many name a border point, no more than a
    country, no more than a period, and no type of exploitation.
    """
    records = changes.pop("records", 40)
    said = {
        name: changes.pop(name, 0) for name in ("border_points", "only_country", "only_period", "unstated")
    }
    bad_dates, bad_places = changes.pop("bad_dates", 0), changes.pop("bad_places", 0)
    bad_codes, repeated = changes.pop("bad_codes", 0), changes.pop("repeated", 0)
    typed_records = changes.pop("typed_records", records)
    typed = {
        name: changes.pop(name)
        for name in (
            "agreement_to",
            "statistics_agreed",
            "retention_years",
            "cadence",
            "period_to",
            "embargo_until",
        )
        if name in changes
    }
    rows = records + repeated
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
            "fields": {
                "event_on": {"column": ["Date"], "required": True},
                "place(origin).place_text": {"column": ["Home town", "From"], "required": True},
                "sex": {"column": ["Sex"], "required": None},
            }
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
    key = {"extract_id": extract_id, "partner": partner}
    cells = [{"record_id": number, "field": "sex", "value": "F"} for number in range(records)]
    _write(
        folder / f"{extract_id}.parquet", cells, record_id=pa.int64(), field=pa.string(), value=pa.string()
    )
    _type(settings, key, note, typed, typed_records, bad_dates, bad_places, bad_codes, repeated, said)
    return extract_id


def _type(
    settings: Settings,
    key: dict[str, str],
    note: dict[str, Any],
    typed: dict[str, Any],
    records: int,
    bad_dates: int,
    bad_places: int,
    bad_codes: int,
    repeated: int,
    said: dict[str, int],
) -> None:
    received = date.fromisoformat(note["received_on"])
    extract = {
        **key, "partner_code": "p-00000001", "contract": note["contract"], "received_on": received,
        "agreement_from": date(2023, 1, 1), "agreement_to": typed.get("agreement_to", date(2030, 1, 1)),
        "statistics_agreed": typed.get("statistics_agreed", True),
        "retention_years": typed.get("retention_years"),
        "period_to": typed.get("period_to"), "cadence": typed.get("cadence", "monthly"), "grace_days": 15,
    }  # fmt: skip
    _write(
        settings.typed / "extracts" / f"{key['extract_id']}.parquet", [extract],
        agreement_to=pa.date32(), period_to=pa.date32(), grace_days=pa.int32(), retention_years=pa.int32(), statistics_agreed=pa.bool_(),
    )  # fmt: skip
    rows = [
        {
            **key,
            "record_id": number,
            "record_grain": "case",
            "source_row_count": 2 if number < repeated else 1,
            "date_precision": "unknown"
            if number < bad_dates
            else "period"
            if number < said["only_period"]
            else "day",
            "key_basis": "reference",
            "period_to": date(2026, 9, 1),
            "embargo_until": typed.get("embargo_until") if number == 0 else None,
            "sex": "female",
            "age_band": "a18_20",
            "trafficking_status": "presumed",
        }
        for number in range(records)
    ]
    _write(
        settings.typed / "records" / f"{key['extract_id']}.parquet", rows, record_id=pa.int64(),
        source_row_count=pa.int32(), period_to=pa.date32(), embargo_until=pa.date32(),
    )  # fmt: skip
    codes = [
        {
            **key,
            "record_id": n,
            "domain": "exploitation_type",
            "code": "unknown" if n < said["unstated"] else "other",
        }
        for n in range(records)
    ]
    _write(settings.typed / "record_codes" / f"{key['extract_id']}.parquet", codes, record_id=pa.int64())
    problems = [
        *(
            {**key, "record_id": n, "field": "event_on", "outcome": "Q", "problem_code": "date_unparsed"}
            for n in range(bad_dates)
        ),
        *(
            {**key, "record_id": n, "field": "sex", "outcome": "unk", "problem_code": "code_unmapped"}
            for n in range(bad_codes)
        ),
        *(
            {**key, "record_id": n, "field": "record", "outcome": "flag", "problem_code": "duplicate_rows"}
            for n in range(repeated)
        ),
    ]
    _write(settings.typed / "problems" / f"{key['extract_id']}.parquet", problems, record_id=pa.int64())
    mentions = [
        {**key, "record_id": number, "place_role": "origin", "mention_id": 2 if number < bad_places else 1}
        for number in range(records)
    ]
    for mention in mentions[: said["only_country"]]:
        mention["mention_id"] = 3
    for mention in mentions[records - said["border_points"] :]:
        mention["mention_id"] = 4
    _write(
        settings.typed / "place_mentions" / f"{key['extract_id']}.parquet", mentions,
        record_id=pa.int64(), mention_id=pa.int64(),
    )  # fmt: skip
    matches = [
        {
            "mention_id": 1,
            "place_id": "KE047",
            "country_alpha3": "KEN",
            "county_place_id": "KE047",
            "geo_precision": "county",
        },
        {
            "mention_id": 2,
            "place_id": None,
            "country_alpha3": None,
            "county_place_id": None,
            "geo_precision": "none",
        },
        {
            "mention_id": 3,
            "place_id": "KEN",
            "country_alpha3": "KEN",
            "county_place_id": None,
            "geo_precision": "country",
        },
        {
            "mention_id": 4,
            "place_id": "bp-ken-malaba",
            "country_alpha3": "KEN",
            "county_place_id": "KE040",
            "geo_precision": "point",
        },
    ]
    _write(settings.work / "places" / "matches.parquet", matches, mention_id=pa.int64())


def _write(path: Path, rows: list[dict[str, Any]], **types: pa.DataType) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = (
        list(rows[0])
        if rows
        else [
            "extract_id",
            "partner",
            "record_id",
            "field",
            "outcome",
            "problem_code",
            "value",
            "domain",
            "code",
        ]
    )
    inferred = {"received_on": pa.date32(), "agreement_from": pa.date32()}
    schema = pa.schema([(name, types.get(name, inferred.get(name, pa.string()))) for name in names])
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
        {
            "unique_id": f"test.njia.{name}",
            "resource_type": "test",
            "name": name,
            "status": status,
            "failures": 0,
            "seconds": 0,
        }
        for name, status in statuses.items()
        if status
    ]
    in_force = note(settings.work, IN_FORCE, "fixture", [], {})
    note(settings.work, BUILDS[0], "fixture", [], {"in_force": in_force.fingerprint, "nodes": results})
