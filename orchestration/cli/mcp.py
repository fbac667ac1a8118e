"""`njia mcp`: an edition for assistants, over the Model Context Protocol. It reads and never writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli import console, options
from orchestration.core import NjiaError, Settings, UsageError, kind_and_place

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from orchestration.outputs import Answers

_INSTRUCTIONS = (
    "Cases of human trafficking that partners in Kenya recorded: counts by year, start, end, corridor, "
    "border point and trait, and labels of hotspots and changes. First call list_measures. Give each number "
    "with its period, its noise and the citation. A place without a row is not a place of nought. Do not add "
    "or compare numbers yourself: ask with total or compare, which refuse what would mislead."
)


@click.command()
@click.option("--edition", type=click.Choice(options.EDITIONS), default="public", show_default=True)
@options.installation
def mcp_command(settings: Settings, edition: str) -> None:
    """Serve an edition to an assistant.

    The assistant starts this command and speaks the Model Context Protocol with it over stdin and stdout:
    docs/assistants.md has the settings. It is read-only and takes no SQL. What the members' edition
    answers goes to whoever runs the assistant; the audit log notes each release that it opens.
    """
    server = server_of(opener(settings, edition))
    if sys.stdin.isatty():
        console.err.print("Waiting for an assistant on stdin. Ctrl-C ends it.")
    server.run("stdio")


def opener(settings: Settings, edition: str) -> Callable[[], Answers]:
    """Return what opens the edition in force: each release is checked once, and members' one noted."""
    from orchestration.outputs import answers_of
    from orchestration.stewardship import audit

    @cache
    def note(release_id: str) -> None:
        console.signed_release(settings)
        if edition == "members":
            audit.record(settings, audit.os_user(), "exported", release_id, edition=edition, form="mcp")

    def find() -> Answers:
        answers = answers_of(settings, edition)
        note(answers.release_id)
        return answers

    return find


def server_of(find: Callable[[], Answers]) -> MCPServer:
    """Return the server. `find` opens the edition, for each question anew."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ModuleNotFoundError:
        raise UsageError(
            "`njia mcp` needs the package mcp. Install it: `pip install 'njia[mcp]'`, or in a checkout "
            "`uv sync --frozen --no-dev --extra mcp`."
        ) from None
    server: MCPServer = MCPServer("njia", instructions=_INSTRUCTIONS, log_level="WARNING")
    reading = server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))

    def answered(ask: Callable[[Answers], dict[str, Any]]) -> dict[str, Any]:
        try:
            return ask(find())
        except NjiaError as error:
            raise ToolError(str(error)) from None
        except Exception as error:  # its text may hold a value
            raise ToolError(f"Something unexpected: {kind_and_place(error)}.") from None

    @reading
    def list_measures() -> dict[str, Any]:
        """List the measures: what a row is, what may be added, periods, and by what each can be asked."""
        return answered(lambda answers: answers.measures())

    @reading
    def places(name: str) -> dict[str, Any]:
        """Find counties, border points and countries by name, part of a name, or id (KE040, UGA)."""
        return answered(lambda answers: {"places": answers.places(name)})

    @reading
    def measure(
        measure: str,
        period: str = "",
        place: str = "",
        start: str = "",
        end: str = "",
        direction: str = "",
        total: bool = False,
        compare: bool = False,
    ) -> dict[str, Any]:
        """Give the rows of a measure in a period, with noise, comparison and citation.

        measure: a name of list_measures, such as `starts` or `corridors`. period: id or label (`2025`).
        place, start, end: name or id. direction: into, out_of, within and so on. total: also the sum of the
        rows; refused where they overlap. compare: also the year before; refused where reporting differs.
        `_noise` is two standard deviations of the random change of a public count.
        """
        where = {"place": place, "start": start, "end": end, "direction": direction}
        return answered(lambda answers: answers.measure(measure, period, where, total, compare))

    return server
