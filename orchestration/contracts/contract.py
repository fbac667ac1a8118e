"""The contract: how to read a partner's extracts, and under which agreement.

Its parts are `terms`, `format` and `fields`; here they are compared with each other. `loading` reads YAML.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatch
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from orchestration.contracts.fields import (
    AROUND_POINT,
    BASIS_OF_ROLE,
    CANONICAL_FIELDS,
    ENDS,
    MANY_CODES,
    SINGLE_CODES,
    STATED_BASES,
    FieldOrColumn,
    FieldSpec,
    Strict,
    Text,
    one_or_several,
    place_parts,
    role_and_basis,
)
from orchestration.contracts.format import AnyFormat, AnyRepeat, Items, JsonFormat, Layout, Tab, XlsxFormat
from orchestration.contracts.source import AnySource
from orchestration.contracts.terms import (
    SHEET,
    AcceptIf,
    Agreement,
    Campaign,
    Consent,
    Coverage,
    DeclaredExtract,
    Delivery,
    Link,
    Locale,
    Partner,
    Period,
    Publication,
    SubmissionId,
    Withdrawn,
)
from orchestration.linkage import CODES_VERSION

LONGEST_TEXT = 60
# Raise it when the same file lands differently by the same contract: repeated files are then read again.
READER = 5
# Columns whose times form servers write in UTC; the second two are theirs only beside one of the first.
_RECEIVED_AT = {"_submission_time", "SubmissionDate", "__system/submissionDate"}
_FILLED_IN_AT = {"start", "end"}
_FIELD_PARTS = {"names", "compare_with", "flags_with_prefix", "split", "select_multiple", "from_", "at"}


DataSource = Literal[
    "case_management", "hotline", "border_monitoring", "route_survey", "government_register",
    "flow_monitoring", "unknown",
]  # fmt: skip


class Contract(Strict):
    contract: str = Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="Unique in the partner's folder.")
    version: int = Field(ge=1)
    partner: Partner
    grain: Literal["case", "route_report", "interception", "flow_count"]
    data_source: DataSource = Field("unknown", description="What kind of work the records come from.")
    files: Text = Field("*", description="Which file names this contract reads.")
    source: Annotated[AnySource, Field(discriminator="kind")] | None = Field(
        None, description="Where Njia fetches the extract itself (njia pull)."
    )
    agreement: Agreement
    publication: Publication | None = Field(
        None, description="With grain flow_count: the published table that the numbers are taken from."
    )
    consent: Consent | None = None
    withdrawn: Withdrawn | None = None
    coverage: list[Coverage] = Field(default_factory=list)
    campaigns: list[Campaign] = Field(
        default_factory=list, description="Times of extra work, left out of shifts and alerts."
    )
    delivery: Delivery
    extracts: list[DeclaredExtract] = Field(default_factory=list)
    period: Period | None = Field(None, description="The period of every file no `extracts` entry matches.")
    format: Annotated[AnyFormat, Field(discriminator="kind")]
    locale: Locale = Field(default_factory=lambda: Locale.model_validate({}))
    constant_within_key: list[Text] = Field(
        default_factory=list, description="Columns with one value in all rows of a record."
    )
    accept_if: Annotated[
        list[AcceptIf], BeforeValidator(one_or_several, json_schema_input_type=AcceptIf | list[AcceptIf])
    ] = Field(default_factory=list, description="Conditions on a row, judged in order; one or a list.")
    fields: dict[str, FieldOrColumn] = Field(min_length=1)
    deny: list[Text] = Field(default_factory=list, description="Known columns that are never kept.")
    link: Link | None = None
    submission_id: SubmissionId | None = None

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        for name, spec in fields.items():
            place, part = place_parts(name) or ("", name)
            if name not in CANONICAL_FIELDS:
                _refuse_basis_of_another_role(name, *role_and_basis(place))
                raise ValueError(f"UNKNOWN_FIELD:{name}")
            if spec.from_ and name != "age_band":
                raise ValueError(f"{name}: `from` only goes with age_band")
            if part == "list" and not spec.split:
                raise ValueError(f'{name}: a list needs `split`, the separators between places, e.g. [">"]')
            if spec.flags_with_prefix and part not in MANY_CODES:
                raise ValueError(f"{name}: `flags_with_prefix` only goes with fields of several codes")
            for key, other in (("code_system", "place_code"), ("longitude", "point")):
                if getattr(spec, key) and part != other:
                    raise ValueError(f"{name}: `{key}` only goes with place(role).{other}")
            if spec.count_rows and name != "person_count":
                raise ValueError(f"{name}: `count_rows` only goes with person_count")
        return fields

    @model_validator(mode="after")
    def _hangs_together(self) -> Contract:
        _refuse_contradictions(self)
        return self

    def record_ref(self, reference: str) -> str:
        """Return the partner's reference with the contract's name: two contracts may each count from 1."""
        return f"{self.contract}|{reference}"

    @property
    def content(self) -> dict[str, Any]:
        """The validated contract with all defaults, as landings keep it.

        Without the steward's address, and without the source: where a file came from decides nothing.
        """
        return self.model_dump(mode="json", by_alias=True, exclude={"partner": {"steward"}, "source": True})

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> Contract:
        """Restore a contract from its landing, where its file is gone."""
        return cls.model_validate({**content, "partner": {**content["partner"], "steward": "not kept"}})

    @property
    def contract_hash(self) -> str:
        return _hash(self.content)

    @property
    def reading_hash(self) -> str:
        """Hash of everything that decides how a file lands."""
        parts = self.model_dump(
            mode="json",
            include={"contract", "grain", "files", "consent", "extracts", "period", "format", "accept_if"}
            | {"deny", "link", "withdrawn"},
            exclude={"extracts": {"__all__": {"delivered_on"}}},
        )
        parts["reader"] = READER
        parts["link_codes"] = CODES_VERSION if self.link else None
        parts["key"] = self.delivery.key_parts
        parts["dates"] = self.locale.dates
        parts["fields"] = {
            name: spec.model_dump(mode="json", include=_FIELD_PARTS)
            for name, spec in self.fields.items()
            if spec.is_read
        }
        if "purpose" in self.fields:  # records given for another purpose do not land
            parts["purpose"] = self.fields["purpose"].model_dump(mode="json")
        if self.submission_id:
            parts["submission_id"] = self.submission_id.model_dump(mode="json")
        if self.delivery.person_rows:  # they decide whose row is withheld
            parts["persons"] = sorted(self.constant_fields)
        # A long cell lands only where the contract lists it as a label.
        parts["labels"] = sorted(
            {label for spec in self.fields.values() for label in spec.values if len(label) > LONGEST_TEXT}
        )
        return _hash(parts)

    @property
    def repeats(self) -> dict[str, AnyRepeat]:
        return dict(getattr(self.format, "repeats", {}))

    @property
    def items(self) -> Items | None:
        """The long layout (one row a code); None where a row is a record."""
        return self.format.items if isinstance(self.format, Layout) else None

    @property
    def has_sheet_months(self) -> bool:
        sheets = self.format.sheets if isinstance(self.format, XlsxFormat) else None
        return sheets is not None and sheets.sheet_month

    def layout_of(self, is_main: bool) -> Layout:
        """Return the layout of a sheet. Software writes child sheets: their header is the first row."""
        layout = self.format if isinstance(self.format, Layout) else Layout.model_validate({})
        plain: dict[str, Any] = {"header_rows": [], "header_search": None, "stop_at": []}
        return layout if is_main else layout.model_copy(update=plain)

    @property
    def tabs(self) -> dict[str, Tab]:
        return self.format.tabs if isinstance(self.format, XlsxFormat) else {}

    @property
    def constant_fields(self) -> list[str]:
        """Fields in which the rows of one record must agree.

        With items: all fields that are no items. Else by `constant_within_key`; by default date, places,
        count.
        """
        if self.items:
            return [
                name
                for name, spec in self.fields.items()
                if spec.is_read and not self.item_kinds_of(spec) and name != "submitted_at"
            ]
        if self.constant_within_key:
            wanted = set(self.constant_within_key)
            return [name for name, spec in self.fields.items() if wanted & set(spec.columns)]
        return [
            name
            for name in self.fields
            if name in ("event_on", "person_count")
            or (place_parts(name) and not self.part_of(self.fields[name])[0])
        ]

    def part_of(self, spec: FieldSpec) -> tuple[str, str]:
        """Return the part (`''` for the main rows, or a repeat's name) and the column of a field in it."""
        return self.split(spec.column or spec.flags_with_prefix or "")

    def longitude_of(self, spec: FieldSpec) -> str | None:
        """Return the longitude column, in its sheet, of a position in two columns."""
        return self.split(spec.longitude)[1] if spec.longitude else None

    def names_of(self, spec: FieldSpec) -> list[str]:
        """Return every name of a field's column in its sheet; none for a kind of item."""
        return [] if self.item_kinds_of(spec) else [self.split(column)[1] for column in spec.columns]

    def zone_of(self, field: str) -> str:
        """Return the zone of a field's times without one; a form server's own stamps are in UTC."""
        spec, locale = self.fields.get(field), self.locale
        named = {column for one in self.fields.values() for column in one.columns} | {self.delivery.newest_by}
        is_of_server = self.format.kind == "odk_zip" or named & _RECEIVED_AT
        stamps = _RECEIVED_AT | _FILLED_IN_AT if is_of_server else set()
        is_stamp = spec is not None and not stamps.isdisjoint(spec.columns)
        return locale.naive_times_are or ("UTC" if is_stamp else locale.timezone)

    def item_kinds_of(self, spec: FieldSpec) -> list[str]:
        """Return the kinds of item that feed a field (`item_type=TACT` → `TACT`)."""
        items = self.items
        return [kind for column in spec.columns if items and (kind := items.kind_in(column))]

    def other_names(self, part: str) -> dict[str, list[str]]:
        """Return further names of the columns of a sheet, by first name."""
        others_of: dict[str, list[str]] = {}
        if self.consent and len(self.consent.names) > 1 and not part:
            first, *others = self.consent.names
            others_of[first] = others
        for spec in self.fields.values():
            names = self.names_of(spec)
            if len(names) > 1 and self.part_of(spec)[0] == part:
                first, *others = names
                others_of.setdefault(first, []).extend(others)
        return others_of

    def without_tabs(self, columns: list[str]) -> list[str]:
        """Return the columns of the main sheet itself."""
        return [column for column in columns if column.partition("/")[0] not in self.tabs]

    def basis_of(self, place: str) -> str:
        """Return what a place is (`place_basis`): as stated, or as the role's name says."""
        role, basis = role_and_basis(place)
        own = (spec.basis for name, spec in self.fields.items() if name.startswith(f"place({place})."))
        return basis or next(filter(None, own), None) or BASIS_OF_ROLE[role]

    def bases_of(self, role: str) -> list[str]:
        places = {parts[0]: None for name in self.fields if (parts := place_parts(name))}
        return [self.basis_of(place) for place in places if role_and_basis(place)[0] == role]

    def split(self, column: str) -> tuple[str, str]:
        """Return the repeat whose sheet holds a column, `''` for the main sheet, and its name there."""
        part, slash, rest = column.partition("/")
        return (part, rest) if slash and part in self.repeats else ("", column)

    def must_have_column(self, name: str) -> bool:
        """Whether a file without this field's column is held: by `required`; by default dates and places.

        JSON omits unanswered questions, so a place may be absent there by default.
        """
        spec = self.fields[name]
        if not spec.is_read or spec.optional_column or self.item_kinds_of(spec):
            return False
        if spec.required is not None:
            return spec.required
        may_be_absent = isinstance(self.format, JsonFormat)
        return name == "event_on" or (place_parts(name) is not None and not may_be_absent)

    def must_have_state(self, condition: AcceptIf) -> bool:
        """Whether a file without this condition's column is held; JSON leaves out a state no record has."""
        return not condition.optional_column and not isinstance(self.format, JsonFormat)

    def reads(self, file_name: str) -> bool:
        return fnmatch(file_name.casefold(), self.files.casefold())

    @property
    def pulled_name(self) -> str:
        """Return the name that an extract fetched as one file has in the inbox."""
        if self.source and self.source.save_as:
            return self.source.save_as
        return f"{self.contract}.{'zip' if self.format.kind == 'odk_zip' else self.format.kind}"

    def declared_of(self, file_name: str) -> dict[str, Any]:
        """Return for the landing note the period of a file and the pattern of `extracts` that declares it."""
        name = file_name.casefold()
        match = next((one.match for one in self.extracts if fnmatch(name, one.match.casefold())), None)
        period = self.period_of({"period_match": match})
        return {
            "period": period.model_dump(mode="json", by_alias=True) if period else None,
            "period_match": match,
        }

    def period_of(self, note: Mapping[str, Any]) -> Period | None:
        """Return an extract's period by the pattern in its landing note.

        A pattern that this contract no longer has leaves the extract the period of its landing.
        """
        match = note.get("period_match")
        if match is None:
            return self.period
        declared = self._declared_by(match)
        return declared.period if declared else Period.model_validate(note["period"])

    def delivered_on(self, note: Mapping[str, Any]) -> date | None:
        """Return the day on which the partner sent an extract, where the contract states it."""
        declared = self._declared_by(note.get("period_match"))
        return declared.delivered_on if declared else None

    def _declared_by(self, match: str | None) -> DeclaredExtract | None:
        return next((one for one in self.extracts if one.match == match), None)


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _refuse_other_source(contract: Contract) -> None:
    source, layout = contract.source, contract.format
    if source is None:
        return
    if layout.kind != source.format:
        raise ValueError(f"source.kind {source.kind} does not give files of format.kind {layout.kind}")
    if source.kind == "kobotoolbox" and isinstance(layout, JsonFormat) and layout.records != "results":
        raise ValueError("source.kind kobotoolbox needs `format.records: results`")
    if contract.delivery.mode != "full":
        raise ValueError(
            f"source.kind {source.kind} fetches a form whole, in place of the one before: write "
            "`delivery.mode: full`. If each file holds only what is new, put the files into the inbox under "
            "names of their own"
        )
    if not contract.reads(contract.pulled_name):
        raise ValueError(
            f"`files` {contract.files!r} does not read {contract.pulled_name!r}, the name of the fetched "
            "file. Give it another name with source.save_as, or widen `files`"
        )


def _refuse_campaigns_unwatched(contract: Contract) -> None:
    """Refuse a campaign before or after all that the partner watches: its days are wrong, or the coverage."""
    for one in contract.campaigns if contract.coverage else ():
        if all(one.to < time.from_ or (time.to and time.to < one.from_) for time in contract.coverage):
            raise ValueError(
                f"campaign {one.name!r} lies wholly outside the times under `coverage`; correct its days or "
                "the coverage"
            )


_ASKED = {
    "origin": "home (where the person lives), recruited (where the person entered the process) or not_said",
    "exploitation": "exploited (where it happened), last_known (where the person is or was) or identified "
    "(where the person was found)",
}
_BELONGS_TO = {basis: role for role, bases in STATED_BASES.items() for basis in bases} | {
    "intended": "intended_destination"
}


def _refuse_basis_of_another_role(name: str, role: str, basis: str) -> None:
    """`role`: of the place that a field names; `basis`: of any role, or `''`."""
    own = STATED_BASES.get(role, (BASIS_OF_ROLE.get(role),))
    if basis in _BELONGS_TO and basis not in own:
        raise ValueError(
            f"{name}: `{basis}` is no basis of place({role}); map such a place as place({_BELONGS_TO[basis]})"
        )


def _refuse_unfit_bases(contract: Contract) -> None:
    """Refuse a start or end that says not what it is, two things, or what another place says."""
    stated: dict[str, tuple[str, str]] = {}  # the first field and the basis of each place
    read: dict[str, tuple[bool, str]] = {}  # whether a column holds starts, and the field that says so
    for name, spec in contract.fields.items():
        place, part = place_parts(name) or ("", "")
        if not place or part == "transport_mode":
            continue
        role, basis = role_and_basis(place)
        for column in spec.columns if role in (*ENDS, "intended_destination") else ():
            is_start, by = read.setdefault(column, (role == "origin", name))
            if is_start != (role == "origin"):
                raise ValueError(f"{name}: column {column!r} is read by {by} too; no place is start and end")
        if basis and spec.basis:
            raise ValueError(f"{name}: its name states the basis; leave `basis: {spec.basis}` out")
        basis = basis or spec.basis or ""
        _refuse_basis_of_another_role(name, role, basis)
        first, before = stated.setdefault(place, (name, basis))
        if basis and before and basis != before:
            raise ValueError(
                f"{name}: place({role}) has two bases, {before} and {basis}; write the fields of the second "
                f"place as place({role}, {basis})"
            )
        stated[place] = first, before or basis
    taken: dict[tuple[str, str], str] = {}
    for place, (name, basis) in stated.items():
        role, _ = role_and_basis(place)
        if role in ENDS and not basis:
            raise ValueError(f"{name}: say what this place is: `basis:` {_ASKED[role]}")
        other = taken.setdefault((role, basis), place)
        if other != place:
            raise ValueError(f"{name}: place({other}) is `{basis}` already; keep one place of each basis")


def _refuse_contradictions(contract: Contract) -> None:
    """Raise ValueError with a sentence that says what to change."""
    _refuse_other_source(contract)
    _refuse_unfit_bases(contract)
    if contract.consent is None and contract.grain in ("case", "interception"):
        raise ValueError(
            f"grain {contract.grain} needs `consent`: {{column: …, values: …}} or "
            "{basis: agreement, reference: …}"
        )
    if contract.publication and contract.grain != "flow_count":
        raise ValueError(
            f"`publication` only goes with grain flow_count, not {contract.grain}: numbers that others "
            "published are context and no movements"
        )
    _refuse_campaigns_unwatched(contract)
    for name, spec in contract.fields.items():
        if len({contract.split(column)[0] for column in spec.columns}) > 1:
            raise ValueError(f"{name}: the names of one column stand in one sheet, not in a child sheet too")
    takes_back = contract.withdrawn or (contract.consent and "withdrawn" in contract.consent.values.values())
    if takes_back and not contract.delivery.key_parts and contract.delivery.mode == "incremental":
        raise ValueError(
            "a withdrawn record cannot be found again: delivery.key is `content`, and incremental files "
            "do not list what is gone. Name the column with the partner's reference as delivery.key"
        )
    mapped = {column for spec in contract.fields.values() for column in spec.columns}
    for column in contract.submission_id.names if contract.submission_id else ():
        if column in mapped:
            raise ValueError(
                f"column {column!r} is both mapped under fields and the submission_id; keep one of them: of "
                "an id only a code is kept"
            )
    for column in contract.deny:
        if column in mapped:
            raise ValueError(f"column {column!r} is both mapped under fields and denied; keep one of them")
    _refuse_scattered_rows(contract, mapped)
    children: dict[str, AnyRepeat | Tab] = {**contract.repeats, **contract.tabs}
    is_single_key = len(contract.delivery.key_parts) == 1 and SHEET not in contract.delivery.key_parts
    for name, child in children.items():
        if not (child.matches or is_single_key or isinstance(contract.format, JsonFormat)):
            kind = "repeats" if name in contract.repeats else "tabs"
            raise ValueError(
                f"format.{kind}.{name} needs `matches`, the main column that {child.parent!r} repeats, "
                "because delivery.key is not a single column"
            )
    for name, spec in contract.fields.items():
        columns = () if name.endswith(".point") else spec.columns
        if any(column.rsplit("/", 1)[-1].casefold() == "_geolocation" for column in columns):
            raise ValueError(
                f"{name}: _geolocation holds coordinates, which are never kept; deny it, or map it to a "
                "place(role).point, which keeps the county alone"
            )
    around = [
        f"place(transit).{part}" for part in AROUND_POINT if f"place(transit).{part}" in contract.fields
    ]
    points = {"place(transit).place_text", "place(transit).place_code"} & set(contract.fields)
    if around and ("place(transit).list" in contract.fields or not points):
        raise ValueError(
            f"{around[0]} stands beside one point, place(transit).place_text, and not beside a list"
        )
    if not any(place_parts(name) for name in contract.fields):
        raise ValueError("no place is mapped; map at least one, e.g. place(origin).place_text")
    dated = "event_on" in contract.fields or contract.period or contract.extracts
    if not dated and not contract.has_sheet_months:
        raise ValueError(
            "nothing dates a record: map event_on, declare a period under extracts, or use sheet_month"
        )


def _refuse_scattered_rows(contract: Contract, mapped: set[str]) -> None:
    """Check contracts in which several rows make up one record."""
    count = contract.fields.get("person_count")
    if count and count.count_rows != contract.delivery.person_rows:
        raise ValueError(
            "delivery.person_rows and fields.person_count belong together: with person_rows: true write "
            "person_count: {count_rows: true, compare_with: …}"
        )
    if contract.delivery.person_rows and not contract.delivery.key_parts:
        raise ValueError(
            "delivery.person_rows needs delivery.key, the reference the rows of one record share"
        )
    if contract.items:
        _refuse_unfit_items(contract)
    if contract.constant_within_key and not contract.delivery.person_rows:
        raise ValueError("constant_within_key only goes with delivery.person_rows: true")
    for column in contract.constant_within_key:
        if column not in mapped:
            raise ValueError(
                f"constant_within_key: no field reads {column!r}, so its rows cannot be compared; map it "
                "or leave it out"
            )


def _refuse_unfit_items(contract: Contract) -> None:
    if not contract.delivery.key_parts or contract.delivery.person_rows:
        raise ValueError(
            "format.items needs delivery.key, the reference that the rows of one record share, and does "
            "not go with delivery.person_rows"
        )
    for name, spec in contract.fields.items():
        kinds = contract.item_kinds_of(spec)
        if kinds and (name not in (*SINGLE_CODES, *MANY_CODES) or len(kinds) < len(spec.columns)):
            raise ValueError(f"{name}: a kind of item feeds a field of codes, and nothing else beside it")
        if kinds and spec.required:
            raise ValueError(f"{name}: not every record has each kind of item; leave `required` out")
