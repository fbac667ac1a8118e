"""The public edition of a candidate: its own evidence base and Parquet, from `public` dbt models alone.

What does not belong here: what may be printed (`disclosure`), and attacking it (the release gate).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration.disclosure import TOTAL, load_disclosure_policy
from orchestration.durable import write_json
from orchestration.release import added_tables
from orchestration.release.content_hash import combined
from orchestration.release.current import PUBLIC_EVIDENCE_BASE
from orchestration.release.evidence_base import EvidenceBase
from orchestration.release.manifest import MANIFEST, PUBLIC, hash_files
from orchestration.release.published_models import PUBLIC_SCHEMAS, read_published_models
from orchestration.settings import Settings

COUNTS_FILE, MARGINS_FILE = "counts.csv", "margins.yml"


def write_public_edition(
    settings: Settings, folder: Path, dbt_manifest: Path, manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Write `public/`; returns what the manifest says of it: its tables and their hash.

    Nothing is written where the dbt project has no public model.
    """
    models = read_published_models(dbt_manifest, PUBLIC_SCHEMAS)
    if not models:
        return {}
    parquet = folder / "public" / "parquet"
    parquet.mkdir(parents=True)
    told = {**manifest, "edition": "public"}
    with EvidenceBase(settings, folder / PUBLIC_EVIDENCE_BASE, (*PUBLIC_SCHEMAS, "meta")) as base:
        for model in models:
            base.copy_model(model)
        base.add(added_tables.POLICY_TABLE, added_tables.policy(manifest["disclosure"]))
        later = {
            table.full_name: added_tables.schema_types(schema)
            for table, schema in (
                (added_tables.COLUMNS_TABLE, added_tables.COLUMNS),
                (added_tables.RELEASE_TABLE, added_tables.RELEASE),
            )
        }
        described = [*base.tables, added_tables.COLUMNS_TABLE, added_tables.RELEASE_TABLE]
        base.add(added_tables.COLUMNS_TABLE, added_tables.columns(described, {**base.types, **later}))
        tables = base.hashes()
        told["content_hash"] = combined({name: table["hash"] for name, table in tables.items()})
        base.add(added_tables.RELEASE_TABLE, added_tables.release(told))
        base.export_parquet(parquet)
        base.export_csv(
            _COUNTS, {"symbol": load_disclosure_policy().hidden_symbol}, folder / "public" / COUNTS_FILE
        )
        (folder / "public" / MARGINS_FILE).write_text(_margins(), encoding="utf-8")
        return {"content_hash": told["content_hash"], "tables": base.hashes()}


def write_public_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `public/manifest.json`: what is needed to tell which release these files are of and that they are
    whole. It goes where the public edition goes, so it names no partner and counts nobody.
    """
    public = folder / PUBLIC
    if not public.is_dir():
        return
    policy = manifest["disclosure"]["policy"]
    told = {
        "schema_version": manifest["schema_version"],
        "edition": "public",
        "release_id": manifest["release_id"],
        "as_of": manifest["as_of"],
        "content_hash": manifest["public"]["content_hash"],
        # Of what earlier releases printed, the day: what was reported or corrected since is not in it.
        "printed_since": manifest["disclosure"].get("printed_since", {}),
        "policy": {"version": policy["version"], "rows": _of_public(policy["rows"])},
        "files": {
            path: {"sha256": digest, "bytes": (public / path).stat().st_size}
            for path, digest in hash_files(public).items()
        },
    }
    write_json(public / MANIFEST, told)


def _of_public(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [
        {"name": row["name"], "value": row["value"]} for row in rows if not row["name"].startswith("partner_")
    ]


def _margins() -> str:
    policy = load_disclosure_policy()
    return f"""\
# {policy.legend()}
# What the columns are. To attack them: njia attack {COUNTS_FILE} --margins {MARGINS_FILE}
k: {policy.public.least_persons}
hidden: {{{policy.hidden_symbol}: {{}}}}
hidden_may_be_empty: true
tables:
  - file: {COUNTS_FILE}
    name: persons by where they came from and went to
    dimensions:
      origin_place_id: {{total: "{TOTAL}", others: true}}
      destination_place_id: {{total: "{TOTAL}", others: true}}
    value: person_count
    split_by: [record_grain, period_id]
    lists_all: false
"""


# What is printed and what is not, as one table with its totals: what a reader attacks.
_COUNTS = f"""
    select record_grain, period_id, origin_place_id, destination_place_id,
        coalesce(cast(person_count as varchar), $symbol) as person_count
    from release.public.public_corridors
    union all
    select record_grain, period_id,
        case when role = 'origin' then place_id else '{TOTAL}' end,
        case when role = 'destination' then place_id else '{TOTAL}' end,
        cast(person_count as varchar)
    from release.public.public_ends
    order by all
"""
