"""Scopes of stewards' decisions on names: one partner, one role of a stop, both, or everywhere.

Distinct mentions are resolved once. Where a decision with a scope holds, a mention has another id there:
`scoped_mentions.parquet` maps partner, role and mention to it, and is empty without such decisions. Whoever
reads `place_mentions` beside `matches` reads it through this table: `stg_place_mentions` or `in_scope`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Settings, open_duckdb

SCOPED_MENTIONS = pa.schema(
    [
        ("partner", pa.string()), ("place_role", pa.string()), ("mention_id", pa.int64()),
        ("scoped_mention_id", pa.int64()),
    ]
)  # fmt: skip
# The role of a stop that each place of a record has; the others are no stops.
STOPS = {
    "origin": "origin",
    "transit": "transit",
    "intended_destination": "destination",
    "exploitation": "destination",
}


def is_scoped(decision: Mapping[str, Any]) -> bool:
    """Whether a decision holds only for one partner or one role."""
    return bool(decision.get("partner") or decision.get("role"))


def covers(decision: Mapping[str, Any], partner: str | None, role: str | None) -> bool:
    """Whether a decision holds for a partner's mentions in a role; None: for those of every one."""
    return decision.get("partner") in (None, partner) and decision.get("role") in (None, role)


def role_of(place_role: str | None) -> str | None:
    """Return the role of a stop: origin, transit or destination; None for other places of a record."""
    return STOPS.get(place_role or "")


def scoped_id(mention_id: int, decision: Mapping[str, Any]) -> int:
    """Return the id of a mention within the scope of a decision."""
    digest = hashlib.sha256(f"{mention_id}/{decision['id']}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def in_scope(settings: Settings, place_mentions: str) -> str:
    """Return SQL for rows of `place_mentions` (SQL) with the id of each mention as `matches` has it."""
    path = scoped_file(settings)
    if not path.is_file():
        return place_mentions
    name = str(path).replace("'", "''")
    return (
        "select named.* replace (coalesce(scoped_mention_id, named.mention_id) as mention_id) "
        f"from ({place_mentions}) as named left join read_parquet('{name}') as scoped "
        "on named.partner = scoped.partner and named.place_role = scoped.place_role "
        "and named.mention_id = scoped.mention_id"
    )


def scoped_file(settings: Settings) -> Path:
    return settings.work / "places" / "scoped_mentions.parquet"


def last_ids(settings: Settings) -> dict[tuple[str, str, int], int]:
    """Return the ids in scope that the last refresh gave, by partner, place role and mention as typed."""
    path = scoped_file(settings)
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    return {(row["partner"], row["place_role"], row["mention_id"]): row["scoped_mention_id"] for row in rows}


def naming(settings: Settings, mention_ids: Collection[int]) -> list[tuple[str, str, int]]:
    """Return who names each of some mentions, as (partner, place role, mention id as typed)."""
    folder = settings.typed / "place_mentions"
    if not mention_ids or not any(folder.glob("*.parquet")):
        return []
    with open_duckdb() as con:
        con.register("wanted", pa.table({"mention_id": pa.array(mention_ids, pa.int64())}))
        return con.execute(
            "select distinct partner, place_role, mention_id from read_parquet(?) "
            "inner join wanted using (mention_id) order by all",
            [str(folder / "*.parquet")],
        ).fetchall()
