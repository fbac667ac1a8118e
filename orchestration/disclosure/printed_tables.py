"""The step: what was told in, what each edition may print of it out.

What does not belong here: counting persons, and the printed tables themselves (dbt, `public` and `report`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.policy import DisclosurePolicy, load_disclosure_policy
from orchestration.disclosure.presence import PRESENCE, frozen_presence, told_presence, ways_and_codes
from orchestration.disclosure.printed_counts import (
    COUNTS,
    first_printed,
    frozen_counts,
    printed_cells,
    printed_counts_of,
    protect_counts,
)
from orchestration.disclosure.printed_lines import (
    LINES,
    systems_of,
    told_completeness,
    told_lines,
)
from orchestration.disclosure.printed_news import NEWS, told_news
from orchestration.disclosure.printed_reporting import REPORTING, told_reporting
from orchestration.disclosure.printing import ENDS, Periods, Printing
from orchestration.disclosure.protected import ProtectedTable
from orchestration.disclosure.tables import TOTAL
from orchestration.disclosure.zeros import News, news_of, together, told_before, zeros_of_news
from orchestration.settings import Settings

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_told": (
        "movement_id", "partner", "record_grain", "period_id", "origin_place_id", "destination_place_id",
        "origin_country_place_id", "destination_country_place_id", "is_child", "person_count", "record_count",
    ),
    "intermediate.int_counted_persons": (
        "counting_table", "counting_role", "counting_id", "period_id", "record_grain", "population",
        "person_count_low", "record_count", "partner_count", "largest_partner_count_low",
        "second_partner_count_low",
    ),
    "intermediate.int_periods": ("period_id", "period_kind", "period_from", "period_to", "is_complete"),
    "intermediate.int_corridor_movements": ("movement_id", "corridor_level", "via_place_id"),
    "intermediate.int_movement_codes": ("movement_id", "domain", "code"),
    "intermediate.int_movement_forms": ("movement_id", "form_label"),
    "marts.mart_novelty": ("item_kind", "item", "role", "round", "record_grain", "evidence_class"),
    "marts.mart_corridor_shifts": (
        "level", "corridor_id", "record_grain", "baseline_window", "current_window", "status",
    ),
    "marts.mart_completeness": (
        "field", "period_id", "record_grain", "record_count",
    ),
    "marts.mart_coverage": ("place_id", "period_id", "record_grain", "partner_count"),
    "marts.mart_reported_periods": ("period_id", "record_grain", "partial_reason"),
    "marts.dim_place": ("place_id", "kind"),
}  # fmt: skip
DESCRIPTIONS = {
    "counts": "Persons by where they came from and went to: what may be printed in each edition.",
    "lines": "Places, corridors, items and fields whose base is large enough for a word, a band or a figure.",
    "news": "Items of rounds that are large enough to be named, and whether they are new: as first told.",
    "reporting": "How many partners watched a county, whether a period is whole: in public as first told.",
    "presence": "Ways and codes of printed corridors that enough persons went or have: no number.",
}
_SCHEMAS = {"counts": COUNTS, "lines": LINES, "news": NEWS, "presence": PRESENCE, "reporting": REPORTING}


@dataclass(frozen=True)
class Disclosed:
    """What was let through: rows of each table, and what the manifest says of how."""

    rows: dict[str, int]
    told: dict[str, Any]

    @property
    def numbers(self) -> dict[str, int]:
        """Public systems printed for the first time, and as they were printed before."""
        return {"systems_new": len(self.told["systems"]), "systems_frozen": len(self.told["frozen"])}


def disclose(
    settings: Settings,
    aggregates: Mapping[str, pa.Table],
    as_of: date,
    ledger: Ledger,
    signed: Collection[str] = (),
) -> Disclosed:
    """Write each table of DESCRIPTIONS into `work/disclosure`, both editions in it.

    `aggregates` holds the tables of `AGGREGATES` under their names; `ledger` is all that was ever printed for
    the public; `signed` the versions of the policy that a steward signed. Where that is missing, nothing is
    printed. Raises Contradiction for counts that do not add up.
    """
    policy = load_disclosure_policy()
    waits = policy.why_unsigned(signed, is_first=not ledger.releases)
    if waits:
        aggregates = {name: table.slice(0, 0) for name, table in aggregates.items()}
    frames = {name.split(".")[1]: table.to_pandas() for name, table in aggregates.items()}
    public = printing_of("public", policy, frames["int_periods"], as_of, ledger)
    of_public = _edition(frames, public)
    cells = cells_of(of_public.tables["counts"], public.periods)
    news = news_of(with_days(of_public.tables["news"], public.periods))
    partner = printing_of("partner", policy, frames["int_periods"], as_of, ledger, cells, news)
    of_partner = _edition(frames, partner)
    since = {
        f"{grain} {name}": str(day)
        for (grain, days), day in first_printed(public).items()
        if (name := public.periods.named(grain, days))
    }
    settings.disclosed.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, schema in _SCHEMAS.items():
        frame = pd.concat([of_public.tables[name], of_partner.tables[name]], ignore_index=True)
        frame = frame.sort_values(schema.names, kind="stable")
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), settings.disclosed / f"{name}.parquet")
        rows[name] = len(frame)
    return Disclosed(
        rows,
        {
            "edition": "public",
            "systems": of_public.systems,
            "frozen": sorted(since),
            "printed_since": since,
            "partner_systems": of_partner.systems,
            "policy": policy.for_manifest(),
            "ledger_head": ledger.head,
            "waits_for_signature": waits,
        },
    )


def printing_of(
    edition: str,
    policy: DisclosurePolicy,
    periods: pd.DataFrame,
    as_of: date,
    ledger: Ledger,
    public: Mapping[str, int] | None = None,
    public_news: Collection[News] = (),
) -> Printing:
    """An edition's rules and periods; of the partner edition `public` and `public_news` are what the public
    one prints now."""
    of_edition = Periods.of(periods, policy, as_of, edition)
    zeros = zeros_of_news(told_before(ledger), of_edition)
    if edition == "public":
        return Printing(policy, edition, of_edition, ledger, zeros=zeros)
    known: dict[str, tuple[int, ...]] = dict(ledger.printed)
    known |= {
        cell: (*(one for one in known.get(cell, ()) if one != value), value)
        for cell, value in (public or {}).items()
    }
    zeros = together(zeros, zeros_of_news(public_news, of_edition))
    return Printing(policy, edition, of_edition, known=known, zeros=zeros)


def cells_of(counts: pd.DataFrame, periods: Periods) -> dict[str, int]:
    """Printed cells of an edition named as the ledger does, with their persons. `counts`: rows of COUNTS."""
    return printed_cells(with_days(counts, periods))


def with_days(rows: pd.DataFrame, periods: Periods) -> pd.DataFrame:
    """With the first and last day of each row's period."""
    days = [periods.days[str(period)] for period in rows["period_id"]]
    return rows.assign(period_from=[one[0] for one in days], period_to=[one[1] for one in days])


@dataclass(frozen=True)
class _OfEdition:
    tables: dict[str, pd.DataFrame]
    systems: list[dict[str, Any]]


def _edition(frames: Mapping[str, pd.DataFrame], printing: Printing) -> _OfEdition:
    told = frames["int_told"]
    protected = protect_counts(told, printing)
    frozen = frozen_counts(printing)
    counts = [frame for frame in (printed_counts_of(protected, printing), frozen) if len(frame)]
    printed = pd.concat(counts, ignore_index=True) if counts else frozen
    return _OfEdition(
        {"counts": printed, **words_of(frames, printing, printed)},
        [_told(table) for table in protected.tables if table.dimensions == ENDS],
    )


def words_of(
    frames: Mapping[str, pd.DataFrame], printing: Printing, counts: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The lines, the news, the presence and who reported, as they may stand beside these printed counts.

    `frames`: the tables of AGGREGATES without their schemas; `counts`: the columns of COUNTS.
    """
    told = frames["int_told"]
    of_places = told_lines(frames["int_counted_persons"], told, printing, systems_of(counts, printing, told))
    lines = [
        of_places,
        told_completeness(frames["mart_completeness"], counts, printing),
    ]
    news, corridors = told_news(frames, counts, of_places, printing)
    lines.append(corridors)
    ways = ways_and_codes(frames["int_corridor_movements"], frames["int_movement_codes"])
    presence = [told_presence(told, ways, counts, printing), frozen_presence(printing)]
    return {
        "lines": pd.concat([one for one in lines if len(one)] or lines, ignore_index=True),
        "news": news,
        "presence": pd.concat([one for one in presence if len(one)] or presence, ignore_index=True),
        "reporting": told_reporting(frames, counts, printing),
    }


def _told(table: ProtectedTable) -> dict[str, Any]:
    """From printed numbers alone: a manifest goes where the tables go."""
    printed = table.printed()
    printed = printed[printed["value"] > 0]  # zeros that words told are known, and not printed
    totals = (printed[[*ENDS]] == TOTAL).sum(axis=1)
    whole, parts = printed["value"][totals == 2].sum(), printed["value"][totals == 0].sum()
    return {
        "system": table.universe,
        "cells_printed": len(printed),
        "share_of_persons_in_printed_cells": round(float(parts / whole), 2) if whole else None,
    }
