"""Another encoding: each name of a place is written in one other way, which was never sent before."""

from orchestration.gates.diagnosis.code_list_changed import renamed
from orchestration.gates.diagnosis.held import MOST, Found, HeldExtract, distance, is_place

SENTENCE = (
    "Each name in {columns} is written in another way than before, in {count} of {of} records that "
    "differ: another encoding, script or spelling (rows {rows})"
)
QUESTION = (
    "Was the file saved in another encoding? Please save it as UTF-8 or as a workbook and send it again."
)


def explain(held: HeldExtract) -> Found | None:
    known = {value for values in held.before.values.values() for value in values.values()}
    is_renamed = renamed(held, of_places=True)

    def is_unknown(before: dict[str, float], now: dict[str, float]) -> bool:
        never = sum(share for value, share in now.items() if value not in known)
        return never >= MOST and distance(before, now, by_rank=True) < 0.2

    return held.of_changes(lambda one: one.now not in known and is_renamed(one)) or held.of_new(
        name for name in held.fields if is_place(name) and is_unknown(*held.mixes(name))
    )
