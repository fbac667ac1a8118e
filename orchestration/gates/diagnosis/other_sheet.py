"""The rows come from a sheet that earlier files did not have."""

from orchestration.gates.diagnosis.held import MOST, Found, HeldExtract

SENTENCE = "The {count} records come from another sheet of the workbook than before (rows {rows})"
QUESTION = "Does the file have another sheet than before? Please send the sheet that you sent before."


def explain(held: HeldExtract) -> Found | None:
    sheets = held.now.sheets
    other = sum(count for sheet, count in sheets.items() if sheet not in held.before.sheets)
    is_other = other >= MOST * sheets.total() and len(held.sent_again) <= len(held.now.values) / 2
    return Found(list(held.now.values), len(held.now.values)) if is_other else None
