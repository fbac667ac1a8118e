"""Typed records that are older than their partner's agreement allows."""

from __future__ import annotations

from datetime import date

from orchestration.core import Settings
from orchestration.gates.in_force import read_fates
from orchestration.gates.inputs import IS_PAST_RETENTION
from orchestration.gates.parquet_views import open_views

_WAS_PAST = IS_PAST_RETENTION.replace("< ?", "< extracts.received_on")


def past_retention(settings: Settings, today: date) -> dict[str, set[int]]:
    """Return record ids by partner, by today's typing and agreements.

    Erasing is final, so a doubtful date keeps a record (the tables leave it out all the same). It must be
    past retention in every extract that holds it, and must have arrived young enough in an extract that
    passed its gate.
    """
    with open_views(settings, "extracts", "records") as con:
        rows = con.execute(
            f"select records.partner, record_id, list(extract_id) filter (where not {_WAS_PAST}) "
            "from records inner join extracts using (partner, extract_id) "
            f"group by 1, 2 having bool_and(coalesce({IS_PAST_RETENTION}, false)) order by 1, 2",
            [today],
        ).fetchall()
    passed = {key for key, fate in read_fates(settings).items() if fate.fate != "held"}
    found: dict[str, set[int]] = {}
    for partner, record_id, extract_ids in rows:
        if any((partner, extract_id) in passed for extract_id in extract_ids or ()):
            found.setdefault(str(partner), set()).add(int(record_id))
    return found
