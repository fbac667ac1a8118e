"""`njia diff`: what changed between two releases, or by one decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import mark, out
from orchestration.cli.options import installation, json_output
from orchestration.core import Settings, UsageError


@click.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option(
    "--waiver", metavar="ID", help="Show what this waiver did: the first and the last release it let pass."
)
@click.option("--without", metavar="ID", help="Build the current release again without this decision.")
@json_output
@installation
def diff_command(
    settings: Settings, a: str | None, b: str | None, waiver: str | None, without: str | None, as_json: bool
) -> None:
    """Compare release A with release B.

    Or show what one decision did. --without takes as long as a refresh and, while it runs, the space of a
    work folder and a release; nothing is published.
    """
    if (a is None) != (b is None) or [a, waiver, without].count(None) != 2:
        raise UsageError("Name two releases, or give --waiver ID or --without ID.")
    result: Any
    show: Callable[[Any], None]
    if waiver:
        from orchestration.release import waiver_effect

        result, show = waiver_effect(settings, waiver), _show_waiver
    elif without:
        from orchestration.defs.refresh import run_to_candidate
        from orchestration.refresh import compare_without_decision

        with console.refresh_progress() as on_step:
            build = partial(run_to_candidate, on_step=on_step)
            result, show = compare_without_decision(settings, without, build), _show_without
    else:
        from orchestration.release import diff

        result, show = diff(settings, str(a), str(b)), _show
    if as_json:
        console.print_json(asdict(result))
    else:
        show(result)


def _show(diff: Any) -> None:
    out.print(f"[bold]{diff.before} → {diff.after}[/]")
    tables = console.table("table", "rows before", "after", "added", "removed", "changed", whole=["table"])
    for row in diff.tables:
        counts = (row.rows_before, row.rows_after, row.added, row.removed, row.changed)
        tables.add_row(row.table, *map(_count, counts))
    out.print(tables)
    if diff.moved:
        out.print("\nPlaces and corridors that changed most")
        moved = console.table("place or corridor", "before", "after", "grain", "counted as")
        for line in diff.moved:
            numbers = _count(line.before), _count(line.after)
            moved.add_row(escape(line.line), *numbers, line.record_grain, line.counted_as)
        out.print(moved)
        out.print()
    for label, extracts in (("added", diff.extracts_came), ("removed", diff.extracts_left)):
        names = [f"{extract['partner_code']} {extract['extract_id']}" for extract in extracts]
        out.print(f"Extracts {label}: {', '.join(names) or 'none'}", soft_wrap=True)
    for label, decisions in (("added", diff.decisions_came), ("removed", diff.decisions_left)):
        _show_decisions(label, decisions)
    out.print(f"Inputs that differ: {', '.join(diff.inputs_changed) or 'none'}")


def _show_decisions(label: str, decisions: list[dict[str, Any]]) -> None:
    if not decisions:
        out.print(f"Decisions {label}: none")
    else:
        out.print(f"Decisions {label}:")
        for decision in decisions:
            says = decision.get("says") or decision["kind"].replace("_", " ")
            out.print(f"    {decision['id']}  {escape(says)}", soft_wrap=True)


def _show_waiver(effect: Any) -> None:
    decision = effect.decision
    out.print(f"[bold]Waiver {decision['id']}[/]: {escape(decision['says'])}", soft_wrap=True)
    out.print(f"[dim]{escape(decision['author'])}: {escape(decision['reason'])}[/]", soft_wrap=True)
    out.print(f"It first let pass {effect.first}: {', '.join(effect.let_pass)}", soft_wrap=True)
    out.print(escape(effect.meaning), soft_wrap=True)
    for also in effect.also_changed:
        out.print(f"    also: {escape(also)}", soft_wrap=True)
    if effect.diff:
        out.print()
        _show(effect.diff)


def _show_without(result: Any) -> None:
    out.print(f"What decision {result.decision_id} does to the current release, built again without it:")
    if result.also_differs:
        parts = ", ".join(result.also_differs)
        mark("warning", f"Other inputs changed since that release: {parts}. They are part of the difference.")
    else:
        out.print("Nothing else differs: the decision makes the whole difference.")
    out.print()
    _show(result.diff)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
