"""A mention of a place, its outcome, and the scope of a decision on it.

Distinct mentions are resolved once. Where a decision with a scope holds (one partner, one role of a stop,
both), a mention has another id there: `scoped_mentions.parquet` maps partner, role and mention to it, and is
empty without such decisions. Whoever reads `place_mentions` beside `matches` reads it through this table:
`stg_place_mentions` or `in_scope`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import Settings, open_duckdb, sql_text
from orchestration.places.place_text import norm

RESOLVED_FROM = 0.6

REGION_ONLY = "flag:place_region_only"
ALTERNATIVES = "flag:place_alternatives"
RIVALS = "flag:place_rivals"
TWIN_ASSUMED = "flag:twin_assumed"
MISSPELT = "flag:place_fuzzy"
IN_COUNTRY_COLUMN = "flag:place_in_country_column"
POINT_NAME_CONFLICT = "flag:geo_name_conflict"
CODE_NAME_CONFLICT = "flag:code_name_conflict"
UNRESOLVED = "unk:place_unresolved"
AMBIGUOUS = "unk:place_ambiguous"
COUNTRY_CONFLICT = "unk:place_country_conflict"
COUNTY_CONFLICT = "unk:place_county_conflict"
CODE_SYSTEM_UNKNOWN = "unk:code_system_unknown"
FREE_TEXT = "strip:free_text"


@dataclass(frozen=True)
class Mention:
    """Texts of one place in a record.

    `country_is_code`: two letters in the country column are a code (`NA` is Namibia); beside full names of
    countries
    `NA` may mean nothing. `code_system`: of `place_code`; None where the contract does not name it.
    """

    place_text: str | None = None
    admin_text: str | None = None
    country_text: str | None = None
    default_country: str | None = None
    country_is_code: bool = True
    code_system: str | None = None
    place_code: str | None = None

    @property
    def name(self) -> str:
        """The text that a steward's decision is about, normalised: of the place, else of its area, its code,
        its country."""
        texts = (self.place_text, self.admin_text, self.place_code, self.country_text)
        return next(filter(None, (norm(text or "") for text in texts)), "")


@dataclass(frozen=True)
class Outcome:
    """The result for a mention: the columns of `work/places/matches.parquet` without the id.

    `score`: likeness of text and name, from 0 to 1; `confidence` also counts rivals and context.
    """

    status: str
    method: str
    place_id: str | None = None
    kind: str | None = None
    country: str | None = None
    county: str | None = None
    precision: str = "none"
    confidence: float = 0.0
    score: float = 1.0
    rivals: tuple[str, ...] = ()
    is_border_twin: bool = False
    country_label: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def needs_steward(self) -> bool:
        """Whether a steward could decide more: not for places stated as unknown, or for regions."""
        return self.status != "resolved" and self.problems != (REGION_ONLY,) and self.kind != "unknown"


def asked_but_unknown() -> Outcome:
    """Return the outcome of a place that the record states as unknown."""
    return Outcome("unresolved", "stop_list", kind="unknown")


def unresolved(problem: str, method: str = "none", rivals: tuple[str, ...] = ()) -> Outcome:
    return Outcome("unresolved", method, rivals=rivals, problems=(problem,))


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
    digest = hashlib.sha256(f"{mention_id}/{decision['id']}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def in_scope(settings: Settings, place_mentions: str) -> str:
    """Return SQL for rows of `place_mentions` (SQL) with the id of each mention as `matches` has it."""
    path = scoped_file(settings)
    if not path.is_file():
        return place_mentions
    return (
        "select named.* replace (coalesce(scoped_mention_id, named.mention_id) as mention_id) "
        f"from ({place_mentions}) as named left join read_parquet({sql_text(path)}) as scoped "
        "on named.partner = scoped.partner and named.place_role = scoped.place_role "
        "and named.mention_id = scoped.mention_id"
    )


def scoped_file(settings: Settings) -> Path:
    return settings.work / "places" / "scoped_mentions.parquet"


def naming(settings: Settings, mention_ids: Collection[int]) -> list[tuple[str, str, int]]:
    """Return who names each of some mentions, as (partner, place role, mention id as typed)."""
    import pyarrow as pa

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
