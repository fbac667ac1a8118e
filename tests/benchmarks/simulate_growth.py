"""How many rows the tables of counts have as movements and partners grow: drawn from the places of `flat_files`.

    .venv/bin/python -m tests.benchmarks.simulate_growth 1m 10m 100m --partners 1000

Each movement has an origin, a destination (mostly a usual one of its origin), up to three places passed, a partner, a quarter and
two codes. Counted are the different corridors, and the combinations that Njia's tables of counts have a row for, within
two per cent (HyperLogLog of DuckDB). Nothing is typed or judged. pytest does not collect this file.
"""

from __future__ import annotations

import argparse

import duckdb

from tests.benchmarks.flat_files import PLACE_SLOTS, SHARE_USUAL, USUAL, _make_slots, _places, count_of

QUARTERS, CODES = 15, 24
COUNTED = {
    "corridors, origin to destination": "orig, dest",
    "corridors by place passed": "orig, via_1, dest",
    "… and quarter, partner": "orig, dest, quarter, partner",
    "… by place passed, quarter, partner": "orig, via_1, dest, quarter, partner",
    "places and quarter, partner": "orig, quarter, partner",
    "corridors and code, quarter": "orig, dest, code, quarter",
    "corridors and code, quarter, partner": "orig, dest, code, quarter, partner",
}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("sizes", nargs="+", help="movements: `1m`, `100m`")
    given.add_argument("--partners", type=int, default=40)
    asked = given.parse_args()
    print(f"{asked.partners:,} partners, {QUARTERS} quarters, {CODES} codes")
    print(f"{'rows of':<40}" + "".join(f"{size:>14}" for size in asked.sizes))
    found = [counts(count_of(size), asked.partners) for size in asked.sizes]
    for at, name in enumerate(COUNTED):
        print(f"{name:<40}" + "".join(f"{numbers[at]:>14,}" for numbers in found))


def counts(movements: int, partners: int) -> list[int]:
    """The estimated number of each of `COUNTED`."""
    with duckdb.connect(config={"memory_limit": "2GB"}) as con:
        _make_slots(con, _places())
        # Places as counted: the county, or the country abroad; border points as themselves.
        con.execute("""
            create table numbered as select slot,
                cast(dense_rank() over (order by orig_county, orig_country) as integer) as orig,
                cast(dense_rank() over (order by dest_county, dest_country) as integer) as dest,
                cast(dense_rank() over (order by trim(lower(via))) as integer) as via
            from place_slots
        """)
        drawn = ", ".join(f"approx_count_distinct(hash({columns}))" for columns in COUNTED.values())
        [numbers] = con.execute(f"""
            with movements as (
                select
                    i,
                    cast(hash(i * 100 + 12) % {PLACE_SLOTS} as integer) as orig_slot,
                    cast(hash(i * 100 + 14) % {PLACE_SLOTS} as integer) as via_slot,
                    cast(hash(i * 100 + 60) % {QUARTERS} as integer) as quarter,
                    cast(hash(i * 100 + 61) % {CODES} as integer) as code,
                    -- The largest partner has a few per cent of all: weights fall with the number of the partner.
                    cast(floor(4 * (pow({(partners + 4) / 4}, (hash(i * 100 + 62) % 1000003) / 1000003.0) - 1)) as integer) as partner
                from range({movements}) as drawn(i)
            ),
            from_places as (
                select movements.*, origins.orig, vias.via as via_1,
                    case when hash(i * 100 + 50) % 100 < {SHARE_USUAL}
                        then cast(hash(origins.orig * 100 + hash(i * 100 + 51) % {USUAL}) % {PLACE_SLOTS} as integer)
                        else cast(hash(i * 100 + 13) % {PLACE_SLOTS} as integer) end as dest_slot
                from movements
                join numbered as origins on movements.orig_slot = origins.slot
                join numbered as vias on movements.via_slot = vias.slot
            ),
            ended as (
                select from_places.orig, from_places.via_1, from_places.quarter, from_places.partner, from_places.code,
                    destinations.dest
                from from_places join numbered as destinations on from_places.dest_slot = destinations.slot
            )
            select {drawn} from ended
        """).fetchall()
        return [int(number) for number in numbers]


if __name__ == "__main__":
    main()
