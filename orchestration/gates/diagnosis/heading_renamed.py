"""A heading was renamed, or its column left out: a column of the contract is not in the file."""

from orchestration.contracts import same
from orchestration.gates.diagnosis.held import FEWEST, Found, HeldExtract

SENTENCE = (
    "The column {columns} is not in the file; {of} records had it before. Its heading was renamed, or it "
    "was left out"
)
QUESTION = (
    "Has a heading been renamed, or a column been left out? Please send the file with the headings as before."
)


def explain(held: HeldExtract) -> Found | None:
    found = {same(str(name)) for name in held.landed.content.get("columns_found") or ()}
    had = {
        name: sum(name in values for values in held.before.values.values())
        for name in (held.fields if found else ())
        if (column := held.landed.column_of(name)) and same(column) not in found
    }
    lost = {
        name: count
        for name, count in had.items()
        if count >= FEWEST and not any(name in values for values in held.now.values.values())
    }
    if not lost or any(one.field not in lost for one in held.changes):
        return None
    return Found((), max(lost.values()), given={"columns": held.columns(lost)})
