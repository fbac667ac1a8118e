"""What is told of a printed corridor without a number: ways that enough of its persons went, codes they have.

A row says "at least k persons, of enough partners". Beside a printed n that is an inequality, so a row
stands only inside a printed cell (it tells nothing of a hidden one), and only where what it leaves open is as
wide as for any hidden cell: from k to just below nearly all, less k for each other row of the cell, for a
reader who guesses that everybody has one code. A way that nearly all went is not told: it would tell
everybody's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.disclosure.printed_counts import is_new
from orchestration.disclosure.printing import ENDS, PRESENT, Printing, days_of, universe_of
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import TOTAL

PRESENCE = pa.schema(
    [
        ("edition", pa.string()),
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("origin_place_id", pa.string()),
        ("destination_place_id", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
    ]
)
VIA = "via_place_id"
DOMAINS = ("transport_mode", "recruitment_method", "exploitation_type")
_SYSTEM = ["record_grain", "period_id"]
_CELL = [*_SYSTEM, *ENDS]
_ROW = [*_CELL, "kind", "value"]
_SAYS_NOTHING = ("unknown", "not_specified", "not_applicable")


def ways_and_codes(corridors: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """Of each movement the places it passed and its codes: movement_id, kind, value.

    `corridors`: rows of int_corridor_movements; `codes`: rows of int_movement_codes.
    """
    vias = corridors[corridors["corridor_level"] == "odv"]
    told = codes[codes["domain"].isin(DOMAINS) & ~codes["code"].isin(_SAYS_NOTHING)]
    found = [
        vias[["movement_id", VIA]].rename(columns={VIA: "value"}).assign(kind=VIA),
        told.rename(columns={"domain": "kind", "code": "value"}),
    ]
    columns = ["movement_id", "kind", "value"]
    return pd.concat([one[columns] for one in found], ignore_index=True).drop_duplicates()


def told_presence(
    told: pd.DataFrame, ways: pd.DataFrame, counts: pd.DataFrame, printing: Printing
) -> pd.DataFrame:
    """The columns of PRESENCE, of systems that no release has printed yet.

    `told`: rows of int_told; `ways`: of `ways_and_codes`; `counts`: rows of COUNTS as this edition prints
    them.
    """
    rules = printing.rules
    is_cell = (counts["population"] == "all") & (counts[[*ENDS]] != TOTAL).all(axis=1)
    printed = counts.loc[is_cell, [*_CELL, "person_count"]].rename(columns={"person_count": "printed"})
    inside = told[is_new(told, printing)].merge(printed, on=_CELL)
    rows = _counted(inside.merge(ways, on="movement_id"))
    rows = rows[primary(rows, rules) == PRINTED]
    rows["most"] = np.ceil(rules.attribute_share * rows["printed"]) - 1
    rows = rows[rows["persons"] <= rows["most"]]
    beside = rows.groupby([*_CELL, "kind"])["value"].transform("count") - 1
    rows["most"] = np.minimum(rows["most"], rows["printed"] - beside * rules.least_persons)
    rows = rows[rows["most"] - rules.least_persons >= rules.least_persons - 1]
    rows = rows[~_is_narrow_inside(rows, inside, ways, printing)]
    return rows.assign(edition=printing.edition)[PRESENCE.names].reset_index(drop=True)


def frozen_presence(printing: Printing) -> pd.DataFrame:
    """What was told before, under the names that its periods have now."""
    rows = []
    for cell in printing.ledger.printed:
        universe, _, place = cell.partition(": ")
        if not universe.startswith(PRESENT):
            continue
        grain, days = days_of(universe.removeprefix(PRESENT))
        values = dict(part.split("=", 1) for part in place.split(" & "))
        ((kind, value),) = [one for one in values.items() if one[0] not in ENDS]
        if period := printing.periods.named(grain, days):
            ends = {end: values[end] for end in ENDS}
            rows.append((printing.edition, grain, period, *ends.values(), kind, value))
    return pd.DataFrame(rows, columns=PRESENCE.names)


def presence_cells(presence: pd.DataFrame) -> dict[str, int]:
    """Rows named as the ledger does; the number says only that they are told.

    `presence`: the columns of PRESENCE without the edition, and period_from and period_to.
    """
    found = {}
    for row in presence.to_dict("records"):
        days = pd.Timestamp(str(row["period_from"])).date(), pd.Timestamp(str(row["period_to"])).date()
        values = {**{end: str(row[end]) for end in ENDS}, str(row["kind"]): str(row["value"])}
        found[full_key(PRESENT + universe_of(str(row["record_grain"]), days), cell_key(values))] = 1
    return found


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row with what the policy asks of a cell; a movement counts once, whatever partners told of it."""
    partners = rows.groupby([*_ROW, "printed", "partner"], as_index=False).agg(
        own=("person_count", "sum"), records=("record_count", "sum")
    )
    partners["size_rank"] = partners.groupby(_ROW)["own"].rank(method="first", ascending=False)
    persons = rows.drop_duplicates([*_ROW, "movement_id"]).groupby(_ROW)["person_count"].sum()
    found = partners.groupby([*_ROW, "printed"], as_index=False).agg(
        records=("records", "sum"), partners=("partner", "nunique"), top1=("own", "max")
    )
    second = partners[partners["size_rank"] == 2].set_index(_ROW)["own"]
    keys = pd.MultiIndex.from_frame(found[_ROW])
    found["persons"] = persons.reindex(keys).to_numpy()
    found["top2"] = second.reindex(keys).fillna(0).to_numpy()
    return found


def _is_narrow_inside(
    rows: pd.DataFrame, inside: pd.DataFrame, ways: pd.DataFrame, printing: Printing
) -> pd.Series:
    """Rows of which some partner, its own persons taken off, would learn the others' part too closely."""
    of_cell = inside.groupby([*_CELL, "partner"], as_index=False).agg(own_in_cell=("person_count", "sum"))
    of_row = (
        inside.merge(ways, on="movement_id")
        .groupby([*_ROW, "partner"], as_index=False)
        .agg(own=("person_count", "sum"))
    )
    known = rows.merge(of_cell, on=_CELL).merge(of_row, on=[*_ROW, "partner"], how="left").fillna({"own": 0})
    low = (printing.rules.least_persons - known["own"]).clip(lower=0)
    high = np.minimum(known["most"] - known["own"], known["printed"] - known["own_in_cell"])
    known["is_narrow"] = (known["persons"] > known["own"]) & (high - low < printing.rules.insider_least_width)
    narrow = known[known["is_narrow"]].set_index(_ROW).index
    return pd.Series(pd.MultiIndex.from_frame(rows[_ROW]).isin(narrow), index=rows.index)
