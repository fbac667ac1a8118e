"""What people read: today the receipt that each partner gets back after a refresh.

Belongs here: gathering what a reader is told and laying it out as pages and tables. Does not: deciding
anything (`gates`), nor what may be published (`release`). Reading order: receipt_words, receipt_columns,
receipt_rows, receipt_noted, receipt_past, receipt_delivery, receipt, receipt_files.
"""

from orchestration.outputs.receipt import Outcome, Receipt, gather_receipts
from orchestration.outputs.receipt_files import forget_receipts, told_at, write_receipts

__all__ = ["Outcome", "Receipt", "forget_receipts", "gather_receipts", "told_at", "write_receipts"]
