"""The `njia` command: which commands there are, and how each of them ends."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from orchestration.cli import console
from orchestration.core import (
    NjiaError,
    ReleaseRefused,
    ReleaseWaits,
    collect_garbage_less_often,
    escaped,
    interrupts_kept,
    kind_and_place,
    machine_fault,
)

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
# Each name is a file of this folder that holds `<name>_command`, or that of its twin. Sections and order are
# those of `njia --help`.
SECTIONS = {
    "Take in and publish": ("contract", "inbox", "pull", "refresh", "status", "check", "notify", "serve"),
    "Read what is published": ("open", "query", "mcp", "trace", "releases", "diff", "verify"),
    "Review and decide": ("decide", "place", "rollback"),
    "Protect": ("account", "keys", "audit", "unseal", "forget", "backup", "restore"),
}
TWINS = {
    "diff": "releases", "open": "serve", "pull": "inbox", "restore": "backup", "rollback": "releases",
    "unseal": "audit", "verify": "check",
}  # fmt: skip


class Commands(click.Group):
    """All commands, listed by section in the help."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, self.commands))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                helps = [
                    self.commands[name].get_short_help_str(formatter.width - longest - 6) for name in names
                ]
                formatter.write_dl(
                    [(name.ljust(longest), text) for name, text in zip(names, helps, strict=True)]
                )


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(package_name="njia", prog_name="njia")
def cli() -> None:
    """The shared evidence base of movement in, out of and within Kenya.

    Partners' files go into the inbox. A refresh takes them in, checks them, and publishes a release if the
    release gate passes. Otherwise the current release stays.

    \b
    First steps
      njia inbox add --samples   add synthetic extracts
      njia refresh               publish a release
      njia status                see what needs attention
      njia open                  read the report and the map
      njia serve                 review, decide, watch runs
    """


for _name in (name for names in SECTIONS.values() for name in names):
    _file = TWINS.get(_name, _name)
    cli.add_command(getattr(import_module(f"orchestration.cli.{_file}"), f"{_name}_command"))
# Earlier names, which services and notes of operators still use.
for _name in ("ui", "desk"):
    cli.add_command(cli.commands["serve"], _name)


def main() -> None:
    """Run the command. An error ends it with a sentence and an exit code, never with a traceback."""
    collect_garbage_less_often()
    try:
        with interrupts_kept():
            cli(standalone_mode=False)
    except (ReleaseRefused, ReleaseWaits) as error:
        console.complain(str(error), refused=isinstance(error, ReleaseRefused))
        sys.exit(error.exit_code)  # the command has printed its JSON object
    except NjiaError as error:
        shown: NjiaError = machine_fault(error, Path.cwd()) or error
        _fail(shown.exit_code, str(shown))
    except click.ClickException as error:
        _print_json_error("error", 2, error.format_message())
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        stopped = "Stopped."
        if sys.argv[1:2] == ["refresh"]:
            stopped += " No work is lost: the next refresh continues from here."
        console.complain(stopped)
        _print_json_error("stopped", 130, stopped)
        sys.stdout.flush()
        sys.stderr.flush()
        # dbt's threads may still use the engine; an orderly exit would abort over them.
        os._exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:
        if fault := machine_fault(error, Path.cwd()):
            _fail(fault.exit_code, str(fault))
        if isinstance(error, OSError):
            name = escaped(str(error.filename or "A file"))
            _fail(2, f"{name}: {error.strerror}. Check the path and its rights.")
        _fail(1, f"Something unexpected: {kind_and_place(error)}. Tell the maintainers of Njia what you did.")


def _fail(exit_code: int, sentence: str) -> NoReturn:
    console.complain(sentence)
    _print_json_error("error", exit_code, sentence)
    sys.exit(exit_code)


def _print_json_error(outcome: str, exit_code: int, sentence: str) -> None:
    # Wrong use is not parsed, so the bare arguments say whether JSON is wanted.
    if "--json" in sys.argv[1:]:
        print(
            json.dumps({"outcome": outcome, "exit_code": exit_code, "message": sentence}, ensure_ascii=False)
        )
