"""How much of a partner's contract `njia contract draft` gets right, for each sample partner.

Run: `.venv/bin/python -m tests.benchmarks.bench_draft [PARTNERS_FOLDER]`

Each committed contract is put aside, one drafted from the partner's newest extract, and the two compared.
The heading words of seeds/reference/column_words.csv were written with the layouts of TUNED_ON in view: their
share says that the words can do it, not what they will do with the next partner. Samples that came later are
listed apart.

What the words did before anybody tuned them, on headings written down from the documentation of six other
layouts (`documented_headings.csv`): 44 of 62 (71 %), and no heading to deny was read as a field. On a whole
KoboToolbox workbook with Swahili labels, values helping: 10 of 12 mappable columns, the other two denied.
Words were added for those headings since, so that file is no longer unseen either. Four sample partners written
by others afterwards (JSON, an ODK zip, labelled CSV, a Sheets download): 49 of 51 (96 %) at the first run, and no
denied column mapped; two phrases were added since.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.contracts import Contract, load_contracts
from orchestration.core import PROJECT_ROOT
from orchestration.drafting import draft_contract
from orchestration.drafting.columns import ROLES
from orchestration.drafting.draft import REVIEW_STATE, Draft
from orchestration.intake.drift.columns import uses_of

SAMPLES = PROJECT_ROOT / "seeds" / "partners"
TUNED_ON = frozenset(
    """chiriku_desk chui_outreach fuko_desk heroe_lakeside kanga_collective kobe_shelter kongoni_trust
    korongo_network korongo_watch mamba_coast mbuni_line ndovu_alliance ngamia_north nyati_response
    pundamilia_centre pweza_coast simba_safe_house sungura_legal swala_house tausi_initiative
    tembo_field""".split()  # noqa: SIM905
)


@dataclass
class Share:
    """Columns of one contract: how many it maps, how many of them the draft maps to the same field."""

    partner: str
    mappable: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    denied: int = 0
    leaked: list[str] = field(default_factory=list)
    uses: int = 0
    uses_right: int = 0

    @property
    def is_tuned_on(self) -> bool:
        return self.partner in TUNED_ON


def measure(partners: Path = SAMPLES) -> list[Share]:
    """One share a contract that reads an extract beside it."""
    shares = []
    for partner, contracts in sorted(load_contracts(partners).valid.items()):
        files = [path for path in sorted((partners / partner / "extracts").iterdir()) if path.is_file()]
        for contract in contracts:
            own = [path for path in files if contract.reads(path.name)]
            if own:
                shares.append(compare(contract, draft_contract(own[-1], partner)))
    return shares


def compare(contract: Contract, draft: Draft) -> Share:
    """Columns are compared by name; a child sheet's under whatever name the draft gave the sheet."""
    share = Share(contract.partner.code)
    found = {
        _plain(one.column, {child.part for child in draft.layout.children}): one for one in draft.proposals
    }
    for use in uses_of(contract):
        one = found.get(_plain(use.column, set(contract.repeats)))
        fields = {name.removeprefix("fields.") for name in use.feeds if name.startswith("fields.")}
        uses = {name.split(".")[-1] for name in use.feeds if name in ("consent", "accept_if", "delivery.key")}
        if fields:
            share.mappable += 1
            is_right = one is not None and one.kind == "field" and one.means in fields
            share.right += is_right
            if not is_right:
                share.wrong.append(f"{use.column} → {one.means if one else 'not found'}")
        elif uses:
            share.uses += 1
            means = "accept_if" if one and one.means in (ROLES, REVIEW_STATE) else one and one.means
            share.uses_right += one is not None and one.kind == "use" and means in uses
        elif one is not None:
            share.denied += 1
            if one.kind == "field":
                share.leaked.append(f"{use.column} → {one.means}")
    return share


def total(shares: list[Share]) -> float:
    return sum(share.right for share in shares) / sum(share.mappable for share in shares)


def _plain(column: str, parts: set[str]) -> tuple[bool, str]:
    part, slash, rest = column.partition("/")
    return (True, rest.casefold()) if slash and part in parts else (False, column.casefold())


def main() -> None:
    shares = measure(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
    print(f"{'partner':<22}{'mapped right':>14}{'uses right':>12}{'denied, mapped by the draft':>29}  wrong")
    for share in shares:
        mark = "" if share.is_tuned_on else " *"
        print(
            f"{share.partner + mark:<22}{f'{share.right} of {share.mappable}':>14}"
            f"{f'{share.uses_right} of {share.uses}':>12}{f'{len(share.leaked)} of {share.denied}':>29}  "
            f"{'; '.join([*share.wrong, *(f'LEAK {leak}' for leak in share.leaked)])}"
        )
    for label, chosen in (
        ("layouts the words were tuned on", [share for share in shares if share.is_tuned_on]),
        ("* samples that came later", [share for share in shares if not share.is_tuned_on]),
    ):
        print(f"{label}: " + (f"{total(chosen):.0%} of mappable columns right" if chosen else "none here"))


if __name__ == "__main__":
    main()
