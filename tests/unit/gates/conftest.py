"""Without Great Expectations, which takes most of the time; `test_judging.py` holds that its answers are the same."""

from collections.abc import Iterator

import pytest

from orchestration.gates import judging
from tests.fixtures.gate_world import read_plainly


@pytest.fixture(autouse=True, scope="module")
def judged_plainly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "_validate", read_plainly)
        yield
