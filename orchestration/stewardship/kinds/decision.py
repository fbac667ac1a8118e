"""What kinds of decision share: the model with fields and methods, form fields, effects, worth, groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StrictBool,
    StringConstraints,
    field_validator,
)

from orchestration.core import NAIROBI, Settings, UsageError, say, together
from orchestration.intake import contact_in_prose

if TYPE_CHECKING:
    import duckdb

    from orchestration.contracts import Contracts
    from orchestration.core import End
    from orchestration.stewardship.items import Item, OpenItem

Payload = dict[str, Any]
# The decisions that hold at one time, by kind, each as its line has it, oldest first.
Holding = Mapping[str, Sequence[Mapping[str, Any]]]
# Before a fault; a list of faults says it once.
NOT_RECORDED = "The decision was not recorded. {fault}"
NO_SUCH_FORM = "This form decides nothing that the desk knows. Go back and load its page again."


def matching(pattern: str, form: str) -> AfterValidator:
    """Return a validator that describes the expected form in words, not as a regular expression."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must be {form}")
        return text

    return AfterValidator(check)


def _without_contact(text: str) -> str:
    """Refuse contacts: author and reason are published with a release that a waiver let pass."""
    if contact := contact_in_prose(text):
        raise ValueError(f"it holds {contact} and may be published, so write it without")
    return text


HEX = "digits and letters from a to f"
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_without_contact),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PersonName = Annotated[Name, AfterValidator(_without_contact)]
DecisionId = Annotated[str, matching("[0-9a-f]{12}", f"12 {HEX}, such as 3317f06775ff")]
RecordName = Annotated[
    str,
    matching("r-[0-9a-f]{16}", f"r- and 16 {HEX}, as in review/links.csv, such as r-00c3f58a1be2d479"),
]


class Entry(BaseModel):
    """One entry of `njia.db`: who, when and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: DecisionId
    kind: str
    time: AwareDatetime
    author: PersonName
    reason: Prose

    @field_validator("time", mode="wrap")
    @classmethod
    def _in_utc(cls, given: Any, read: Callable[[Any], datetime]) -> datetime:
        try:
            if not isinstance(given, int | float):
                return read(given).astimezone(UTC)
        except OverflowError:
            pass
        raise ValueError("must be a time such as 2026-11-24T02:00:00Z")

    @property
    def local_time(self) -> datetime:
        """The time in Nairobi's zone, as pages and messages say it."""
        return self.time.astimezone(NAIROBI)

    def sentence(self) -> str:
        """Say what the entry decides."""
        raise NotImplementedError


class Revocation(Entry):
    """Takes back one earlier decision of the same kind."""

    revokes: DecisionId

    def sentence(self) -> str:
        return say("takes back {id}", id=self.revokes)


class Confirmation(Entry):
    """A second person confirms one earlier decision of the same kind that needs two."""

    confirms: DecisionId

    def sentence(self) -> str:
        return say("confirms {id}", id=self.confirms)


class Decision(Entry):
    """A decision that holds until it is revoked (or, for a waiver, has expired).

    One that `needs_second` holds once another person has confirmed it. Every kind defines `sentence`; the
    other methods where they apply. Each `why_…` returns a sentence with what was found and what to do, or
    None.
    """

    revokes: None = None
    needs_second: StrictBool = False

    shapes_release: ClassVar[bool] = True
    needs_refresh: ClassVar[bool] = True  # it takes effect in the next one
    # Two decisions that agree in these fields decide the same, and `repeated` of the earlier one says so.
    decides: ClassVar[tuple[str, ...]] = ()
    repeated: ClassVar[str] = ""
    answer: ClassVar[str | None] = None  # the field of a form that `why_no_effect` is about

    @property
    def subject(self) -> tuple[str, ...] | None:
        """What the decision is about, where the latest of several decisions about it holds alone."""
        return None

    @property
    def matter(self) -> Hashable:
        """What two decisions have in common that repeat or contradict each other."""
        return (self.decides, *(getattr(self, name) for name in self.decides)) if self.decides else self.kind

    def why_ended(self, as_of: datetime) -> str | None:
        """Say why the decision holds no more at a time."""
        return None

    def resolved(self, settings: Settings) -> Decision:
        """Return the decision as other rooms read it, where its line may be shorter."""
        return self

    def why_no_effect(self, settings: Settings) -> str | None:
        """Say why the decision meets nothing now; asked when it is made and in every refresh."""
        return None

    def why_decided_already(self, holding: Iterable[Decision]) -> str | None:
        """Say which decision of those that hold, oldest first, decides the same, and how to decide anew."""
        for other in holding:
            if sentence := self.repeats(other):
                by_whom = say(
                    "{author} decided that on {day} at {time} EAT. To decide anew, first take it back: "
                    "`njia decide revoke {id}`.",
                    author=other.author,
                    day=f"{other.local_time:%Y-%m-%d}",
                    time=f"{other.local_time:%H:%M}",
                    id=other.id,
                )
                return together(sentence, by_whom)
        return None

    def repeats(self, other: Decision) -> str | None:
        """Return a sentence on an earlier decision that decides the same."""
        if not self.decides or other.decides != self.decides:
            return None
        is_same = all(getattr(other, name) == getattr(self, name) for name in self.decides)
        return say(other.repeated, id=other.id, day=str(other.local_time.date())) if is_same else None

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        """Say why the decision cannot be made beside those that hold; a later change stops no refresh."""
        return None

    def contradicts(self, other: Decision) -> bool:
        """Return whether both cannot hold at once."""
        return False

    def concerns(self) -> Concerned:
        """Return what the decision is about, where it changes records."""
        return Concerned()

    def notes(self, settings: Settings) -> Iterable[str]:
        """Return sentences on what else it does, for its preview."""
        return ()

    @classmethod
    def looked_up(cls, settings: Settings, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the fields with what is looked up for a whole list at once; before `complete`."""
        return list(payloads)

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Return the fields with those that a steward need not give."""
        return payload

    def completed_fields(self) -> list[tuple[str, str]]:
        """Return the form fields as `complete` filled them: a form decides what its preview showed."""
        return []

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """Yield the fields of each decision that a form of the desk asks for."""
        raise UsageError(say(NO_SUCH_FORM))


def same_author(a: str, b: str) -> bool:
    """Compare names by case and spacing, so that "a. steward" cannot confirm what "A. Steward" decided."""
    return spelling(a) == spelling(b)


def spelling(name: str) -> str:
    return " ".join(name.split()).casefold()


class Form:
    """Text fields by name; a name may stand several times."""

    def __init__(self, fields: Iterable[tuple[str, Any]]) -> None:
        self._fields = [(name, value.strip()) for name, value in fields if isinstance(value, str)]

    def text(self, name: str) -> str:
        """Return the field without the spaces around it; empty where it was not sent."""
        return next((value for given, value in reversed(self._fields) if given == name), "")

    def all(self, name: str) -> list[str]:
        """Return every different value of a field that may stand several times."""
        return list(dict.fromkeys(value for given, value in self._fields if given == name and value))

    def day(self, name: str) -> date | None:
        """Return the field as a day; raises UsageError for a text that is none."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise UsageError(f"{text!r} is not a date such as 2027-01-31.", field=name) from None


@dataclass(frozen=True)
class Change:
    """One thing that would change; both sides are counts or words."""

    what: str
    before: int | str
    after: int | str


@dataclass(frozen=True)
class Concerned:
    """What decisions are about: names of places, records `r-…`, extracts, contracts; `corrected` are records.

    A trial finds the records behind it, and what they change (`decisions.trial`).
    """

    names: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    corrected: frozenset[str] = frozenset()
    extracts: frozenset[tuple[str, str]] = frozenset()
    contracts: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> Concerned:
        each = [decision.concerns() for decision in decisions]
        return cls(
            **{
                part.name: frozenset().union(*(getattr(one, part.name) for one in each))
                for part in fields(cls)
            }
        )


_OF_MENTIONS = """
select wanted_for, count(distinct record_id) filter (where fate = 'in_force'),
    array_agg(distinct (partner, extract_id))
from place_mentions inner join wanted using (mention_id) left join in_force using (partner, extract_id)
group by wanted_for
"""


class Worths:
    """The worth of open items: movements that wait, counted from the `views` of one refresh.

    One record is counted as one movement: which records are one person is known only once they are let in.
    `release` is what a refused candidate keeps from the readers, found by the release room.
    `newest`: by partner the worth of its newest extract, which is about what its next one may bring;
    `newest_extracts`: the id of that extract.
    """

    views = ("records", "place_mentions", "extracts", "in_force")

    def __init__(self, con: duckdb.DuckDBPyConnection, release: int = 0) -> None:
        self.release = release
        self._con = con
        counted = con.execute(
            "select partner, extract_id, count(distinct record_id) from records group by all"
        ).fetchall()
        self._extracts = {(partner, extract_id): records for partner, extract_id, records in counted}
        newest = con.execute("select partner, max_by(extract_id, sequence) from extracts group by partner")
        self.newest_extracts = dict(newest.fetchall())
        self.newest = {key[0]: self.of_extract(*key) for key in self.newest_extracts.items()}

    def of_extract(self, partner: str, extract_id: str) -> int:
        return self._extracts.get((partner, extract_id), 0)

    def of_mentions(self, groups: Mapping[int, str]) -> dict[str, tuple[int, frozenset[tuple[str, str]]]]:
        """By group of mentions (mention id → group): records in force that name one, extracts that do."""
        import pyarrow as pa

        mentions, names = pa.array(groups, pa.int64()), pa.array(groups.values(), pa.string())
        self._con.register("wanted", pa.table({"mention_id": mentions, "wanted_for": names}))
        counted = self._con.execute(_OF_MENTIONS).fetchall()
        return {group: (records, frozenset(map(tuple, extracts))) for group, records, extracts in counted}


@dataclass(frozen=True)
class Refreshed:
    """What a refresh left for those who look for open items; `contracts` with the changes agreed since."""

    settings: Settings
    worths: Worths
    end: End
    contracts: Contracts


@dataclass(frozen=True)
class Group:
    """Kinds of decision about one thing.

    `names`: by decision id, the names behind the codes of its sentence. `open_items`: what waits
    for such a decision after a refresh. `answers`: each open item that a decision answers, with its id.
    """

    kinds: Mapping[str, type[Decision]]
    names: Callable[[Settings, Sequence[Any]], Mapping[str, str]] = lambda *_: {}
    open_items: Callable[[Refreshed], Iterable[OpenItem]] = lambda _: ()
    answers: Callable[[Settings, Holding], Iterable[tuple[Item, str]]] = lambda *_: ()
