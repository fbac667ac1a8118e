"""The `njia` command: parses arguments and calls the rooms."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click

from orchestration import console
from orchestration.errors import NjiaError, ReleaseRefused, UsageError, kind_and_place
from orchestration.settings import Settings

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def installation(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every command takes --home and --partners and gets the Settings they lead to."""

    @click.option(
        "--home", type=click.Path(path_type=Path), help="Where everything lives [NJIA_HOME, ./var]."
    )
    @click.option(
        "--partners", type=click.Path(path_type=Path), help="The partners' contracts [NJIA_PARTNERS]."
    )
    @functools.wraps(command)
    def with_settings(home: Path | None, partners: Path | None, **arguments: Any) -> Any:
        return command(Settings.from_environment(home, partners), **arguments)

    return with_settings


json_output = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="njia", prog_name="njia")
def cli() -> None:
    """The shared evidence base of movement in, out of and within Kenya.

    Partners' files go into the inbox. A refresh takes them in, judges them, and publishes a release
    if the release gate passes; otherwise the current release stays.

    \b
    First steps
      njia inbox add --samples       put the synthetic sample extracts into the inbox
      njia refresh                   from the inbox to a published release
      njia status                    what is in force, what waits for a steward
      njia query "select count(*) from marts.fct_movements"
      njia ui                        watch it in the Dagster UI
    """


@cli.command()
@json_output
@installation
def refresh(settings: Settings, as_json: bool) -> None:
    """Take in the inbox and publish, if both gates agree.

    Exit code: 0 published or unchanged, 3 refused by the release gate, 4 another refresh is running,
    2 wrong use or settings, 1 anything unexpected.
    """
    from orchestration.defs.refresh import run_refresh
    from orchestration.extracts import left_alone
    from orchestration.home import prepare_home
    from orchestration.release import Outcome, refresh_summary

    prepare_home(settings)
    if not (any(settings.inbox.glob("*/*")) or any(settings.landing.glob("*/*.json"))):
        raise UsageError(
            "There is nothing to refresh: the inbox is empty and nothing has landed yet. Put files in with "
            "`njia inbox add PARTNER FILE…`, or the synthetic samples with `njia inbox add --samples`."
        )
    console.show_new_key(_make_keys(settings))
    with console.steps() as on_step:
        ended = run_refresh(settings, on_step)
    error = ended.error
    if error is not None and not isinstance(error, ReleaseRefused):
        raise error
    found = ended.refresh.found if ended.refresh else {}
    outcome: Outcome = "refused" if error else "unchanged" if found.get("unchanged") else "published"
    summary = refresh_summary(
        settings,
        ended.refresh.taken if ended.refresh else [],
        found.get("in_force"),
        found.get("published"),
        ended.seconds,
        outcome,
        found.get("candidate"),
    )
    alone = [vars(one) for one in left_alone(settings)]
    console.show_refresh(settings, summary, bool(found.get("rolled_back")), alone)
    if as_json:
        print(json.dumps(summary, default=str))
    if error is not None:
        raise error


@cli.command()
@click.option("--port", default=3000, show_default=True)
@installation
def ui(settings: Settings, port: int) -> None:
    """Open the Dagster UI: the job, its runs and checks, the nightly schedule, the inbox sensor."""
    from orchestration.home import prepare_home
    from orchestration.warehouse import manifest_path

    prepare_home(settings)
    console.show_new_key(_make_keys(settings))
    manifest_path(settings)
    os.environ.update(
        NJIA_HOME=str(settings.home),
        NJIA_PARTNERS=str(settings.partners),
        NJIA_KEYS=str(settings.keys),
        DAGSTER_HOME=str(settings.dagster_home),
    )
    console.say(f"Dagster UI: http://127.0.0.1:{port}   (Ctrl-C stops it)")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1"]
    os.chdir(Path(__file__).resolve().parent.parent)
    os.execv(sys.executable, [*command, "-p", str(port), "--log-level", "warning"])  # noqa: S606


@cli.command()
@json_output
@installation
def status(settings: Settings, as_json: bool) -> None:
    """The current release, its age, the partners and their freshness, what is held, what waits."""
    from orchestration.status import read_status

    found = read_status(settings)
    if as_json:
        print(json.dumps(found, default=str))
    else:
        console.show_status(found)


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
    from orchestration import extracts

    if samples == bool(partner) or (partner and not files):
        raise UsageError("Say either a partner and its files, or --samples: njia inbox add PARTNER FILE…")
    added = (
        extracts.add_samples(settings) if samples else extracts.add_to_inbox(settings, str(partner), files)
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
    """Read, rename, minimise and type FILE by CONTRACT_PATH; nothing is kept."""
    from orchestration import extracts

    report = extracts.check_contract(contract_path, file, settings.as_of().date(), settings.landing)
    if as_json:
        print(json.dumps(report.as_dict(), default=str))
    else:
        console.show_contract_report(report)
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
    from orchestration.extracts import draft_contract, draft_text

    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", partner):
        raise UsageError(
            f"{partner!r} is no partner code: small letters, digits and _, such as kobe_shelter."
        )
    drafted = draft_contract(file, partner)
    if as_json:
        print(json.dumps(drafted.as_dict(), ensure_ascii=False))
    else:
        print(draft_text(drafted), end="")


@cli.command()
@click.argument("sql")
@click.option("--edition", type=click.Choice(["partner", "public"]), default="partner", show_default=True)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Stop a query that takes longer.",
)
@installation
def query(settings: Settings, sql: str, edition: str, form: str, timeout: float) -> None:
    """Ask the current release one SELECT, read-only."""
    from orchestration.release import run_query

    console.show_rows(run_query(settings, sql, edition, timeout), form)


@cli.command()
@json_output
@installation
def releases(settings: Settings, as_json: bool) -> None:
    """What was published, newest first."""
    from orchestration.release import list_releases

    found = list_releases(settings)
    if as_json:
        listed = [{**release.manifest, "is_current": release.is_current} for release in found]
        print(json.dumps({"releases": listed}))
    else:
        console.show_releases(found)


@cli.command()
@click.argument("a")
@click.argument("b")
@json_output
@installation
def diff(settings: Settings, a: str, b: str, as_json: bool) -> None:
    """What changed from release A to release B."""
    from orchestration.release import diff as compare

    found = compare(settings, a, b)
    if as_json:
        print(json.dumps(found.as_dict(), default=str))
    else:
        console.show_diff(found)


def _author_option(command: Callable[..., Any]) -> Callable[..., Any]:
    author = click.option("--author", required=True, help="Who decides: a name or role.")
    reason = click.option("--reason", required=True, help="Why, for whoever reads it next year.")
    return author(reason(command))


@cli.command()
@click.argument("release_id")
@_author_option
@installation
def rollback(settings: Settings, release_id: str, author: str, reason: str) -> None:
    """Go back to an earlier release; recorded as a decision."""
    from orchestration.release import rollback as go_back

    target = go_back(settings, release_id, author, reason, settings.as_of())
    console.say(
        f"Release {target.release_id} is in force again. The next refresh publishes only if its inputs "
        "differ from the release left behind."
    )


@cli.command()
@click.argument("names", nargs=-1)
@click.option("--file", "names_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", help="What the mention says of its country: KEN, KE or Kenya.")
@json_output
@installation
def place(
    settings: Settings, names: tuple[str, ...], names_file: Path | None, country: str | None, as_json: bool
) -> None:
    """What the resolver makes of place NAMES (or of the lines of --file)."""
    from orchestration import places

    asked = [*names, *(names_file.read_text(encoding="utf-8").splitlines() if names_file else [])]
    if not asked:
        raise UsageError("Give at least one name: njia place Malaba 'Busia, Uganda'")
    found = places.resolve_names(asked, country=_country(country))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        console.show_places(found)


@cli.group()
def decide() -> None:
    """Record what a steward decides; the next refresh acts on it."""


def _decision(settings: Settings, kind: str, author: str, reason: str, **payload: Any) -> None:
    from orchestration import stewardship

    entry = stewardship.record_decision(settings, kind, author, reason, settings.as_of(), **payload)
    console.say(f"Decision {entry['id']} recorded. It takes part in the next refresh: njia refresh")


@decide.command("waive-check")
@click.argument("check")
@click.option(
    "--scope", default="release", show_default=True, help="An extract as PARTNER/EXTRACT_ID, or `release`."
)
@click.option("--expires", required=True, help="Last day it holds, such as 2027-01-31.")
@_author_option
@installation
def decide_waive(settings: Settings, check: str, scope: str, expires: str, author: str, reason: str) -> None:
    """Let one failed CHECK pass, until a date. It lapses when the check changes."""
    _decision(settings, "check_waiver", author, reason, check=check, scope=scope, expires=_day(expires))


@decide.command("accept-extract")
@click.argument("partner")
@click.argument("extract_id")
@_author_option
@installation
def decide_accept(settings: Settings, partner: str, extract_id: str, author: str, reason: str) -> None:
    """Put a held extract in force."""
    _decision(settings, "extract_accept", author, reason, partner=partner, extract_id=extract_id)


@decide.command("withdraw-extract")
@click.argument("partner")
@click.argument("extract_id")
@_author_option
@installation
def decide_withdraw(settings: Settings, partner: str, extract_id: str, author: str, reason: str) -> None:
    """Take an extract out of force; the partner's earlier one stands again."""
    _decision(settings, "extract_withdraw", author, reason, partner=partner, extract_id=extract_id)


@decide.command("place-alias")
@click.argument("text")
@click.argument("place_id")
@click.option("--country", help="Only where the mention names this country: KEN, KE or Kenya.")
@_author_option
@installation
def decide_alias(
    settings: Settings, text: str, place_id: str, country: str | None, author: str, reason: str
) -> None:
    """Say which place a written name means."""
    _decision(
        settings, "place_alias", author, reason, text=text, place_id=place_id, country=_country(country)
    )


@decide.command("link-accept")
@click.argument("record_a")
@click.argument("record_b")
@_author_option
@installation
def decide_link_accept(settings: Settings, record_a: str, record_b: str, author: str, reason: str) -> None:
    """Say that two records, named as in review/links.csv, are of one person."""
    _decision(settings, "link_accept", author, reason, record_a=record_a, record_b=record_b)


@decide.command("link-reject")
@click.argument("record_a")
@click.argument("record_b")
@_author_option
@installation
def decide_link_reject(settings: Settings, record_a: str, record_b: str, author: str, reason: str) -> None:
    """Say that two records, named as in review/links.csv, are of two persons."""
    _decision(settings, "link_reject", author, reason, record_a=record_a, record_b=record_b)


@decide.command("revoke")
@click.argument("decision_id")
@_author_option
@installation
def decide_revoke(settings: Settings, decision_id: str, author: str, reason: str) -> None:
    """Take back an earlier decision."""
    from orchestration import stewardship

    stewardship.revoke(settings, decision_id, author, reason, settings.as_of())
    console.say(f"Decision {decision_id} is revoked. Next: njia refresh")


@decide.command("list")
@json_output
@installation
def decide_list(settings: Settings, as_json: bool) -> None:
    """Every decision ever made, newest last."""
    from orchestration import stewardship

    found = stewardship.list_decisions(settings)
    if as_json:
        print(json.dumps({"decisions": found}, default=str))
    else:
        console.show_decisions(found)


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=2020, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    default=8000,
    show_default=True,
    help="About how many case records.",
)
@click.option(
    "--months",
    type=click.IntRange(1, 36),
    default=36,
    show_default=True,
    help="How many months the case partners cover.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something already.")
@installation
def synth(settings: Settings, folder: Path, seed: int, cases: int, months: int, force: bool) -> None:
    """Write synthetic partners (contracts and extracts) into FOLDER."""
    from orchestration.synth import generate

    if not force and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty, and files of the same names would be overwritten. Name an empty "
            "folder, or say --force."
        )
    made = generate(folder, seed=seed, cases=cases, months=months)
    console.show_synth(folder, seed, made)


def _make_keys(settings: Settings) -> str | None:
    from orchestration.keys import create_missing_keys

    return create_missing_keys(settings.keys, settings.landing, settings.link_codes)


def _country(text: str | None) -> str | None:
    """ISO alpha-3 of a country, however it was written."""
    from orchestration.places import country_code

    if text is None:
        return None
    code = country_code(text)
    if code is None:
        raise UsageError(
            f"{text!r} is no country of the reference places. Give its ISO code with three letters (KEN) or "
            "two (KE), or its name (Kenya)."
        )
    return code


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date such as 2027-01-31.") from None


def main() -> None:
    """Run the command; it ends in a sentence and an exit code, never in a traceback."""
    try:
        cli(standalone_mode=False)
    except ReleaseRefused as error:
        console.complain(str(error), refused=True)
        sys.exit(error.exit_code)  # the refresh has printed its own object
    except NjiaError as error:
        _end(error.exit_code, str(error))
    except click.ClickException as error:
        if _asks_for_json():
            _print_end("error", 2, error.format_message())
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        stopped = "Stopped."
        if sys.argv[1:2] == ["refresh"]:
            stopped += " Nothing is half done: the next refresh goes on from here."
        console.complain(stopped)
        if _asks_for_json():
            _print_end("stopped", 130, stopped)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(
            130
        )  # dbt's threads may still be at work in the engine; ending in order would abort over them
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        _end(2, f"{error.filename or 'A file'}: {error.strerror}. Check the path and its rights.")
    except Exception as error:
        _end(1, f"Something unexpected: {kind_and_place(error)}. Tell whoever maintains Njia what you did.")


def _end(exit_code: int, sentence: str) -> NoReturn:
    console.complain(sentence)
    if _asks_for_json():
        _print_end("error", exit_code, sentence)
    sys.exit(exit_code)


def _asks_for_json() -> bool:
    """Asked of the bare arguments, because those of a wrong use were never parsed."""
    return "--json" in sys.argv[1:]


def _print_end(outcome: str, exit_code: int, sentence: str) -> None:
    print(json.dumps({"outcome": outcome, "exit_code": exit_code, "message": sentence}, ensure_ascii=False))
