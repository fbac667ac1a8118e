"""The worth of an open item: movements that wait for it, and published cells that would change.

Counted at the end of a refresh from the typed Parquet. One record is counted as one movement: which records
are one person is known only once they are let in. A cell is a county (or none), role, quarter and record
grain that a record's stops and days fall in, as `mart_places` has a row for each; corridors, rolling years
and children are not counted apart, so the cells rank items and promise no number. A record whose days do not
lie in one quarter enters no cell. What a refused release keeps from its readers is found by the release room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestration.core import Settings
from orchestration.typing import open_views

if TYPE_CHECKING:
    import duckdb

_CELLS = """
create temp table cells as
select
    records.partner, records.extract_id, records.record_id, place_mentions.mention_id, in_force.fate,
    concat_ws('|', place_mentions.place_role, records.record_grain,
        date_trunc('quarter', records.period_from)) as column_of_cells,
    coalesce(matches.county_place_id, '') as county,
    place_mentions.place_role is not null
        and date_trunc('quarter', records.period_from) = date_trunc('quarter', records.period_to)
        as is_in_cell
from records
left join place_mentions using (partner, extract_id, record_id)
left join matches using (mention_id)
left join in_force using (partner, extract_id)
"""
_COUNTED = """
count(distinct record_id) as movements,
count(distinct concat_ws('|', column_of_cells, county)) filter (where is_in_cell) as numbers
"""


class Worth(NamedTuple):
    """Movements that wait, and published cells that would change."""

    movements: int = 0
    numbers: int = 0


NOTHING = Worth()


class Worths:
    """Asks the records of one refresh. `release` is what a refused candidate keeps from the readers.

    `newest`: by partner the worth of its newest extract, which is about what its next one may bring;
    `newest_extracts`: the id of that extract.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, release: Worth = NOTHING) -> None:
        self.release = release
        self._con = con
        self._extracts = {
            (partner, extract_id): Worth(movements, numbers)
            for partner, extract_id, movements, numbers in con.execute(
                f"select partner, extract_id, {_COUNTED} from cells group by partner, extract_id"
            ).fetchall()
        }
        newest = con.execute("select partner, max_by(extract_id, sequence) from extracts group by partner")
        self.newest_extracts = dict(newest.fetchall())
        self.newest = {
            partner: self.of_extract(partner, extract_id)
            for partner, extract_id in self.newest_extracts.items()
        }

    def of_extract(self, partner: str, extract_id: str) -> Worth:
        return self._extracts.get((partner, extract_id), NOTHING)

    def of_records(self, groups: Mapping[tuple[str, str, int], str]) -> dict[str, Worth]:
        """By group of records: (partner, extract id, record id) → group."""
        partners, extracts, records = zip(*groups, strict=True) if groups else ((), (), ())
        keys = {"partner": partners, "extract_id": extracts, "record_id": records}
        return self._grouped(keys, groups.values(), "true")

    def of_mentions(self, groups: Mapping[int, str]) -> dict[str, Worth]:
        """By group of mentions (mention id → group): records of the extracts in force that name one."""
        return self._grouped({"mention_id": list(groups)}, groups.values(), "fate = 'in_force'")

    def extracts_of_mentions(self, groups: Mapping[int, str]) -> dict[str, set[tuple[str, str]]]:
        """By group of mentions: the extracts that name one, whatever became of them."""
        wanted = self._wanted({"mention_id": list(groups)}, groups.values())
        extracts: dict[str, set[tuple[str, str]]] = {}
        for group, partner, extract_id in self._con.execute(
            f"select distinct wanted_for, partner, extract_id from {wanted}"
        ).fetchall():
            extracts.setdefault(group, set()).add((partner, extract_id))
        return extracts

    def _grouped(
        self, keys: Mapping[str, Sequence[Any]], groups: Iterable[str], where: str
    ) -> dict[str, Worth]:
        cells = self._wanted(keys, groups)
        counted = self._con.execute(
            f"select wanted_for, {_COUNTED} from {cells} where {where} group by wanted_for"
        ).fetchall()
        return {group: Worth(movements, numbers) for group, movements, numbers in counted}

    def _wanted(self, keys: Mapping[str, Sequence[Any]], groups: Iterable[str]) -> str:
        """Return SQL for the cells of these keys, with the group that wants each."""
        import pyarrow as pa

        types = {name: pa.int64() if name in ("record_id", "mention_id") else pa.string() for name in keys}
        columns = {name: pa.array(values, types[name]) for name, values in keys.items()}
        self._con.register("wanted", pa.table({**columns, "wanted_for": pa.array(groups, pa.string())}))
        return f"cells inner join wanted using ({', '.join(keys)})"


@contextmanager
def worths_of(settings: Settings, release: Worth = NOTHING) -> Iterator[Worths]:
    """Read once what the last refresh typed, located and put in force."""
    with open_views(settings, "records", "place_mentions", "extracts", "matches", "in_force") as con:
        con.execute(_CELLS)
        yield Worths(con, release)
