"""A heading was renamed, or its column left out: a column of the contract is not in the file."""

from orchestration.contracts import same
from orchestration.gates.diagnosis.held import FEWEST, Explanation, HeldExtract

SENTENCE = "The column {columns} is not in the file; it was filled in {of} records before. Its heading has changed, or it was left out"
QUESTION = (
    "Has a heading been renamed, or a column been left out? Please send the file with the headings as before."
)


def explain(held: HeldExtract) -> Explanation | None:
    found = {same(str(name)) for name in held.landed.content.get("columns_found") or ()}
    lost = {}
    for name in held.fields:
        column = held.landed.column_of(name)
        was = sum(name in values for values in held.before.values.values())
        is_there = any(name in values for values in held.now.values.values())
        if found and column and same(column) not in found and was >= FEWEST and not is_there:
            lost[name] = was
    if not lost or any(one.field not in lost for one in held.changes):
        return None
    return held.explanation(
        "heading_renamed", SENTENCE, QUESTION, 1.0, [], columns=held.columns(lost), of=max(lost.values())
    )
