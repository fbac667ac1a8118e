"""Partners' files and contracts before a refresh: inbox, contract."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.console_contracts import show_contract_report
from orchestration.cli.options import installation, json_output
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError


@cli.group()
def inbox() -> None:
    """Put partners' files where the next refresh finds them."""


@inbox.command("add")
@click.argument("partner", required=False)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--samples", is_flag=True, help="Add the synthetic sample extracts.")
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@installation
def inbox_add(
    settings: Settings, partner: str | None, files: tuple[Path, ...], samples: bool, quiet: bool
) -> None:
    """Copy FILES of PARTNER into the inbox, whole or not at all."""
    from orchestration import intake

    if samples == bool(partner) or (partner and not files):
        raise UsageError("Say either a partner and its files, or --samples: njia inbox add PARTNER FILE…")
    added = intake.add_samples(settings) if samples else intake.add_to_inbox(settings, str(partner), files)
    for name in [] if samples else intake.fitted_by_no_contract(settings, str(partner), files):
        console.warn(
            f"No contract of {partner} names a file like {name} (`files`): it waits in the inbox until one "
            "does. If it is no extract, take it out again."
        )
    if not quiet:
        console.say(f"{len(added)} file(s) in the inbox. Next: njia refresh")


@cli.group()
def contract() -> None:
    """Try a partner's contract before any refresh uses it."""


@contract.command("check")
@click.argument("contract_path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_output
@installation
def contract_check(settings: Settings, contract_path: Path, file: Path, as_json: bool) -> None:
    """Read and type FILE by CONTRACT_PATH and ask the extract gate about it; nothing is kept.

    Exit code 0: a refresh would take the file. 1: it would not, and the output says why and what to do.
    """
    from orchestration.drafting import try_contract

    report = try_contract(settings, contract_path, file)
    if as_json:
        print(json.dumps(report.as_dict(), default=str))
    else:
        show_contract_report(report)
    if not report.ok:
        sys.exit(1)


@contract.command("draft")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", default="new_partner", show_default=True, help="The partner's code.")
@json_output
@installation
def contract_draft(settings: Settings, file: Path, partner: str, as_json: bool) -> None:
    """Propose a contract from a sample FILE, as commented YAML; nothing is kept.

    What only a person knows says TODO. Columns that are not surely understood are denied.
    """
    from orchestration.contracts import PARTNER_CODE
    from orchestration.drafting import as_yaml as draft_text
    from orchestration.drafting import draft_contract

    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", partner):
        raise UsageError(f"{partner!r} is no partner code: {PARTNER_CODE}.")
    drafted = draft_contract(file, partner)
    if as_json:
        print(json.dumps(drafted.as_dict(), ensure_ascii=False))
    else:
        print(draft_text(drafted), end="")
