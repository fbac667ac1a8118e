"""Corrections of single values: what a partner should have written in one field of one record.

The landing keeps what was sent; typing reads the correction until the partner writes the field anew. A value
enters a decisions file only if typing reads it without a problem, so it is no free text; a place's name must
be one of the reference places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from orchestration import places, typing
from orchestration.contracts import ENDS, contract_for, load_contracts, place_parts, role_and_basis
from orchestration.core import (
    Settings,
    UsageError,
    listed,
    load_keys,
    read_artifact,
    read_json,
    record_of,
    say,
)
from orchestration.stewardship.kinds.decision import (
    NOT_RECORDED,
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    RecordName,
    matching,
)
from orchestration.stewardship.kinds.rows import names, quality_rules
from orchestration.stewardship.kinds.subjects import called, record_called
from orchestration.typing import NOT_KEPT, has_typed, open_views

if TYPE_CHECKING:
    from orchestration.contracts import Contract
    from orchestration.core import Keys
    from orchestration.intake import LandedCell

PartnerName = Annotated[str, matching("[a-z][a-z0-9_]{1,40}", "a partner's code, such as kobe_shelter")]
FieldName = Annotated[str, matching("[a-z][a-z0-9_().]{1,60}", "a field of the model, such as event_on")]
Token = Annotated[str, matching("t-[a-p]{22}", "a token of what was written")]
_NOT_SHOWN = (
    "This field is never corrected here: it identifies a person, is a person's own consent, is dropped by "
    "the contract, or stands on a further sheet. Ask the partner to correct it. Fields that can be "
    "corrected: {fields}."
)
_NO_PLACE = (
    "The reference places know no such name, and it may be a person's. `njia place NAME` finds a place; give "
    "its name or its id."
)
_NO_SINGLE_PLACE = (
    "Read with the country, area and code of its row, this name means no single known place. Correct first "
    "what else is wrong there, or ask the partner."
)
_WRITTEN_ANEW = "The partner has sent {field} of record {record} again. Its new value is used."
_FOR_THE_PARTNER = (
    "The partner's receipt names row, column and reason. What the partner writes there later holds instead."
)


class ValueCorrection(Decision):
    """Gives one field of a record the value that the partner should have written.

    `written` is a keyed token of what the partner wrote: it holds in each copy that says the same.
    """

    partner: PartnerName
    record: RecordName
    field: FieldName
    written: Token
    value: Name

    decides: ClassVar[tuple[str, ...]] = ("record", "field", "written")
    repeated: ClassVar[str] = "Decision {id} corrects this value already."
    answer: ClassVar[str | None] = "value"

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Add partner and token from the newest copy of the record; a place's id becomes its name."""
        record, field = record_called(settings, str(payload.get("record", ""))), str(payload.get("field"))
        value = str(payload.get("value") or "").strip()
        copy = newest_copy(settings, record)
        if copy is None:
            why = NOT_KEPT if not has_typed(settings) else say(_NO_RECORD, record=record)
            raise UsageError(say(NOT_RECORDED, fault=why))
        fields = typing.correctable(copy.contract)
        if field not in fields:  # nor is it repeated: it may be a name
            raise UsageError(
                say(NOT_RECORDED, fault=say(_NOT_SHOWN, fields=", ".join(fields) or "–")), field="field"
            )
        if place_parts(field):
            value = places.place_names().get(value, value)
        written = payload.get("written") or copy.written(field)
        return {"partner": copy.partner, "record": record, "field": field, "written": written, "value": value}

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        if form.text("value"):
            yield {name: form.text(name) for name in ("record", "field", "value", "written")}

    def completed_fields(self) -> list[tuple[str, str]]:
        return [("written", self.written), ("value", self.value)]

    def sentence(self) -> str:
        sentence = "{field} of record {record} is corrected, until the partner writes it anew"
        return say(sentence, field=called(self.field), record=self.record)

    def concerns(self) -> Concerned:
        own = frozenset([self.record])
        return Concerned(records=own, corrected=own)

    def notes(self, settings: Settings) -> Iterator[str]:
        yield _FOR_THE_PARTNER

    def contradicts(self, other: Decision) -> bool:
        return isinstance(other, ValueCorrection) and bool(self.repeats(other)) and other.value != self.value

    def why_no_effect(self, settings: Settings) -> str | None:
        """Ask the last typing: only it reads every copy."""
        typed = read_artifact(settings.work, "type")
        if typed is None or typed.facts.get("corrections", {}).get(self.id, True):
            return None
        return say(_WRITTEN_ANEW, field=called(self.field), record=self.record)

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        """The written value is another one by now, or typing would not read the new value."""
        copy = newest_copy(settings, self.record)
        if copy is None:
            return say(_NO_RECORD, record=self.record)
        if copy.written(self.field) != self.written:
            return say(_WRITTEN_ANEW, field=called(self.field), record=self.record)
        if place_parts(self.field):
            if not places.is_known(self.value):
                return _NO_PLACE
            aliases = [one.model_dump() for one in held if one.kind == "place_alias"]
            corrections = [
                one.model_dump()
                for one in (*held, self)
                if isinstance(one, ValueCorrection) and one.record == self.record
            ]
            after = copy.reading(self.field, corrections, aliases)
            return _NO_SINGLE_PLACE if after.value is None else None
        before, after = copy.reading(self.field), copy.reading(self.field, [self.model_dump()])
        if after.unread:
            sentence = "The new value would not be read: {rules}. Write it as the partner would."
            return say(sentence, rules=_titles(after.unread))
        if after.value is None:
            return "The new value would be read as nothing. Write it as the partner would."
        if after == replace(before, corrected=True) and self.field != "event_on":
            return say("It is read as {value} already: there is nothing to correct.", value=after.value)
        return None


_NO_RECORD = "No extract in the landing holds a record {record}, so nothing of it can be corrected."


@dataclass(frozen=True)
class Reading:
    """How typing reads one field. `unread`: problems for which the value is unknown or the row set aside.

    `sets_aside`: the rules of typing that set the record aside, whatever their field.
    """

    value: str | None
    unread: frozenset[str]
    sets_aside: frozenset[str]
    corrected: bool


@dataclass(frozen=True)
class RecordCopy:
    partner: str
    extract_id: str
    sheet: str
    row: int
    entry: Mapping[str, Any]
    contract: Contract
    cells: list[LandedCell]
    keys: Keys

    def written(self, field: str) -> str:
        """Return the token of what the partner wrote; raises UsageError where rows of the record differ."""
        tokens = set(typing.written_in_rows(self.cells, field, self.keys).values())
        if len(tokens) != 1:
            raise UsageError(
                say(
                    "The record has {number} rows that differ in {field}, so one correction cannot say which "
                    "is meant. Ask the partner to correct them.",
                    number=len(tokens),
                    field=field,
                ),
                field="field",
            )
        return tokens.pop()

    def reading(
        self,
        field: str,
        corrections: Sequence[Mapping[str, Any]] = (),
        place_aliases: Sequence[Mapping[str, Any]] = (),
    ) -> Reading:
        """Return how the field is read; of a day its month, of a place its county or country."""
        record = typing.read_as(self.cells, corrections, self.entry, self.contract, self.keys)
        own = [problem for problem in record.problems if problem.field == field]
        unread = {
            one.problem_code
            for one in own
            if one.outcome != "flag" or one.problem_code == "count_text_ignored"
        }
        if parts := place_parts(field):
            value = self._place((one for one, _ in record.mentions), parts[0], place_aliases)
        elif field == "event_on":
            value = f"{day:%Y-%m}" if (day := record.values["event_on"]) and not unread else None
        elif field in record.values:
            value = None if record.values[field] is None else str(record.values[field])
        else:
            value = ", ".join(code for domain, code, _ in record.codes if domain == field) or None
        return Reading(
            value,
            frozenset(unread),
            frozenset(problem.problem_code for problem in record.problems if problem.outcome == "Q"),
            any(one.problem_code == "value_corrected" for one in own),
        )

    def _place(
        self, mentions: Iterable[typing.Mention], place: str, place_aliases: Sequence[Mapping[str, Any]]
    ) -> str | None:
        """Return the county or country of the main row's place, as a refresh locates it."""
        import pyarrow as pa

        role, _ = role_and_basis(place)
        basis = self.contract.basis_of(place)
        own = [
            one.texts._asdict()
            for one in mentions
            if one.role == role and (role not in ENDS or one.basis == basis) and not one.child
        ]
        if not own:
            return None
        country = self.contract.locale.default_country
        texts = [{"mention_id": at, **one, "default_country": country} for at, one in enumerate(own)]
        named = [{"partner": self.partner, "place_role": role, "mention_id": at} for at in range(len(own))]
        tables = {"mentions": pa.Table.from_pylist(texts), "place_mentions": pa.Table.from_pylist(named)}
        located, _ = places.locate_rows(tables, place_aliases, self.keys)
        place_of = {one["mention_id"]: one["place_id"] for one in located["matches"].to_pylist()}
        ids = (place_of[one] for one in located["place_mentions"]["mention_id"].to_pylist())
        known = [places.known_place(one) for one in ids if one]
        is_finer = self.contract.agreement.finest_place != "country"
        shown = ((is_finer and one.county) or one.country or one.name for one in known)
        return ", ".join(dict.fromkeys(shown)) or None


def newest_copy(settings: Settings, record: str) -> RecordCopy | None:
    """Return the newest landed copy of a record; None where no typed extract holds it."""
    try:
        record_id = record_of(record)
    except ValueError:
        return None
    with open_views(settings, "records", "extracts") as con:
        found = con.execute(
            "select partner, extract_id, sheet, row_number from records "
            "left join extracts using (partner, extract_id) where record_id = ? "
            "order by received_on desc, sequence desc limit 1",
            [record_id],
        ).fetchone()
    cells = settings.landing / str(found[0]) / f"{found[1]}.parquet" if found else None
    if found is None or cells is None or not cells.is_file():
        return None
    entry = read_json(cells.with_suffix(".json"))
    contract, keys = contract_for(entry, load_contracts(settings.partners)), load_keys(settings)
    own = typing.record_cells(cells, keys, record_id)
    partner, extract_id, sheet, row = found
    return RecordCopy(partner, extract_id, sheet, row, entry, contract, own, keys)


def _of_record(record: str, holding: Holding) -> list[Mapping[str, Any]]:
    return [one for one in holding["value_correction"] if one["record"] == record]


def _said(reading: Reading) -> str:
    return _titles(reading.unread) or reading.value or say("nothing that is known")


def _titles(rules: Iterable[str]) -> str:
    return listed([quality_rules().get(one, {}).get("title", one) for one in sorted(rules)])


@dataclass(frozen=True)
class Corrected:
    """A correction that holds, as the page of its record shows it beside what was written."""

    decision: Mapping[str, Any]
    written: str
    value: str
    why_no_effect: str | None


def corrections_of(settings: Settings, record: str, copy: RecordCopy, holding: Holding) -> list[Corrected]:
    """Return the corrections of one record that hold."""
    own, aliases = _of_record(record, holding), holding["place_alias"]
    return [
        Corrected(
            one,
            _said(copy.reading(one["field"], (), aliases)),
            _said(copy.reading(one["field"], own, aliases)),
            ValueCorrection.model_validate(one).why_no_effect(settings),
        )
        for one in own
    ]


GROUP = Group({"value_correction": ValueCorrection}, names=names)
