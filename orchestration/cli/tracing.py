"""From a published number to partners' rows: trace."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.options import installation, json_output
from orchestration.cli.root import cli
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.release import Trace


@cli.command()
@click.argument("release_id", metavar="RELEASE")
@click.argument("table")
@click.argument("key", nargs=-1)
@json_output
@installation
def trace(settings: Settings, release_id: str, table: str, key: tuple[str, ...], as_json: bool) -> None:
    """Which rows of which extracts stand behind a published row.

    RELEASE: an id, the beginning of one, or `current`. TABLE and KEY, apart or joined by `|`, as the report
    marks its numbers: "public_corridors|case|2024|KE040|KE047". Who traced what is put in the audit log
    first.
    """
    from orchestration.console_trace import show_trace
    from orchestration.release import find_release
    from orchestration.release import trace as trace_row

    found = trace_row(settings, find_release(settings, release_id), (table, *key))
    _tell(settings, found)
    if as_json:
        print(json.dumps(_as_dict(found), ensure_ascii=False))
    else:
        show_trace(found)


def _tell(settings: Settings, found: Trace) -> None:
    """A movement's id is left out: the log keeps what is forgotten elsewhere."""
    from orchestration.stewardship import audit

    asked = None if found.is_of_a_movement else "|".join(found.key.values())
    audit.record(
        settings,
        audit.os_user(),
        "traced",
        found.release_id,
        table=found.table,
        row=asked,
        extracts=sorted({one.extract_id for one in found.rows}),
        rows=sum(len(one.row_numbers) for one in found.rows),
    )


def _as_dict(found: Trace) -> dict[str, Any]:
    return {**asdict(found), "agrees": found.agrees, "note": found.note}
