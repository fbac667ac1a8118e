"""Another encoding: each name of a place is written in one other way, which was never sent before."""

from orchestration.gates.diagnosis.code_list_changed import mapped
from orchestration.gates.diagnosis.held import MOST, Explanation, HeldExtract, distance

SENTENCE = "Each name in {columns} is written in another way than before, in {count} of {of} records that differ: another encoding, script or spelling (rows {rows})"
QUESTION = (
    "Was the file saved in another encoding? Please save it as UTF-8 or as a workbook and send it again."
)


def explain(held: HeldExtract) -> Explanation | None:
    known = {value for values in held.before.values.values() for value in values.values()}
    mapping = {
        key: now
        for key, now in mapped(held, lambda name: name.startswith("place(")).items()
        if now not in known
    }
    found = held.explain_changes(
        "encoding", SENTENCE, QUESTION, lambda one: mapping.get((one.field, one.was)) == one.now
    )
    if found or held.has_changed:
        return found
    moved = set()
    for name in held.fields:
        pair = held.new_and_earlier(name) if name.startswith("place(") else None
        if (
            not pair
            or not pair[0]
            or sum(pair[0].get(value, 0) for value in pair[0] if value not in known) < MOST
        ):
            continue
        by_rank = [
            dict(zip(map(str, range(999)), sorted(mix.values(), reverse=True), strict=False)) for mix in pair
        ]
        if distance(*by_rank) < 0.2:
            moved.add(name)
    return held.explain_new("encoding", SENTENCE, QUESTION, held.new, moved) if moved else None
