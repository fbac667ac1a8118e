"""What the file of a contract says, entry by entry, and what follows from single entries.

Its parts are `terms`, `format` and `fields`.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from orchestration.contracts.fields import CANONICAL_FIELDS, MANY_CODES, FieldSpec, Strict, Text, place_parts
from orchestration.contracts.format import AnyFormat, AnyRepeat, Items, JsonFormat, Layout, Tab, XlsxFormat
from orchestration.contracts.terms import (
    AcceptIf,
    Agreement,
    Consent,
    Coverage,
    DeclaredExtract,
    Delivery,
    Link,
    Locale,
    Partner,
    Period,
    Withdrawn,
)


class Entries(Strict):
    contract: str = Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="Unique in the partner's folder.")
    version: int = Field(ge=1)
    partner: Partner
    grain: Literal["case", "route_report", "interception", "flow_count"]
    files: Text = Field("*", description="Which file names this contract reads.")
    agreement: Agreement
    consent: Consent | None = None
    withdrawn: Withdrawn | None = None
    coverage: list[Coverage] = Field(default_factory=list)
    delivery: Delivery
    extracts: list[DeclaredExtract] = Field(default_factory=list)
    period: Period | None = Field(None, description="The period of every file no `extracts` entry matches.")
    format: Annotated[AnyFormat, Field(discriminator="kind")]
    locale: Locale = Field(default_factory=lambda: Locale.model_validate({}))
    constant_within_key: list[Text] = Field(
        default_factory=list, description="Columns that say the same in every row of one record."
    )
    accept_if: list[AcceptIf] = Field(
        default_factory=list, description="Conditions on a row, judged in order; one may stand alone."
    )
    fields: dict[str, FieldSpec] = Field(min_length=1)
    deny: list[Text] = Field(default_factory=list, description="Columns known and never kept.")
    link: Link | None = None

    @field_validator("accept_if", mode="before")
    @classmethod
    def _one_condition_or_several(cls, value: Any) -> Any:
        return value if isinstance(value, list) else [] if value is None else [value]

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        for name, spec in fields.items():
            if name not in CANONICAL_FIELDS:
                raise ValueError(f"UNKNOWN_FIELD:{name}")
            if spec.from_ and name != "age_band":
                raise ValueError(f"{name}: `from` only goes with age_band")
            if name.endswith(".list") and not spec.split:
                raise ValueError(f'{name}: a list needs `split`, the separators between places, e.g. [">"]')
            if spec.flags_with_prefix and name.rpartition(").")[2] not in MANY_CODES:
                raise ValueError(f"{name}: `flags_with_prefix` only goes with fields of several codes")
            if spec.code_system and not name.endswith(".place_code"):
                raise ValueError(f"{name}: `code_system` only goes with place(role).place_code")
            if spec.longitude and not name.endswith(".point"):
                raise ValueError(f"{name}: `longitude` only goes with place(role).point")
            if spec.count_rows and name != "person_count":
                raise ValueError(f"{name}: `count_rows` only goes with person_count")
        return fields

    @property
    def repeats(self) -> dict[str, AnyRepeat]:
        return dict(getattr(self.format, "repeats", {}))

    @property
    def items(self) -> Items | None:
        """How a long layout, one row a code, is read; None where a row is a record."""
        return self.format.items if isinstance(self.format, Layout) else None

    def layout_of(self, is_main: bool) -> Layout:
        """How a sheet is laid out. Software writes child sheets: their header is the first row."""
        layout = self.format if isinstance(self.format, Layout) else Layout.model_validate({})
        plain: dict[str, Any] = {"header_rows": [], "header_search": None, "stop_at": []}
        return layout if is_main else layout.model_copy(update=plain)

    @property
    def tabs(self) -> dict[str, Tab]:
        return self.format.tabs if isinstance(self.format, XlsxFormat) else {}

    @property
    def constant_fields(self) -> list[str]:
        """Fields in which the rows of one record must agree: by `constant_within_key`; of a record of items
        all that are no items; else the date, the places and the count."""
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

    def sheet_of(self, column: str) -> str:
        """The repeat whose sheet a column stands in, `''` for the main one."""
        return self._split(column)[0]

    def part_of(self, spec: FieldSpec) -> tuple[str, str]:
        """Where a field stands: (`''` for the main rows or the repeat's name, column in that sheet)."""
        return self._split(spec.column or spec.flags_with_prefix or "")

    def longitude_of(self, spec: FieldSpec) -> str | None:
        """The column of longitudes of a position in two columns, in its sheet."""
        return self._split(spec.longitude)[1] if spec.longitude else None

    def names_of(self, spec: FieldSpec) -> list[str]:
        """Every name a field's column goes by in its sheet; none for a kind of item."""
        return [] if self.item_kinds_of(spec) else [self._split(column)[1] for column in spec.columns]

    def item_kinds_of(self, spec: FieldSpec) -> list[str]:
        """The kinds of item that feed a field (`item_type=TACT` → `TACT`)."""
        items = self.items
        return [kind for column in spec.columns if items and (kind := items.kind_in(column))]

    def other_names(self, part: str) -> dict[str, list[str]]:
        """The further names of the columns of a sheet, by their first."""
        found: dict[str, list[str]] = {}
        for spec in self.fields.values():
            names = self.names_of(spec)
            if len(names) > 1 and self.part_of(spec)[0] == part:
                first, *others = names
                found.setdefault(first, []).extend(others)
        return found

    def without_tabs(self, columns: list[str]) -> list[str]:
        """The columns that stand in the main sheet itself."""
        return [column for column in columns if column.partition("/")[0] not in self.tabs]

    def _split(self, column: str) -> tuple[str, str]:
        part, slash, rest = column.partition("/")
        return (part, rest) if slash and part in self.repeats else ("", column)

    def must_have_column(self, name: str) -> bool:
        """Whether a file without this field's column is held: `required`, or unsaid for dates and places.

        In JSON an answer that nobody gave leaves no trace: there, a place is not expected unless it is said.
        """
        spec = self.fields[name]
        if not spec.is_read or spec.optional_column or self.item_kinds_of(spec):
            return False
        if spec.required is not None:
            return spec.required
        may_be_absent = isinstance(self.format, JsonFormat)
        return name == "event_on" or (place_parts(name) is not None and not may_be_absent)

    def reads(self, file_name: str) -> bool:
        return fnmatch(file_name.casefold(), self.files.casefold())

    def period_of(self, file_name: str) -> Period | None:
        """The period a file declares: the first `extracts` entry that matches, else `period`."""
        for declared in self.extracts:
            if fnmatch(file_name.casefold(), declared.match.casefold()):
                return declared.period
        return self.period
