"""`open_release` opens the release in force anew each time, also in a program that runs for days."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration import open_release
from orchestration.core import NjiaError, UsageError
from tests.fixtures.release_world import publish_one, settings_in

WHAT = "select release_id, (select count(*) from marts.fct_movements) from meta.release"


def test_a_new_release_is_opened_while_an_older_one_is_still_open(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    first = publish_one(settings, 0, (3, 1, 2)).release_id
    with open_release(tmp_path) as before:
        second = publish_one(settings, 1, (3, 1, 2, 5)).release_id
        with open_release(tmp_path) as now:
            assert now.execute(WHAT).fetchall() == [(second, 4)]
        assert before.execute(WHAT).fetchall() == [(first, 3)], "who reads goes on reading what was opened"
        with pytest.raises(duckdb.InvalidInputException):
            before.execute("delete from marts.fct_movements")


def test_missing_release_and_unknown_edition_are_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(NjiaError, match=f"There is no release yet in {re.escape(str(tmp_path))}"):
        open_release(tmp_path)
    publish_one(settings)
    with pytest.raises(UsageError, match="The editions are: members, public"):
        open_release(tmp_path, "secret")


def test_importing_the_package_loads_no_engine() -> None:
    code = "import sys, orchestration; print('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
