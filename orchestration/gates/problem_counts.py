"""Count the rows that the type step would set aside, by partner and rule."""

from __future__ import annotations

from collections import defaultdict

from orchestration.core import Settings, open_duckdb


def quarantine_rules(settings: Settings) -> dict[str, dict[str, int]]:
    """Return by partner the number of source rows of each rule, the most frequent rule first."""
    files = str(settings.typed / "problems" / "*.parquet")
    with open_duckdb() as con:
        found = con.execute(
            "select partner, problem_code, count(*) from read_parquet($files) where outcome = 'Q' "
            "group by partner, problem_code order by partner, count(*) desc, problem_code",
            {"files": files},
        ).fetchall()
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for partner, rule, rows in found:
        counts[partner][rule] = rows
    return dict(counts)
