"""`njia contract check` and `draft`: try a partner's contract before a refresh uses it."""

import re
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import out
from orchestration.cli.options import EXISTING_FILE, installation, json_output
from orchestration.core import Settings, UsageError


@click.group()
def contract_command() -> None:
    """Check or draft a partner's contract."""


@contract_command.command()
@click.argument("contract_path", type=EXISTING_FILE)
@click.argument("file", type=EXISTING_FILE)
@json_output
@installation
def check(settings: Settings, contract_path: Path, file: Path, as_json: bool) -> None:
    """Try CONTRACT_PATH on FILE.

    The file is read and typed, and the extract gate judges it. Nothing is kept.

    Exit code: 0 a refresh would take the file; 1 it would not, and the output says why and what to do.
    """
    from orchestration.drafting import try_contract

    report = try_contract(settings, contract_path, file)
    if as_json:
        console.print_json(report.as_dict())
    else:
        _show(report)
    if not report.ok:
        sys.exit(1)


@contract_command.command()
@click.argument("file", required=False, type=EXISTING_FILE)
@click.option(
    "--form", type=EXISTING_FILE, help="The form: an XLSForm, or the asset's JSON of KoboToolbox's API."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["xlsx", "csv", "json", "odk_zip"]),
    default="xlsx",
    show_default=True,
    help="How the form will be exported, where no FILE shows it.",
)
@click.option("--partner", default="new_partner", show_default=True, help="The partner's code.")
@installation
def draft(settings: Settings, file: Path | None, form: Path | None, kind: str, partner: str) -> None:
    """Draft a contract from a form or file.

    FILE is an export or a register as the partner sends it. --form says more than it does: all choices, all
    languages, links of repeats. The draft is commented YAML; TODO marks
    what only a person knows. Columns that are not clearly understood are denied. Nothing is kept.
    """
    from orchestration.contracts import PARTNER_CODE
    from orchestration.drafting import as_yaml, draft_contract

    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", partner):
        raise UsageError(f"{partner!r} is no partner code: {PARTNER_CODE}.")
    print(as_yaml(draft_contract(file, partner, form, kind)), end="")


def _show(report: Any) -> None:
    """Show what a refresh would make of the file: the verdict, what to do about it, then the sums."""
    out.print(_verdict(report))
    for fault in report.faults:
        _line(fault)
    for warning in report.warnings:
        _line(warning, "Warning: ", "bold yellow")
    for failure in report.held_because:
        _line(_failed(failure), "Would be held: ", "bold yellow")
    if report.drift:
        _show_drift(report.drift)
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


def _failed(failure: dict[str, Any]) -> str:
    """`codes_are_mapped fails (0.82; expected 0.95 ≤ code_mapped_share): found; what the steward does`."""
    observed, finding = failure["observed"], failure["finding"]
    measured = "nothing to measure" if observed is None else f"{observed:.4g}"
    check = f"{failure['check_name']} fails ({measured}; expected {failure['expected']})"
    return f"{check}: {finding + '. ' if finding else ''}{failure['steward_action']}"


_EXPLAINED = {
    "header": "header",
    "above_header": "above the header",
    "blank_at_end": "blank at the end",
    "cell_of_several_lines": "inside cells of several lines",
    "sheet_not_read": "in sheets that the contract does not name",
}


def _show_reading(report: Any) -> None:
    # Every line or row of the file is a row of a table, or it is said why not.
    explained: Counter[str] = Counter()
    for one in report.rows_explained:
        explained[_EXPLAINED[one["why"]]] += one["rows"]
    read = report.rows_read + sum(report.child_rows_read.values())
    parts = [f"{read:,} rows", *(f"{rows:,} {why}" for why, rows in explained.items())]
    out.print(f"\n{sum(report.physical_rows.values()):,} lines in the file = {' + '.join(parts)}")
    out.print(
        f"{report.rows_read:,} rows read = {report.rows_refused:,} refused + {report.rows_landed:,} landed"
        f" ({report.records:,} records)"
    )
    for refusal in (*report.refusals, *report.child_refusals):
        where = f", {refusal['sheet']}" if refusal["sheet"] else ""
        rows = ", row " + refusal["row_numbers"] if refusal["reason"].startswith("Q:") else ""
        _line(f"{refusal['rows']:,} × {refusal['title']} ({refusal['reason']}){where}{rows}")
    for code, count in report.stripped.items():
        _line(f"{count:,} cells removed: {report.titles[code]} ({code})")
    if places := report.places:
        kinds = [
            f"{places[kind]:,} {kind}" for kind in ("unresolved", "ambiguous", "review") if places.get(kind)
        ]
        which = f" ({', '.join(kinds)})" if kinds else ""
        _line(f"{places['names']:,} distinct places; waiting for a steward: {places['open']:,}{which}")
    if report.bases:
        out.print(f"\nWhat each `basis` makes of the first {report.bases[0]['records']} records (* stated)")
        bases = console.facts(justify="left")
        for one in report.bases:
            mark = "*" if one["is_stated"] else " "
            counted = ", ".join(f"{count} {meaning}" for meaning, count in one["counts"].items())
            bases.add_row(f"{mark} place({one['role']}): {one['basis']}", escape(counted))
        out.print(bases)
    if report.typing_problems:
        out.print("\nProblems of typing (Q: the row would be quarantined)")
        problems = console.facts(style=None, justify="right")
        for problem in report.typing_problems:
            rule = f"{problem['outcome']}:{problem['code']}"
            what = f"{problem['title']} ({rule}) in {problem['field'] or 'the record'}"
            rows = ", ".join(problem["first_rows"])
            problems.add_row(f"{problem['count']:,}", f"{escape(what)}\n[dim]first rows: {escape(rows)}[/]")
        out.print(problems)
    for failure in report.told_because:
        out.print()
        _line(_failed(failure), "Warning at the gate: ", "bold")
    for missing in report.columns_missing:
        out.print()
        _line(missing)
    if report.rows_landed:
        out.print("\nFilled share of each mapped field")
        shares = console.facts(justify="right")
        for name, share in report.filled_share.items():
            shares.add_row(f"{share:.0%}", escape(name))
        out.print(shares)
    if report.unmapped_columns:
        out.print()
        _line(f"Unmapped columns, dropped: {', '.join(report.unmapped_columns)}", indent="")


def _show_drift(drift: dict[str, Any]) -> None:
    since = "its contract and the last extract" if drift["compared_with"] else "its contract"
    out.print(f"\nWhat differs from {since}", soft_wrap=True)
    for column in drift["renamed"]:
        _line(
            f"{column['before']!r} is gone, probably {column['now']!r} now ({column['likeness']:.0%} alike)"
        )
    for use in drift["gone"]:
        _line(f"{use['column']!r} is gone")
    for name in drift["added"]:
        _line(f"{name!r} is new")
    for codes in drift["new_codes"]:
        _line(
            f"{codes['field']}: {codes['spellings']} unknown spellings, in {codes['records']:,} of "
            f"{codes['answered']:,} records; {codes['not_shown']} of them cannot be shown"
        )
    if drift["patch"]:
        out.print("\nTo merge into the contract (look at it first)")
        out.print(escape(drift["patch"]), soft_wrap=True)
    for sentence in drift["effects"]:
        _line(sentence)


def _line(sentence: str, label: str = "", style: str = "bold", indent: str = "  ") -> None:
    """Show a sentence after its label, wrapped at the terminal's width."""
    text = textwrap.fill(
        label + sentence,
        width=max(out.width, 40),
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    start = len(indent) + len(label)
    out.print(f"[{style}]{escape(text[:start])}[/]{escape(text[start:])}", soft_wrap=True)
