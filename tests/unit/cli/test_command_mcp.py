"""`njia mcp` asked by the package's own client: what it answers, and what it refuses and why."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from orchestration.cli.mcp import opener, server_of
from orchestration.core import Settings, adopt_home
from orchestration.outputs import answers_of
from orchestration.stewardship import audit
from tests.command import PROGRAM, environment
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.published_world import MANIFEST, write_release

__all__ = ["njia"]
LATER = "20260801T000000Z-4567cdef"
Answer = dict[str, Any] | str


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two releases of the published world; the earlier one is in force."""
    home = tmp_path_factory.mktemp("assistant")
    made = Settings(home / "home", home, home / "keys")
    adopt_home(made)
    for name in (MANIFEST["release_id"], LATER):
        write_release(made.releases / name, manifest=MANIFEST | {"release_id": name, "sequence": 1})
    made.current.symlink_to(made.releases / MANIFEST["release_id"])
    return made


async def call(client: Client, tool: str, **given: Any) -> Answer:
    """What a tool answers, or the sentence of its refusal."""
    result = await client.call_tool(tool, given)
    [text] = result.content
    assert result.is_error or json.loads(text.text) == result.structured_content
    return text.text if result.is_error else result.structured_content


@pytest.fixture
def ask(settings: Settings) -> Callable[..., Answer]:
    def asked(edition: str, tool: str = "measure", **given: Any) -> Answer:
        async def once() -> Answer:
            async with Client(server_of(lambda: answers_of(settings, edition))) as client:
                return await call(client, tool, **given)

        return asyncio.run(once())

    return asked


def test_a_count_comes_with_its_noise_period_release_and_citation(ask: Callable[..., Any]) -> None:
    """245 lies in the third row of the noise (variance 25), 119 children in the second (9)."""
    answer = ask("public", measure="starts", period="2025", place="busia")
    [row] = answer["rows"]
    assert (row["place_id"], row["movement_count"], row["movement_count_noise"]) == ("KE040", 245, 10.0)
    assert (row["child_count"], row["child_count_noise"]) == (119, 6.0)
    assert (answer["edition"], answer["release_id"]) == ("public", MANIFEST["release_id"])
    assert answer["period"]["period_id"] == "year-2025" and answer["period"]["is_complete"] is True
    assert answer["made_up"] is True and MANIFEST["release_id"] in answer["citation"]
    [members] = ask("members", measure="starts", period="year-2025", place="KE040")["rows"]
    assert members["comparison"] == "same_reporting" and "movement_count_noise" not in members


def test_rows_that_are_disjoint_are_added_and_others_are_not(ask: Callable[..., Any]) -> None:
    """45 and 16 cases go out. Counts are fitted to one total, so the sum has not the noise of its rows."""
    found = ask("public", measure="corridors", period="2025", direction="out_of", total=True)
    assert found["total"] == {"movement_count": 61}
    absent = ask("public", measure="starts", period="2025", place="SAU", total=True)
    assert "Unknown is not zero" in absent["no_row"] and "total" not in absent
    refused = ask("public", measure="passings", period="2025", total=True)
    assert "cannot be added up" in refused and "so rows overlap" in refused


def test_an_earlier_count_comes_only_as_far_as_the_comparison_allows(ask: Callable[..., Any]) -> None:
    def compared(edition: str, place: str) -> Any:
        answer = ask(edition, measure="starts", period="2025", place=place, compare=True)
        return answer["year_before"] if isinstance(answer, dict) else answer

    assert compared("members", "Marsabit") == {"period_id": "year-2024", "movement_count": 158}
    assert compared("members", "Uganda") == {
        "comparison": "other_reporting", "like_earlier_count": 44, "like_count": 45, "change": "no_clear_change",
    }  # fmt: skip
    assert "`comparison` is not_comparable" in compared("members", "unknown")
    assert "`comparison` is null" in compared("public", "Marsabit")
    assert "has no comparison" in ask("members", measure="traits", period="2025", compare=True)


def test_no_row_is_not_zero(ask: Callable[..., Any]) -> None:
    """Seven cases started in Mandera in 2024: too few for the public edition."""
    small = ask("public", measure="starts", period="2024", place="Mandera")
    assert small["rows"] == [] and small["no_row"].startswith("No row: fewer than 10, perhaps none.")
    label = ask("public", measure="hotspots", period="2025", place="Mandera")
    assert label["rows"] == [] and "nothing is published of it" in label["no_row"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"measure": "victims"}, "There is no measure 'victims'. They are: border_points, "),
        ({"measure": "starts"}, "`starts` has no period ''. It has: year-2024, year-2025."),
        ({"measure": "starts", "period": "2025", "place": "Nairobbi"}, "Near it: Nairobi"),
        (
            {"measure": "starts", "period": "2025", "place": "Malaba"},
            "is a border_point. `starts` has rows of: ",
        ),
        ({"measure": "starts", "period": "2025", "end": "Nairobi"}, "can be asked by period or place."),
        ({"measure": "corridors", "period": "2025", "direction": "out"}, "The directions are: "),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_answered_names_what_can(
    ask: Callable[..., Any], asked: dict[str, str], said: str
) -> None:
    assert said in ask("public", **asked)


def test_the_program_serves_the_public_edition_and_follows_a_switch_of_the_release(
    settings: Settings,
) -> None:
    async def session() -> None:
        program = StdioServerParameters(
            command=str(PROGRAM), args=["mcp", "--home", str(settings.home)], env=environment(settings)
        )
        async with Client(program) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == {"list_measures", "places", "measure"}
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            listed = await call(client, "list_measures")
            measures = {one["measure"]: one for one in listed["measures"]}
            assert (listed["edition"], measures["corridors"]["may_be_summed"]) == (
                "public",
                ["movement_count"],
            )
            assert measures["corridors"]["by"] == ["start", "end", "direction"]
            assert measures["traits"]["may_be_summed"] == [] and "periods" not in measures
            found = (await call(client, "places", name="alab"))["places"]
            assert found == [{"place_id": "bp-ken-malaba", "place": "Malaba", "kind": "border_point"}]
            settings.current.unlink()
            settings.current.symlink_to(settings.releases / LATER)
            assert (await call(client, "list_measures"))["release_id"] == LATER

    asyncio.run(session())


def test_opening_the_members_edition_is_noted_and_a_missing_package_is_named(
    settings: Settings, njia: Njia, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp.server.mcpserver.MCPServer.run", lambda self, transport: None)
    at = ("mcp", "--home", settings.home)
    assert njia(*at, "--edition", "members").code == 0
    find = opener(settings, "members")
    assert find().release_id == find().release_id
    [noted] = audit.read(settings).lines
    assert (noted["action"], noted["details"]) == ("exported", {"edition": "members", "form": "mcp"})
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    ran = njia(*at)
    assert ran.code == 2 and "pip install 'njia[mcp]'" in ran.words
