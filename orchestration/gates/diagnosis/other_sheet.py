"""The rows come from a sheet that earlier files did not have."""

from orchestration.gates.diagnosis.held import MOST, Explanation, HeldExtract

SENTENCE = "{count} records come from another sheet of the workbook than before (rows {rows})"
QUESTION = "Does the file have another sheet than before? Please send the sheet that you sent before."


def explain(held: HeldExtract) -> Explanation | None:
    other = sum(count for sheet, count in held.now.sheets.items() if sheet not in held.before.sheets)
    whole = held.now.sheets.total()
    if (
        not held.before.sheets
        or not other
        or other < MOST * whole
        or len(held.common) > len(held.now.values) / 2
    ):
        return None
    return held.explanation("other_sheet", SENTENCE, QUESTION, other / whole, list(held.now.values))
