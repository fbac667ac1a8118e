"""How a command ends: in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

import click

from orchestration.cli import console
from orchestration.cli.root import cli
from orchestration.core import NjiaError, ReleaseRefused, kind_and_place, look_for_garbage_less_often


def main() -> None:
    """Run the command; it ends in a sentence and an exit code, never in a traceback."""
    look_for_garbage_less_often()
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
