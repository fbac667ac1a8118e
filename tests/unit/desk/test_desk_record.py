"""The page of one row: which row it is, and the command that opens the original."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from orchestration.core import Settings
from orchestration.stewardship.desk.lists import record_path
from orchestration.typing.tables import SCHEMAS
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import STEWARD, Visitor, make_accounts, visitor
from tests.fixtures.steward_world import PARTNER, SERVING

SHEETS = ("Jan", "Mar 24 ", "$(date>x)", '"; id; "', "it's `id`")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One record a sheet, in row 2 of each."""
    settings = world.make_home(tmp_path_factory.mktemp("record"))
    whole = dict.fromkeys(SCHEMAS["records"].names, None) | {
        "partner": PARTNER,
        "extract_id": SERVING,
        "row_number": 2,
    }
    rows = [whole | {"record_id": number, "sheet": sheet} for number, sheet in enumerate(SHEETS, start=1)]
    world.write_table(settings.typed / "records" / f"{SERVING}.parquet", rows)
    make_accounts(settings)
    return settings


@pytest.fixture(scope="module")
def steward(settings: Settings) -> Visitor:
    return visitor(settings)


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_is_found_by_its_name_and_is_no_command_in_a_shell(
    steward: Visitor, sheet: str, tmp_path: Path
) -> None:
    page = steward.get(record_path(PARTNER, SERVING, sheet, 2))
    assert page.status_code == 200
    command = re.search(r'<pre class="command"><code>(.*)</code></pre>', page.text)
    assert command
    assert words_in_a_shell(unescape(command[1]), tmp_path) == [
        "njia", "unseal", PARTNER, SERVING, "--sheet", sheet, "--row", "2", "--author", STEWARD, "--reason", "…",
    ]  # fmt: skip


def words_in_a_shell(command: str, folder: Path) -> list[str]:
    """What a shell makes of a pasted line."""
    script = f"set -- {command}\nprintf '%s\\0' \"$@\""
    told = subprocess.run(["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return told.stdout.split("\0")[:-1]
