"""Which fields of a record are read together, because the meaning of one depends on another.

A record of one source row is typed group by group, and rows that agree in the cells of a group share what was
read of them (`distinct_cells`). Each column, list of codes, place role and problem belongs to one group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.contracts import AGES, COUNTS, DATES, MANY_CODES, SINGLE_CODES, Contract, place_parts
from orchestration.typing.assembly import LISTED_SINGLES, OWN_COLUMNS, Record

SUBMITTED = "submitted_at"
TRANSIT = "transit"
# Roles of places that are left out of a list of transit places which repeats them (`mentions`).
ENDS = ("origin", "exploitation", "intended_destination")
_OF_DATE = ("event_on", "date_precision", "period_from", "period_to")
_OF_PERSON = (
    "person_count", "person_count_low", "person_count_high", "count_basis", "is_group", "sex", "age_band",
    "is_child",
)  # fmt: skip
_OF_CONTRACT = ("record_grain", "round", "key_basis")
_MODES = "transport_mode"


@dataclass(frozen=True)
class FieldGroup:
    """Fields that are read together, and what they give.

    `reads`: fields whose cells are needed; `owns`: fields whose problems belong here. Gives `columns` of
    `records`, codes of `domains`, and mentions of places in `role`. `by_sheet`: the sheet's name counts too.
    `ends`: fields of the places that a list of transit places may repeat; they matter only where it does.
    """

    name: str
    reads: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    role: str | None = None
    by_sheet: bool = False
    ends: frozenset[str] = frozenset()

    @property
    def is_of_extract(self) -> bool:
        """Whether its meaning depends on the extract too: on its period or the day it was received."""
        return self.columns == _OF_CONTRACT or not self.reads.isdisjoint(DATES)

    def part_of(self, record: Record) -> Record:
        """Return what this group gives of a record."""
        return Record(
            {name: record.values[name] for name in self.columns},
            [code for code in record.codes if code[0] in self.domains],
            [named for named in record.mentions if named[0].role == self.role],
            [problem for problem in record.problems if problem.field in self.owns],
        )


def field_groups(contract: Contract) -> list[FieldGroup]:
    """Return the groups of a contract's fields, the one with `ends` last."""
    fields = list(contract.fields)
    by_birth_year = "age_band" in fields and contract.fields["age_band"].from_ == "birth_year"
    of_person = {"sex", *COUNTS, *AGES}
    has_sheet_months = bool(getattr(contract.format, "has_sheet_months", False))
    groups = [
        FieldGroup("contract", columns=_OF_CONTRACT),
        _group("date", ["event_on"], _OF_DATE, by_sheet=has_sheet_months),
        _group(SUBMITTED, [SUBMITTED], [SUBMITTED]),
        _group("embargo", ["embargo_until"], ["embargo_until"]),
        FieldGroup(
            "person",
            frozenset(of_person | ({"event_on"} if by_birth_year else set())),
            frozenset(of_person),
            _OF_PERSON,
            by_sheet=has_sheet_months and by_birth_year,
        ),
    ]
    for name in (*SINGLE_CODES, *MANY_CODES):
        if name not in ("sex", _MODES):
            columns = [name] if name in OWN_COLUMNS or name == "nationality" else []
            domains = [name] if name in LISTED_SINGLES or name in MANY_CODES else []
            groups.append(_group(name, [name], columns, domains))
    modes = [name for name in fields if name == _MODES or name.endswith(f".{_MODES}")]
    groups.append(FieldGroup(_MODES, frozenset(modes), frozenset([_MODES]), domains=(_MODES,)))
    of_role: dict[str, list[str]] = {TRANSIT: []}
    for name in fields:
        if parts := place_parts(name):
            of_role.setdefault(parts[0], []).append(name)
    for role, names in of_role.items():
        if role != TRANSIT:
            groups.append(_group(role, names, role=role))
    names = of_role[TRANSIT]
    owned = frozenset([*names, "place(transit)"])
    ends = frozenset(name for role in ENDS for name in of_role.get(role, ()))
    groups.append(FieldGroup(TRANSIT, frozenset(names), owned, ("transit_count",), role=TRANSIT, ends=ends))
    return groups


def _group(
    name: str,
    fields: Iterable[str],
    columns: Iterable[str] = (),
    domains: Iterable[str] = (),
    role: str | None = None,
    by_sheet: bool = False,
) -> FieldGroup:
    both = frozenset(fields)
    return FieldGroup(name, both, both, tuple(columns), tuple(domains), role, by_sheet)
