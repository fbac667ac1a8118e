"""What is compared of two records, and which pairs are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.linkage import policy
from orchestration.linkage.blocks import ABOUT, TWO, Block
from orchestration.linkage.comparisons import Comparison, SharedWords
from orchestration.linkage.frame import Frame


@dataclass(frozen=True)
class Model:
    """`comparisons` give evidence; a pair is scored if it is in one of the `blocks`."""

    comparisons: Sequence[Comparison | SharedWords]
    blocks: Sequence[Block]

    def for_columns(self, frame: Frame) -> Model:
        """What of it can be said of a frame: comparisons and blocks of columns that hold something."""
        told = {name for name, column in frame.columns.items() if (column >= 0).any()}
        told |= {kind for kind, words in frame.words.items() if (words >= 0).any()}
        blocks = [
            Block(block.parts, tuple(cut for cut in block.cuts if cut in told and cut not in block.needs))
            for block in self.blocks
            if block.needs <= told
        ]
        return Model([one for one in self.comparisons if one.needs <= told], blocks)


def without_kinds(model: Model) -> Sequence[Comparison | SharedWords]:
    """Comparisons of frames whose words are all of the kind `other`."""
    return [
        replace(one, also="baptismal", same_of_kin=policy.KIN_ANY) if isinstance(one, SharedWords) else one
        for one in model.comparisons
        if not (isinstance(one, SharedWords) and one.kind == "baptismal")
    ]


_BORN = ABOUT + "birth_year"
_ANSWERS = ("subcounty_code", "recruited_code")
_CUTS = ("birth_year", "origin", "destination", "exploitation", *_ANSWERS)


def _block(*parts: str) -> Block:
    return Block(("sex", *parts), _CUTS)


_FACT = [policy.SAME_FACT]
MODEL = Model(
    [
        SharedWords("baptismal", policy.SAME_NAME, policy.KIN_BAPTISMAL),
        SharedWords("other", policy.SAME_NAME, policy.KIN_OTHER),
        Comparison("phone_code", [policy.SAME_PHONE]),
        Comparison("sex", [policy.SAME_SEX]),
        Comparison("birth_year", policy.SAME_BIRTH_YEAR, policy.KIN_BIRTH_YEAR, apart=(0, 1, 2)),
        Comparison("nationality", [policy.SAME_NATIONALITY], given="origin"),
        Comparison("origin", _FACT, unless="subcounty_code"),
        Comparison("subcounty_code", [policy.SAME_ANSWER, policy.SAME_COUNTY_ONLY], wider="origin"),
        Comparison("destination", _FACT, given="origin"),
        Comparison("exploitation", _FACT, given="destination"),
        Comparison("day", policy.SAME_DAY, policy.KIN_DAY, apart=policy.DAYS_APART, given="recruited_code"),
        Comparison("recruited_code", [policy.SAME_ANSWER]),
        Comparison("schooling_code", [policy.SAME_ANSWER], policy.KIN_ANSWER),
        Comparison("children_code", [policy.SAME_ANSWER], policy.KIN_ANSWER),
    ],
    [
        _block("phone_code"),
        _block("baptismal", "other"),
        _block(f"{TWO}baptismal"),
        _block(f"{TWO}other"),
        *(_block(kind, by) for kind in ("baptismal", "other") for by in (_BORN, "origin", "destination")),
        _block("birth_year", "origin", "destination"),
        _block("subcounty_code", _BORN),
        _block("subcounty_code", "recruited_code"),
        _block("subcounty_code", "destination"),
        _block("recruited_code", "origin"),
        _block("recruited_code", "destination", "birth_year"),
    ],
)
