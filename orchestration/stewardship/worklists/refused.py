"""Open items of rows that a rule refused when their file was read: they never landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestration.core import say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.kinds.group import Refreshed
from orchestration.stewardship.kinds.rows import quality_rules
from orchestration.stewardship.open_item import OpenItem

_EXTRACTS_NAMED = 3


def refused_rows(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each partner and rule, worth the records that the rows would have been."""
    by_item: dict[items.Item, list[Mapping[str, str]]] = {}
    for row in review.standing(refreshed.settings, review.REFUSED_ROWS):
        by_item.setdefault(items.quarantined_rows(row["partner"], row["rule_code"]), []).append(row)
    for item, rows in by_item.items():
        partner, code = item.key
        rule = quality_rules().get(code, {})
        yield OpenItem(
            item,
            say("Rows of {partner} were refused: {rule}", partner=partner, rule=rule.get("title", code)),
            together(*map(_where, rows[:_EXTRACTS_NAMED]), _more(len(rows) - _EXTRACTS_NAMED)),
            rule.get("explanation", ""),
            rule.get("steward_action", ""),
            sum(int(row["records"]) for row in rows),
            extracts=frozenset((partner, row["extract_id"]) for row in rows),
        )


def _where(row: Mapping[str, str]) -> str:
    at = {"count": int(row["rows"]), "file": row["file"], "rows": row["row_numbers"], "sheet": row["sheet"]}
    if row["sheet"]:
        return say("{count:,} row(s) in {file}, sheet {sheet}: {rows}.", **at)
    return say("{count:,} row(s) in {file}: {rows}.", **at)


def _more(extracts: int) -> str:
    return say("And in {count:,} more.", count=extracts) if extracts > 0 else ""
