"""What `njia contract check` shows: the verdict first, then what to do about it, then the sums."""

from __future__ import annotations

import textwrap
from typing import Any

from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import out


def show_contract_report(report: Any) -> None:
    """What a refresh would make of the file: verdict, warnings, sums, problems, columns left out."""
    out.print(_verdict(report))
    for fault in report.faults:
        _tell(fault)
    for warning in report.warnings:
        _tell(warning, style="bold yellow", before="Warning: ")
    for failure in report.held_because:
        _tell(f"{_check(failure)}: {failure['steward_action']}", "bold yellow", "Would be held because ")
    if report.drift:
        show_drift(report.drift)
    if report.was_read:
        _show_reading(report)


def _verdict(report: Any) -> str:
    contract, file = escape(report.contract), escape(report.file)
    if not report.is_contract_valid:
        return f"[bold]{contract}[/] [bold red]cannot be used yet[/]"
    if report.faults:
        return f"[bold]{contract}[/] [bold red]does not fit[/] {file}"
    if report.held_because:
        return f"[bold]{contract}[/] reads {file}, but [bold red]the file would be held[/]"
    return f"[bold]{contract}[/] [bold green]fits[/] {file}"


def _check(failure: dict[str, Any]) -> str:
    """`codes_are_mapped fails (0.82; expected 0.95 ≤ code_mapped_share)`."""
    observed = failure["observed"]
    told = "nothing to measure" if observed is None else f"{observed:.4g}"
    return f"{failure['check_name']} fails ({told}; expected {failure['expected']})"


def _show_reading(report: Any) -> None:
    out.print(
        f"\n{report.rows_read:,} rows read = {report.rows_refused:,} refused + {report.rows_landed:,} landed"
        f" ({report.records:,} records)"
    )
    for refusal in (*report.refusals, *report.child_refusals):
        where = f", {refusal['sheet']}" if refusal["sheet"] else ""
        rows = ", row " + refusal["row_numbers"] if refusal["reason"].startswith("Q:") else ""
        _tell(f"{refusal['rows']:,} × {refusal['title']} ({refusal['reason']}){where}{rows}")
    for code, count in report.stripped.items():
        _tell(f"{count:,} cells removed: {report.titles[code]} ({code})")
    if report.places:
        _show_places(report.places)
    if report.typing_problems:
        out.print("\nProblems of typing (Q: the row would be quarantined)")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for problem in report.typing_problems:
            rule = f"{problem['outcome']}:{problem['code']}"
            rows = ", ".join(problem["first_rows"])
            told = f"{problem['title']} ({rule}) in {problem['field'] or 'the record'}"
            table.add_row(f"{problem['count']:,}", f"{escape(told)}\n[dim]first rows: {escape(rows)}[/]")
        out.print(table)
    for failure in report.told_because:
        _tell(f"{_check(failure)}: {failure['steward_action']}", "bold", "\nWould be told: ")
    for missing in report.columns_missing:
        _tell(missing, "bold yellow", "\n")
    if report.rows_landed:
        out.print("\nFilled share of each mapped field")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(style="bold", justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for name, share in report.filled_share.items():
            table.add_row(f"{share:.0%}", escape(name))
        out.print(table)
    if report.unmapped_columns:
        out.print()
        _tell(f"Columns that no field names, dropped: {', '.join(report.unmapped_columns)}", indent="")


def _show_places(places: dict[str, int]) -> None:
    kinds = [f"{places[kind]:,} {kind}" for kind in ("unresolved", "ambiguous", "review") if places.get(kind)]
    told = f" ({', '.join(kinds)})" if kinds else ""
    _tell(f"{places['names']:,} distinct places; waiting for a steward: {places['open']:,}{told}")


def show_drift(item: dict[str, Any]) -> None:
    """What changed in columns and closed lists, and the change to the contract that answers it."""
    since = "its contract and the last extract" if item["compared_with"] else "its contract"
    out.print(f"\nWhat differs from {since}", soft_wrap=True)
    for one in item["renamed"]:
        _tell(f"{one['before']!r} is gone, probably {one['now']!r} now ({one['likeness']:.0%} alike)")
    for use in item["gone"]:
        _tell(f"{use['column']!r} is gone")
    for column in item["added"]:
        _tell(f"{column!r} is new")
    for codes in item["new_codes"]:
        _tell(
            f"{codes['field']}: {codes['spellings']} spellings not known, in {codes['records']:,} of "
            f"{codes['answered']:,} records; {codes['not_shown']} of them cannot be shown"
        )
    if item["patch"]:
        out.print("\nTo merge into the contract (look at it first)")
        out.print(escape(item["patch"]), soft_wrap=True)
    for sentence in item["effects"]:
        _tell(sentence)


def _tell(sentence: str, style: str = "", before: str = "", indent: str = "  ") -> None:
    """A sentence broken between words at the terminal's width, its later lines under the first."""
    blank, before = ("\n", before[1:]) if before.startswith("\n") else ("", before)
    lines = textwrap.fill(
        before + sentence,
        width=max(out.width, 40),
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    start = len(indent) + len(before)
    shown = f"[{style}]{escape(lines[:start])}[/]{escape(lines[start:])}" if style else escape(lines)
    out.print(blank + shown, soft_wrap=True)
