"""The worth of an open item: movements that wait for it.

Counted at the end of a refresh from the typed Parquet. One record is counted as one movement: which records
are one person is known only once they are let in. What a refused release keeps from its readers is found by
the release room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration.core import Settings
from orchestration.typing import open_views

if TYPE_CHECKING:
    import duckdb

_OF_MENTIONS = """
select wanted_for, count(distinct record_id) filter (where fate = 'in_force'),
    array_agg(distinct (partner, extract_id))
from place_mentions inner join wanted using (mention_id) left join in_force using (partner, extract_id)
group by wanted_for
"""


class Worths:
    """Asks the records of one refresh. `release` is what a refused candidate keeps from the readers.

    `newest`: by partner the worth of its newest extract, which is about what its next one may bring;
    `newest_extracts`: the id of that extract.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, release: int = 0) -> None:
        self.release = release
        self._con = con
        counted = con.execute(
            "select partner, extract_id, count(distinct record_id) from records group by all"
        ).fetchall()
        self._extracts = {(partner, extract_id): records for partner, extract_id, records in counted}
        newest = con.execute("select partner, max_by(extract_id, sequence) from extracts group by partner")
        self.newest_extracts = dict(newest.fetchall())
        self.newest = {key[0]: self.of_extract(*key) for key in self.newest_extracts.items()}

    def of_extract(self, partner: str, extract_id: str) -> int:
        return self._extracts.get((partner, extract_id), 0)

    def of_mentions(self, groups: Mapping[int, str]) -> dict[str, tuple[int, frozenset[tuple[str, str]]]]:
        """By group of mentions (mention id → group): records in force that name one, extracts that do."""
        import pyarrow as pa

        mentions, names = pa.array(groups, pa.int64()), pa.array(groups.values(), pa.string())
        self._con.register("wanted", pa.table({"mention_id": mentions, "wanted_for": names}))
        counted = self._con.execute(_OF_MENTIONS).fetchall()
        return {group: (records, frozenset(map(tuple, extracts))) for group, records, extracts in counted}


@contextmanager
def worths_of(settings: Settings, release: int = 0) -> Iterator[Worths]:
    """Read once what the last refresh typed, located and put in force."""
    with open_views(settings, "records", "place_mentions", "extracts", "in_force") as con:
        yield Worths(con, release)
