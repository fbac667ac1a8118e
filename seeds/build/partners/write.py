"""One call that writes every sample partner's extracts, and says what is in them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.core import SAMPLE_PARTNERS, UsageError
from seeds.build.partners.border_points import write_flows, write_interceptions
from seeds.build.partners.case_systems import write_primero, write_registry
from seeds.build.partners.form_servers import WRITERS
from seeds.build.partners.hotline_csv import TABLES, write_tables
from seeds.build.partners.journeys import all_cases, layout_cases
from seeds.build.partners.kobo_forms import FORMS_IN_USE
from seeds.build.partners.kobo_workbook import write_exports
from seeds.build.partners.partners import MONTHS
from seeds.build.partners.published_table import write_table
from seeds.build.partners.route_workbooks import write_rounds
from seeds.build.partners.sheets_csv import write_sheet
from seeds.build.partners.shelter_workbook import BOOKS, write_book
from seeds.build.partners.truth import write_truth

SYSTEM_WRITERS = {
    "duma_children": write_primero,
    "faru_registry": write_registry,
    "twiga_border_watch": write_interceptions,
    "nyumbu_flows": write_flows,
}
SEED = 2020
CASES = 8000


@dataclass(frozen=True)
class SynthSummary:
    """What was written, and what is wrong in it, counted for tests; what is planted stands in `truth`."""

    folder: Path
    seed: int
    paths: list[Path]  # of the extracts
    truth: Path  # beside the partners' folders
    route_reports: dict[str, int]  # by round
    cases: dict[str, int]  # by partner
    withheld_without_consent: dict[str, int]
    unreadable_dates: dict[str, int]
    contracts_copied: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        return len(self.paths)

    @property
    def partners(self) -> int:
        return len({path.parent.parent for path in self.paths})


def generate(folder: Path, seed: int = SEED, months: int = MONTHS, cases: int = CASES) -> SynthSummary:
    """Write `<partner>/extracts/…` and `truth.json` into a folder; contracts missing are the samples'.

    The same seed, months and cases give the same bytes. `cases` is what 36 months hold together; fewer
    months leave the later ones out.
    """
    if cases < 1 or not 1 <= months <= MONTHS:
        raise UsageError(f"Ask for at least one case, and for 1 to {MONTHS} months.")
    route_reports = write_rounds(folder, seed)
    drawn = all_cases(seed, months, cases)
    for book in BOOKS:
        write_book(book, drawn[book.partner], folder / book.partner / "extracts", seed, months)
    for partner in FORMS_IN_USE:
        write_exports(partner, drawn[partner], folder / partner / "extracts", seed, months)
    for table in TABLES:
        write_tables(table, drawn[table.partner], folder / table.partner / "extracts", seed, months)
    few = layout_cases(seed, months, cases / CASES)
    for partner, write in WRITERS.items():
        write(few[partner], folder / partner / "extracts", seed)
    write_table(folder / "bundi_statistics" / "extracts", seed)
    write_sheet(few["nyuki_line"], folder / "nyuki_line" / "extracts", seed)
    for partner, write_system in SYSTEM_WRITERS.items():
        write_system(few[partner], folder / partner / "extracts", seed, months)
    drawn |= few
    return SynthSummary(
        folder=folder,
        seed=seed,
        paths=sorted(path for path in folder.glob("*/extracts/*") if path.is_file()),
        truth=write_truth(folder, seed, months, cases),
        route_reports=route_reports,
        cases={partner: len(found) for partner, found in drawn.items()},
        withheld_without_consent={
            partner: sum(case.consent in ("refused", "not_recorded") for case in found)
            for partner, found in drawn.items()
        },
        unreadable_dates={
            partner: sum(case.date_fault for case in found) for partner, found in drawn.items()
        },
        contracts_copied=_copy_missing_contracts(folder),
    )


def _copy_missing_contracts(folder: Path) -> list[str]:
    copied = []
    for contract in sorted(SAMPLE_PARTNERS.glob("*/*.yml")):
        wanted = folder / contract.parent.name / contract.name
        if wanted.parent.is_dir() and not wanted.exists():
            shutil.copyfile(contract, wanted)
            copied.append(f"{contract.parent.name}/{contract.name}")
    return copied
