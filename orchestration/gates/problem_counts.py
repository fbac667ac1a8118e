"""Count the rows that the type step would set aside, by partner and rule."""

from __future__ import annotations

from collections import defaultdict

import duckdb

from orchestration.core import Settings


def quarantine_rules(settings: Settings) -> dict[str, dict[str, int]]:
    """Return by partner the number of source rows of each rule, the most frequent rule first."""
    files = str(settings.typed / "problems" / "*.parquet")
    with duckdb.connect(config={"temp_directory": ""}) as con:
        found = con.execute(
            "select partner, problem_code, count(*) from read_parquet($files) where outcome = 'Q' "
            "group by partner, problem_code order by partner, count(*) desc, problem_code",
            {"files": files},
        ).fetchall()
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for partner, rule, rows in found:
        counts[partner][rule] = rows
    return dict(counts)
