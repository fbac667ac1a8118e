"""How many records of a cell are somebody's second: the spanning forest again, of the pairs inside each cell.

A cell is a place in a role, or a corridor, in a period and a population. A forest of all pairs cannot be cut
into cells: of three records of one person it keeps two pairs, and the third may be the one that a cell holds.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.linkage.tables import CELL, CELL_DUPLICATES

Counts = npt.NDArray[np.int64]
_PLACE = ("counting_table", "counting_role", "counting_id")
# Which pairs meet at which place or corridor; then, a period at a time, inside which cells.
_MEETINGS = f"""
create table places as select row_number() over (order by {", ".join(_PLACE)}) as place, *
from (select distinct {", ".join(_PLACE)} from counting_keys);
create table keys as select movement_id, place from counting_keys join places using ({", ".join(_PLACE)});
create table meetings as select number, record_a, record_b, one.place
from likely_pairs join keys as one on record_a = one.movement_id
join keys as other on record_b = other.movement_id and one.place = other.place;
create table members as select distinct movement_id, period_id, population from movement_cells
where record_grain = 'case' and record_count > 0;
"""
_INSIDE = """
with inside as (select movement_id from members where period_id = ? and population = ?)
select place, number, record_a, record_b from meetings
join inside as one on record_a = one.movement_id
join inside as other on record_b = other.movement_id
order by place, number
"""


def cell_duplicates(
    likely: pa.Table, counting_keys: pa.Table, movement_cells: pa.Table, spill: Path | None = None
) -> pa.Table:
    """A row a cell with likely pairs inside, as CELL_DUPLICATES.

    `likely` is a LIKELY_PAIRS table, likeliest first; the others are the places and corridors of records, and
    the periods and populations they count in.
    """
    weights = np.column_stack([likely[name].to_numpy() for name in ("low_millionths", "high_millionths")])
    rows = []
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        if spill is not None:
            con.execute("set temp_directory = ?", [str(spill)])
        con.register("likely_pairs", likely.append_column("number", pa.array(range(likely.num_rows))))
        con.register("counting_keys", counting_keys)
        con.register("movement_cells", movement_cells)
        con.execute(_MEETINGS)
        places = {row["place"]: row for row in con.execute("from places").to_arrow_table().to_pylist()}
        inside = con.execute("select distinct period_id, population from members order by all").fetchall()
        for period, population in inside:
            found = con.execute(_INSIDE, [period, population]).to_arrow_table()
            for place, low, high in _forests(found, weights):
                cell = {**places[place], "period_id": period, "population": population}
                rows.append(cell | {"duplicates_low": low / 1e6, "duplicates_high": high / 1e6})
    table = pa.Table.from_pylist(rows, schema=CELL_DUPLICATES)
    return table.sort_by([(name, "ascending") for name in CELL])


def _forests(found: pa.Table, weights: Counts) -> list[tuple[int, int, int]]:
    """Per place the weights of the likeliest pairs that close no circle (Kruskal), all places at once.

    A record is a node of each place it stands at, so places are parts of one graph that nothing joins.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    if not found.num_rows:
        return []
    place, number, one, other = (
        found[name].to_numpy() for name in ("place", "number", "record_a", "record_b")
    )
    records, ends = np.unique(np.concatenate([one, other]), return_inverse=True)
    nodes, ends = np.unique(np.tile(place, 2) * len(records) + ends, return_inverse=True)
    # A pair's number among all stands for how likely it is: no two are equal, so no tie decides.
    graph = coo_array(
        (number + 1.0, (ends[: len(place)], ends[len(place) :])), shape=(len(nodes), len(nodes))
    )
    forest = minimum_spanning_tree(graph.tocsr()).tocoo()
    held, at = np.unique(nodes[forest.row] // len(records), return_inverse=True)
    sums = np.zeros((len(held), 2), dtype=np.int64)
    np.add.at(sums, at, weights[forest.data.astype(np.int64) - 1])
    return [(int(one), int(low), int(high)) for one, (low, high) in zip(held, sums, strict=True)]
