"""Which typed records are older than their partner's agreement lets them be kept."""

from __future__ import annotations

from datetime import date

from orchestration.gates.parquet_views import open_views
from orchestration.settings import Settings

EXTRACT_COLUMNS = "extract_id varchar, partner varchar, received_on date, retention_years integer"
RECORD_COLUMNS = "extract_id varchar, partner varchar, record_id bigint, period_to date"
# Without a date of its own, a record is as old as the file that brought it (dbt: judged_records).
IS_PAST_RETENTION = (
    "coalesce(records.period_to, extracts.received_on) + to_months(12 * extracts.retention_years) < ?"
)


def past_retention(settings: Settings, today: date) -> dict[str, set[int]]:
    """Record ids by partner, as the last refresh typed them; nothing where it left no work folder.

    A record that any extract tells with a younger date is kept until that one is past its time too.
    """
    con = open_views(
        {
            "extracts": (settings.typed / "extracts", EXTRACT_COLUMNS),
            "records": (settings.typed / "records", RECORD_COLUMNS),
        }
    )
    try:
        rows = con.execute(
            "select records.partner, record_id from records "
            "inner join extracts using (partner, extract_id) "
            f"group by 1, 2 having bool_and(coalesce({IS_PAST_RETENTION}, false)) order by 1, 2",
            [today],
        ).fetchall()
    finally:
        con.close()
    found: dict[str, set[int]] = {}
    for partner, record_id in rows:
        found.setdefault(str(partner), set()).add(int(record_id))
    return found
