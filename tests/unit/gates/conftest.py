"""Without Great Expectations, which takes most of the time; `test_judging.py` holds that its answers are the same."""

import pytest

from orchestration.gates import judging
from tests.fixtures.gate_world import read_plainly


@pytest.fixture(autouse=True)
def judged_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_validate", read_plainly)
