"""The columns of a sample: filled cells under a heading, the question behind it, its closed list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from orchestration.contracts import (
    NATIONALITY,
    SINGLE_CODES,
    UNKNOWN,
    Cell,
    CodeReader,
    is_missing,
    load_vocabulary,
    norm,
    same,
    tidy,
)
from orchestration.drafting.layout import Table
from orchestration.intake import FLAG_SET

_FLAG_VALUES = FLAG_SET | {"", "0", "0.0", "false", "no"}
# Types of questions whose answers are written out, as pyxform calls them.
WRITTEN = ("text", "string", "calculate", "select one", "select all that apply")
SYSTEMS = (None, "htcds2", "ctdc6", "ke_ctip")  # None: our own spellings
_ANY_MARK = re.compile(r"[;,/&+|]")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True)
class Named:
    """A group, question or choice: its name in XML, and its label in each language of the form."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def spellings(self) -> list[str]:
        """The labels, then the name: labels say more."""
        return list(dict.fromkeys([*self.labels.values(), self.name]))

    def label(self, language: str) -> str:
        return self.labels.get(language, self.name)


@dataclass(frozen=True)
class Question:
    """`path`: the groups and repeats around it, and itself. `repeat`: the names up to its repeat, or none."""

    path: tuple[Named, ...]
    kind: str
    repeat: tuple[str, ...] = ()
    choices: tuple[Named, ...] = ()
    is_required: bool = False
    is_long_text: bool = False

    @property
    def own(self) -> Named:
        return self.path[-1]

    @property
    def has_many_choices(self) -> bool:
        return self.kind == "select all that apply"


@dataclass
class ColumnSample:
    """The filled cells of a column.

    `choices`: a 1/0 column each. `other_names`: further headings of the question, in other exports.
    `is_absent`: the form has the question, the file no column for it. `longitude`: the column beside
    latitudes. `columns`: all columns of the file that belong to the question.
    """

    name: str
    cells: list[Cell]
    rows: int
    part: str = ""
    choices: list[str] = field(default_factory=list)
    has_joined: bool = True
    question: Question | None = None
    other_names: list[str] = field(default_factory=list)
    is_absent: bool = False
    longitude: str | None = None
    columns: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return self.inside(self.name)

    def inside(self, column: str) -> str:
        return f"{self.part}/{column}" if self.part else column

    @property
    def headings(self) -> list[str]:
        """What may say what the column holds: its heading, and the question in each language."""
        if self.question is None:
            return [self.name]
        path = "/".join(one.name for one in self.question.path)
        return list(dict.fromkeys([self.name, path, *self.question.own.labels.values()]))

    @property
    def question_type(self) -> str:
        return self.question.kind if self.question else ""

    @property
    def offered(self) -> tuple[Named, ...]:
        return self.question.choices if self.question else ()

    @cached_property
    def texts(self) -> Counter[str]:
        """The answers with their counts; those that the form offers, where no row is filled."""
        if not self.cells and self.question:
            return Counter(choice.spellings[0] for choice in self.offered)
        return Counter(tidy(cell.value) for cell in self.cells if not is_missing(norm(cell.value)))

    @property
    def filled(self) -> float:
        return len(self.cells) / self.rows if self.rows else 0.0

    def share(self, holds: Callable[[Cell], bool], *kinds: str) -> float:
        """Return the share of values that hold; without values, whether the question is of such a kind."""
        cells = [cell for cell in self.cells if not is_missing(norm(cell.value))]
        if not cells and self.question:
            return float(self.question_type in kinds)
        return sum(holds(cell) for cell in cells) / len(cells) if cells else 0.0

    @property
    def is_text(self) -> bool:
        def is_words(cell: Cell) -> bool:
            return cell.kind == "text" and not cell.value.replace(".", "", 1).replace("-", "", 1).isdigit()

        return self.share(is_words, *WRITTEN) > 0.5

    def answers(self, meaning_of: Callable[[str], str | None]) -> dict[str, str | None]:
        """Return each spelling of an answer with its meaning; all spellings of a choice mean the same."""
        meanings = {text: meaning_of(text) for text in self.texts} if not self.offered else {}
        for choice in self.offered:
            meanings |= dict.fromkeys(choice.spellings, meaning_of(_understood(choice, meaning_of)))
        return meanings

    def texts_for(self, meaning_of: Callable[[str], str | None]) -> Counter[str]:
        """Return the answers with their counts; a choice of the form once, as the spelling with a meaning."""
        return Counter(_understood(choice, meaning_of) for choice in self.offered) or self.texts


def _understood(choice: Named, meaning_of: Callable[[str], str | None]) -> str:
    return next((text for text in choice.spellings if meaning_of(text) is not None), choice.name)


def columns_of(table: Table, of_form: list[ColumnSample]) -> Iterator[ColumnSample]:
    """Yield the columns of a table; the 1/0 columns of a select-multiple question count as one."""
    yield from of_form
    taken = {name for column in of_form for name in column.columns}
    names = [name for name in table.names if name and name not in taken]
    by_name = {name: [cell for _, cell in table.cells(name)] for name in names}
    flags_of: dict[str, list[str]] = {}
    for name, cells in by_name.items():
        question, slash, _ = name.rpartition("/")
        if slash and all(same(cell.value) in _FLAG_VALUES for cell in cells):
            flags_of.setdefault(question, []).append(name)
    flags_of = {question: flags for question, flags in flags_of.items() if len(flags) > 1}
    is_flag = {flag for flags in flags_of.values() for flag in flags}
    for name in dict.fromkeys([*by_name, *flags_of]):
        if name in is_flag:
            continue
        flags = flags_of.get(name, [])
        cells = by_name.get(name) or [cell for flag in flags for cell in by_name[flag]]
        choices = [flag.rpartition("/")[2] for flag in flags]
        yield ColumnSample(name, cells, len(table.records), table.part, choices, has_joined=name in by_name)


@dataclass(frozen=True)
class CodeList:
    """`spellings` maps each spelling to our code, or None if it is unknown; `counts` to its cells.

    Of a form `counts` holds each choice once, and `read_alone` the spellings that our own lists know.
    """

    spellings: Mapping[str, str | None]
    counts: Mapping[str, int]
    crosswalk: str | None = None
    select_multiple: str | None = None
    read_alone: frozenset[str] = frozenset()

    @property
    def known_share(self) -> float:
        """Share of the answers with a known code, so that a rare typo weighs little."""
        total = sum(self.counts.values())
        known = sum(count for text, count in self.counts.items() if self.spellings[text] is not None)
        return known / total if total else 0.0


def codes_of(domain: str, sample: ColumnSample) -> CodeList:
    """Return the list of a column in one of our domains.

    A form lists all choices; without one, our spellings and the codes of each standard are tried on answers.
    """
    if sample.question and sample.offered:
        return _of_form(domain, sample.question)
    if sample.choices:
        style = "both" if sample.has_joined else "flags"
        return _best(_list(domain, Counter(sample.choices), system, style) for system in SYSTEMS)
    texts = sample.texts
    plain = [_list(domain, texts, system) for system in SYSTEMS]
    best = _best(plain)
    if domain in SINGLE_CODES or best.known_share == 1:
        return best
    # Cells are split at the usual signs without a setting in the contract.
    anyhow = [_list(domain, _split(texts, _ANY_MARK, whole), whole.crosswalk) for whole in plain]
    joined = [_list(domain, _split(texts, _BLANK, whole), whole.crosswalk, "joined") for whole in plain]
    fitting = [codes for codes in joined if codes.known_share == 1 or len(codes.spellings) < len(texts)]
    return _best([best, *anyhow, *fitting])


@lru_cache(maxsize=128)
def _reader(domain: str, system: str | None) -> CodeReader:
    return CodeReader(domain, load_vocabulary(), crosswalk=system)


def _of_form(domain: str, question: Question) -> CodeList:
    """Map every spelling of every choice, in whichever system one is known.

    Labels decide; the name does where none is known. A choice whose labels say different things stays open.
    """

    def code_of(text: str) -> str | None:
        if is_missing(norm(text)):
            return UNKNOWN
        return next((code for system in SYSTEMS if (code := _code(domain, system, text))), None)

    spellings: dict[str, str | None] = {}
    for choice in question.choices:
        said = {code for text in choice.labels.values() if (code := code_of(text))}
        code = code_of(choice.name) if not said else said.pop() if len(said) == 1 else None
        spellings |= dict.fromkeys(choice.spellings, code)
    counts = {choice.name: 1 for choice in question.choices}
    alone = frozenset(text for text, code in spellings.items() if _code(domain, None, text) == code)
    style = "both" if question.has_many_choices else None
    return CodeList(spellings, counts, select_multiple=style, read_alone=alone)


def _split(texts: Counter[str], mark: re.Pattern[str], whole: CodeList) -> Counter[str]:
    """Count the parts of cells split at a mark; cells that are known as a whole stay whole."""
    counts: Counter[str] = Counter()
    for text, count in texts.items():
        parts = [text] if whole.spellings[text] is not None else mark.split(text)
        for part in parts:
            counts.update({tidy(part): count} if tidy(part) else {})
    return counts


def _best(lists: Iterable[CodeList]) -> CodeList:
    def rank(codes: CodeList) -> tuple[float, bool, bool]:
        return round(codes.known_share, 3), codes.crosswalk is None, codes.select_multiple is None

    return max(lists, key=rank)


def _list(
    domain: str, texts: Counter[str], system: str | None, select_multiple: str | None = None
) -> CodeList:
    spellings = {text: _code(domain, system, text) for text in texts}
    return CodeList(spellings, dict(texts), system, select_multiple)


def _code(domain: str, system: str | None, text: str) -> str | None:
    read = _reader(domain, system).read_one(text)
    if domain == NATIONALITY and text.isdigit():
        return None
    return None if read.problems or read.code in (None, UNKNOWN) else read.code
