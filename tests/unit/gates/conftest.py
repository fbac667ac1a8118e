"""Without Great Expectations, which takes most of the time; `test_judging.py` holds that its answers are the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.core import Settings
from orchestration.gates import judging
from tests.fixtures.gate_world import make_settings, read_plainly


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


@pytest.fixture(autouse=True, scope="module")
def judged_plainly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "_validate", read_plainly)
        yield
