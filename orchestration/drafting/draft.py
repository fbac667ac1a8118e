"""`njia contract draft`: propose a contract from a sample of a partner's file. It stores nothing.

This module holds the steps and what columns decide together: one column per field, the order of dates, and
the key (a form server's id, else a fitting column whose values are references). `text` writes the draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.contracts import CONTENT, DATES, Cell, looks_like_a_day, same
from orchestration.core import UsageError
from orchestration.drafting.column_signs import DateOrder, date_order
from orchestration.drafting.columns import NOT_UNDERSTOOD, OF_THE_FORM, ROLES, Proposal, propose
from orchestration.drafting.form import add_repeats, columns_of_form, layout_of_form, read_form
from orchestration.drafting.layout import DraftLayout, find_layout
from orchestration.drafting.reading import read_sample
from orchestration.drafting.samples import ColumnSample, columns_of
from orchestration.drafting.servers import KOBO, LINKS, is_about_review, server_of
from orchestration.intake import names_somebody, readings

# Headings that number rows of a sheet as often as they identify a record.
_BARE_NUMBERS = frozenset(["no", "nr", "sn", "s no", "serial no", "entry no", "na", "namba", "nambari"])
# A few repeated references are copies that were sent again.
_FEW_REPEATED = 0.05
REVIEW_STATE, DECRYPTION_STATE = "review state", "decryption state"
FILLED_BY_ANOTHER = "another column fills it"
_AGE_SOURCES = ("age_text", "birth_date", "birth_year")


@dataclass(frozen=True)
class DraftKey:
    """`key`: as in the contract. `column`: None where the content is the key."""

    key: str | list[str]
    note: str
    column: str | None = None
    is_repeated: bool = False


def choose_key(
    layout: DraftLayout,
    proposals: Iterable[Proposal],
    samples: Mapping[str, ColumnSample],
    are_persons: bool,
) -> DraftKey:
    """Choose the key. `are_persons`: rows with one reference are persons of one record, so it may repeat."""
    candidates = [one for one in proposals if one.kind == "use" and one.means == "key"]
    if not candidates:
        return DraftKey(CONTENT, "no column is a reference that is always filled and never repeated")
    cells_of = {one.column: layout.main.cells(samples[one.column].name) for one in candidates}

    def repeated(column: str) -> int:
        return len(cells_of[column]) - len({cell.value for _, cell in cells_of[column]})

    def restarts(column: str) -> bool:
        by_sheet = [(sheet, cell.value) for sheet, cell in cells_of[column]]
        return layout.has_sheet_months and len(set(by_sheet)) == len(by_sheet)

    def rank(one: Proposal) -> tuple[int, bool, float]:
        is_fitting = are_persons or repeated(one.column) <= _FEW_REPEATED * len(cells_of[one.column])
        said = readings(samples[one.column].name)
        read = next((read for read in said if read.means == "key"), None)
        is_clear = read is not None and read.phrase not in _BARE_NUMBERS
        return 2 if is_fitting else int(restarts(one.column)), is_clear, one.confidence

    column = max(candidates, key=rank).column
    filled = f"filled in {samples[column].filled:.0%} of {samples[column].rows} rows"
    if not (copies := repeated(column)):
        return DraftKey(column, f"{filled}, never repeated in the sample", column)
    if are_persons:
        note = f"{filled}, repeated in {copies} rows: the persons of one record"
        return DraftKey(column, note, column, is_repeated=True)
    if restarts(column):
        return DraftKey(["sheet", column], f"{filled}, starts again on every sheet", column)
    note = f"{filled}, repeated in {copies} rows: ask whether those are copies of one record"
    return DraftKey(column, note, column)


def server_key(layout: DraftLayout) -> DraftKey | None:
    """Return the id that a form server gives every record. A case number is typed: it repeats and changes."""
    main = layout.main
    server = server_of(main.names)
    for name in server.keys if server else ():
        ids = [cell.value for _, cell in main.cells(name)]
        if name in main.names and len(ids) == len(main.records):
            repeated = len(ids) - len(set(ids))
            copies = f"; {repeated} rows of the sample are copies that were sent again" if repeated else ""
            filled = ", filled in every row" if ids else ""
            return DraftKey(name, f"the server's id of a record{filled}{copies}", name)
    return None


@dataclass
class Draft:
    """A proposed contract. `proposals`: in the order of the columns, those of a child as `repeat/column`.

    `sources`: the form and the file it is drafted from. `samples`: the columns by name.
    """

    partner: str
    sources: list[str]
    layout: DraftLayout
    samples: dict[str, ColumnSample]
    proposals: list[Proposal]
    dates: DateOrder
    key: str | list[str]
    key_note: str
    grain: str
    has_person_rows: bool = False
    withheld_columns: int = 0

    @property
    def has_files(self) -> bool:
        return any(column.rows for column in self.samples.values())

    @property
    def fields(self) -> list[Proposal]:
        return [proposal for proposal in self.proposals if proposal.kind == "field"]

    @property
    def denied(self) -> list[Proposal]:
        return [proposal for proposal in self.proposals if proposal.kind == "deny"]

    def use(self, means: str) -> Proposal | None:
        uses = (proposal for proposal in self.proposals if proposal.kind == "use")
        return next((proposal for proposal in uses if proposal.means == means), None)


def draft_contract(
    file: Path | None, partner: str, form_path: Path | None = None, kind: str = "xlsx"
) -> Draft:
    """Draft a contract from a sample, from a form, or from a form and its export.

    `kind`: the format of the exports, where none is given. Raises UsageError if a file cannot be read.
    """
    form = read_form(form_path) if form_path else None
    sample = read_sample(file, partner) if file else None
    if form is None and sample is None:
        raise UsageError("Nothing to draft from. Give a form (--form), a file of the partner, or both.")
    layout = find_layout(sample) if sample else layout_of_form(kind)
    if form is not None:
        add_repeats(layout, form)
    elif layout.format["kind"] == "csv" and server_of(layout.main.names) is KOBO:
        layout.notes.append(
            "KoboToolbox's CSV leaves out repeats: if the form has any, ask for the workbook or JSON"
        )
    columns = [
        column
        for table in (layout.main, *layout.children)
        for column in columns_of(table, columns_of_form(layout, table, form) if form else [])
    ]
    if form is not None and sample and all(column.is_absent for column in columns if column.question):
        raise UsageError(
            f"No question of form {form.label} heads a column of {sample.label}. Give the form of which "
            "it is an export, or draft from the file alone."
        )
    shown = {column.full_name: column for column in columns if not names_somebody(column.name)}
    proposals, key = _settled(layout, shown)
    is_dated = any(proposal.kind == "field" and proposal.means == "event_on" for proposal in proposals)
    is_route = not is_dated and not layout.has_sheet_months
    are_persons = any(proposal.means == ROLES for proposal in proposals)
    return Draft(
        partner=partner,
        sources=[*([f"form {form.label}"] if form else []), *([sample.label] if sample else [])],
        layout=layout,
        samples=shown,
        proposals=proposals,
        dates=date_order(_day_cells(proposals, shown), server_of(layout.main.names) is not None),
        key=key.key,
        key_note=key.note,
        grain="interception" if are_persons else "route_report" if is_route else "case",
        has_person_rows=key.is_repeated,
        withheld_columns=len(columns) - len(shown),
    )


def _settled(layout: DraftLayout, samples: dict[str, ColumnSample]) -> tuple[list[Proposal], DraftKey]:
    """Return one proposal a column: columns of the form server by name, one column a field, one key."""
    proposals = [replace(propose(column), column=name) for name, column in samples.items()]
    are_persons = any(proposal.kind == "use" and proposal.means == ROLES for proposal in proposals)
    key = server_key(layout) or choose_key(layout, proposals, samples, are_persons)
    settled = []
    for proposal in proposals:
        if proposal.column == key.column:
            settled.append(Proposal(proposal.column, "use", "key", 1.0, key.note))
        elif proposal.kind == "use" and proposal.means == "key":
            # It has its other meaning, or is denied.
            otherwise = replace(propose(samples[proposal.column], without="key"), column=proposal.column)
            if otherwise.kind != "field" and otherwise.means == NOT_UNDERSTOOD:
                why = f"key is taken from {key.column!r}"
                otherwise = replace(proposal, kind="deny", means=FILLED_BY_ANOTHER, why=why)
            settled.append(otherwise)
        else:
            settled.append(proposal)
    settled = _one_each(_of_server(layout, _linked(layout, settled, key)), samples)
    return [*settled, *_other_columns(settled, samples)], key


def _linked(layout: DraftLayout, proposals: list[Proposal], key: DraftKey) -> list[Proposal]:
    """Say which column of a record its child rows repeat, and keep that column."""
    if layout.format["kind"] != "xlsx":
        return proposals
    links: set[str] = set()
    for repeat in layout.format.get("repeats", {}).values():
        of_main = LINKS[same(repeat["parent"])]
        links.add(of_main)
        if key.key != of_main:
            repeat["matches"] = of_main
    return [
        replace(proposal, kind="use", means=f"link by {proposal.column}", why="child rows repeat it")
        if proposal.column in links - {key.column}
        else proposal
        for proposal in proposals
    ]


def _of_server(layout: DraftLayout, proposals: list[Proposal]) -> list[Proposal]:
    """Propose the server's states of a record; JSON leaves the review's out until a record has one."""
    server = server_of(layout.main.names)
    if server is None:
        return proposals
    column = server.review_column(layout.main.names, layout.format["kind"])
    others = [
        replace(proposal, kind="deny", means=OF_THE_FORM, why="says more of the review state")
        if is_about_review(server, proposal.column)
        else proposal
        for proposal in proposals
        if proposal.column not in (column, server.decryption)
    ]
    if server.decryption in layout.main.names:
        why = "the server's state of a record that it could not decrypt"
        others.append(Proposal(str(server.decryption), "use", DECRYPTION_STATE, 1.0, why))
    if column not in layout.main.names and layout.format["kind"] != "json":
        return others
    return [*others, Proposal(column, "use", REVIEW_STATE, 1.0, "the server's review state")]


def _other_columns(proposals: list[Proposal], samples: dict[str, ColumnSample]) -> Iterator[Proposal]:
    """Deny the columns of a question that its field does not read, such as parts of a position."""
    for proposal in proposals:
        sample = samples.get(proposal.column)
        if sample is None or (proposal.codes and proposal.codes.select_multiple):
            continue
        read = {sample.name, sample.longitude}
        read |= set(sample.other_names) if proposal.kind != "deny" else set()
        for column in sample.columns:
            if column not in read and not names_somebody(column):
                why = f"belongs to {sample.name!r}"
                means = proposal.means if proposal.kind == "deny" else FILLED_BY_ANOTHER
                yield Proposal(sample.inside(column), "deny", means, 1.0, why)


def _one_each(proposals: list[Proposal], samples: dict[str, ColumnSample]) -> list[Proposal]:
    """Keep the surest column for each field or use and deny the others.

    A column of the file comes before a question that the file lacks. For an age: the age itself, then a birth
    date, then a birth year.
    """

    def rank(proposal: Proposal) -> tuple[bool, int, float]:
        sample = samples.get(proposal.column)
        age = -_AGE_SOURCES.index(proposal.source) if proposal.source else 0
        return not (sample and sample.is_absent), age, proposal.confidence

    best: dict[tuple[str, str], Proposal] = {}
    for proposal in proposals:
        known = best.get((proposal.kind, proposal.means))
        if proposal.kind != "deny" and (known is None or rank(proposal) > rank(known)):
            best[proposal.kind, proposal.means] = proposal
    settled = []
    for proposal in proposals:
        winner = best.get((proposal.kind, proposal.means))
        if winner is not None and winner is not proposal:
            why = f"{proposal.means} is taken from {winner.column!r}"
            proposal = replace(proposal, kind="deny", means=FILLED_BY_ANOTHER, why=why)
        settled.append(proposal)
    return settled


def _day_cells(proposals: list[Proposal], samples: dict[str, ColumnSample]) -> list[Cell]:
    return [
        cell
        for proposal in proposals
        if proposal.kind == "field" and (proposal.means in DATES or proposal.source)
        for cell in samples[proposal.column].cells
        if looks_like_a_day(cell)
    ]
