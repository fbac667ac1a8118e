"""Ids computed for many records at once equal those computed one by one."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
import stringzilla
from hypothesis import given
from hypothesis import strategies as st

from orchestration.core import Keys

# A block of SHA-256 is 64 bytes, of which 9 close the message: around these lengths it takes one block more.
LENGTHS = [0, 1, 2, 31, 32, 33, 54, 55, 56, 63, 64, 65, 119, 120, 128, 5000]
ALL_INSTRUCTIONS = list(stringzilla.__capabilities__)


def check_ids(keys: Keys, references: list[str]) -> None:
    """Ids of a column, and of the same as a part of a longer one, are those computed one by one."""
    alone = [keys.record_id("testpartner", "book|" + reference) for reference in references]
    column = pa.array([b"before", *(one.encode() for one in references), b"after"], pa.binary())
    part = column.slice(1, len(references))
    for many in (part, pa.concat_arrays([part])):
        assert keys.record_ids("testpartner", "book|", many).tolist() == alone


@given(
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=70),
)
def test_ids_of_many_equal_ids_of_each(key: bytes, references: list[str]) -> None:
    check_ids(Keys(key, ""), references)


@pytest.fixture(params=stringzilla.__capabilities__)
def instructions(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each way in which this machine's processor can digest, one at a time: others may know one of them only."""
    stringzilla.reset_capabilities([request.param])
    yield request.param
    stringzilla.reset_capabilities(ALL_INSTRUCTIONS)


@pytest.mark.parametrize("count", [1, 7, 8, 16, 17, 33])
@pytest.mark.usefixtures("instructions")
def test_references_of_any_length_keep_their_ids_on_any_processor(count: int) -> None:
    """Several are digested side by side, which must not depend on what stands beside what."""
    check_ids(
        Keys(b"k" * 32, ""),
        [chr(ord("a") + at % 26) * LENGTHS[at % len(LENGTHS)] for at in range(count)],
    )
