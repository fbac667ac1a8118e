"""How many records of a cell are somebody's second: what the pairs inside each cell add.

A cell is a place in a role, or a corridor, in a period and a population.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.linkage.tables import CELL, CELL_DUPLICATES, ENDS

_PLACE = ("counting_table", "counting_role", "counting_id")
# Which pairs meet at which place or corridor; then, inside which cells.
_INSIDE = f"""
with meetings as (
    select record_a, record_b, {", ".join(f"{end}_millionths" for end in ENDS)},
        {", ".join(f"one.{name}" for name in _PLACE)}
    from likely_pairs join counting_keys as one on record_a = one.movement_id
    join counting_keys as other on record_b = other.movement_id
    and {" and ".join(f"one.{name} = other.{name}" for name in _PLACE)}
),
members as (
    select distinct movement_id, period_id, population from movement_cells
    where record_grain = 'case' and record_count > 0
)
select {", ".join(CELL)},
    {", ".join(f"cast(sum({end}_millionths) as double) / 1e6 as duplicates_{end}" for end in ENDS)}
from meetings join members as one on record_a = one.movement_id
join members as other using (period_id, population) where other.movement_id = record_b
group by all order by all
"""


def cell_duplicates(
    likely: pa.Table, counting_keys: pa.Table, movement_cells: pa.Table, spill: Path | None = None
) -> pa.Table:
    """A row a cell with likely pairs inside, as CELL_DUPLICATES.

    `likely` is a LIKELY_PAIRS table; the others are the places and corridors of records, and the periods and
    populations they count in.
    """
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        if spill is not None:
            con.execute("set temp_directory = ?", [str(spill)])
        con.register("likely_pairs", likely)
        con.register("counting_keys", counting_keys)
        con.register("movement_cells", movement_cells)
        return con.execute(_INSIDE).to_arrow_table().cast(CELL_DUPLICATES)
