"""Public labels of new periods, drawn again from the noise key without the project's SQL.

A label is wrong where its margin says more than the marts do, where its noise is not that of its records, or
where the public row is not what the drawn numbers say. Key sums are those of `public_counts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from orchestration.core import PublicationPolicy, Settings, schemas_of
from orchestration.gates.public_counts import noise_of, row_of

_KEY = ["noise_name", "period_id", "cell_id"]
# The row of the noise table by the first part of a name and, where it differs, by the second.
_ROWS = {"hotspots": 5, "shifts": 5, "completeness": 5, "others": 1, "mentions": 4, "novelty": 4}
_ROLES = {
    "starts": ["origin"], "ends": ["exploitation", "intended_destination"], "passings": ["transit"],
    "border_points": ["transit"],
}  # fmt: skip
_PEOPLE = {"movement_count": "all", "passing_count": "all", "child_count": "children"}
# Rounding of the marts' ratios, in hundredths of the scale of the noise.
_NEAR = 5


def with_drawn_labels(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    cells: pd.DataFrame,
    policy: PublicationPolicy,
    epochs: Mapping[str, int],
    closed: Sequence[str],
) -> int:
    """Make the tables `drawn` and `margins` for the rules of `public_rows`; count the margins that are wrong.

    `cells`: those of `public_counts`, of the years (`epochs`) and of the years before, without years none;
    `closed`: the years and rounds that are printed for the first time.
    """
    if not closed:  # nothing is printed for the first time
        con.register("no_margins", schemas_of("statistics")["label_margins"].empty_table())
        con.execute("create temp table margins as from no_margins")
        con.execute(
            "create temp table drawn (noise_name text, period_id text, cell_id text, true_count bigint, "
            "protected_count bigint)"
        )
        return 0
    con.execute(
        "create temp table margins as select * from read_parquet(?)",
        [str(settings.statistics / "label_margins.parquet")],
    )
    rows = con.execute(
        "select * exclude (noise, protected_count) from warehouse.intermediate.int_drawn_labels"
    ).df()
    fields = rows.loc[rows["noise_name"] == "completeness", ["period_id", "cell_id"]]
    rows = rows.merge(_key_sums(cells, fields), on=_KEY, how="left", suffixes=("", "_own"))
    is_of_years = rows["period_id"].isin(epochs)
    rows["key_sum"] = rows["key_sum_own"].where(is_of_years, rows["key_sum"]).fillna(-1).astype("int64")
    parts = rows["noise_name"].str.split("|", expand=True).reindex(columns=[0, 1])
    drawn_row = parts[1].where(parts[1] == "others", parts[0]).map(_ROWS).astype("float64")
    drawn_row = drawn_row.where((parts[0] != "mentions") | (rows["cell_id"] != "round"))
    rows["noise_row"] = drawn_row.fillna(pd.Series(row_of(rows["true_count"], policy), rows.index)).astype(
        int
    )
    named = [
        f"{name}|{period}|{cell}|{key}|{epochs.get(period, 0)}"
        for name, period, cell, key in rows[[*_KEY, "key_sum"]].itertuples(index=False)
    ]
    drawn = rows.assign(protected_count=rows["true_count"] + noise_of(named, rows["noise_row"].to_numpy()))
    con.register("drawn_frame", drawn[[*_KEY, "true_count", "protected_count"]])
    con.execute("create temp table drawn as from drawn_frame")
    scales = {name: policy[f"{name}_label_scale"] / 100 for name in ("hotspot", "shift")}
    return sum(
        int(
            con.execute(
                query.format(near=_NEAR, errors=policy.numbers["shift_label_errors"], **scales)
            ).fetchall()[0][0]
        )
        for query in (_HOTSPOT_MARGINS, _SHIFT_MARGINS, _COUNTS)
    )


def _key_sums(cells: pd.DataFrame, fields: pd.DataFrame) -> pd.DataFrame:
    """Return the sum of protection keys that each label of a year is drawn with, by _KEY."""
    if cells.empty:
        return pd.DataFrame(columns=[*_KEY, "key_sum"])
    places = cells[cells["column_name"].isin(_PEOPLE) & cells["table_name"].isin(_ROLES)]
    places = places.assign(role=places["table_name"].map(_ROLES), people=places["column_name"].map(_PEOPLE))
    places = places.explode("role")
    name = places["role"] + "|" + places["people"]
    found = [places.assign(noise_name=kind + name) for kind in ("hotspots|", "hotspots|others|")]
    corridors = cells[cells["table_name"] == "corridors"]
    year = corridors["period_id"].str.removeprefix("year-").astype(int)
    corridors = corridors.assign(cell_id=corridors["start_place_id"] + ">" + corridors["end_place_id"])
    both = pd.concat([corridors, corridors.assign(period_id="year-" + (year + 1).astype(str))])
    keys = both.groupby(["period_id", "cell_id"])["key_sum"].sum().reset_index()
    found += [keys.assign(noise_name=f"shifts|{label}") for label in ("shift", "stable", "others")]
    totals = cells[cells["table_name"] == "total"].drop(columns="cell_id")
    found.append(totals.merge(fields, on="period_id").assign(noise_name="completeness"))
    return pd.concat(found)[[*_KEY, "key_sum"]]


# Public labels whose margins the members' marts do not bear out.
_HOTSPOT_MARGINS = """
select count(*) from public.published.hotspots as listed
inner join drawn
    on drawn.noise_name = 'hotspots|' || role || '|' || people
    and drawn.period_id = listed.period_id and drawn.cell_id = listed.place_id
left join members.marts.mart_hotspots as measured
    on measured.record_grain = 'case' and listed.period_id = measured.period_id
    and listed.place_id = measured.place_id and listed.role = measured.role
    and listed.people = measured.population
where coalesce(true_count - {near} > 100 / {hotspot} * (ln(activity_ratio) - sqrt(
    (ln(measured.ratio_high / measured.ratio_low) / 2) ** 2 + 2 * ({hotspot} * 1.959964) ** 2
)), true)
"""
_SHIFT_MARGINS = """
select count(*) from public.published.shifts as listed
inner join drawn
    on drawn.noise_name = case when status = 'stable' then 'shifts|stable' else 'shifts|shift' end
    and drawn.period_id = listed.period_id and drawn.cell_id = listed.corridor_id
left join (
    select current_window as period_id, corridor_id, abs(ln(share_odds_ratio)) as change,
        ln(ratio_high / ratio_low) / 2 / 1.959964 as error,
        case when share_odds_ratio > 1 then ln(leave_one_out_low)
            else -ln(leave_one_out_high) end as without_one
    from members.marts.mart_corridor_shifts
    where record_grain = 'case' and comparison = 'years' and level = 'od'
) as measured on measured.period_id = listed.period_id and measured.corridor_id = listed.corridor_id
where true_count - {near} > 100 / {shift} * case
    when status = 'stable' then ln(2) - change - 1.959964 * error
    else least(
        change - {errors} * sqrt(error ** 2 + 2 * {shift} ** 2), change - ln(1.25), without_one - ln(1.25)
    )
end
"""
# Route reports that members are shown another number of.
_COUNTS = """
select count(*) from drawn
left join members.published.mentions using (period_id)
where noise_name = 'mentions' and cell_id = mention_id and true_count is distinct from mention_count
"""
