"""What people read: each partner's receipt, the quality report, and the pages and exports of an edition.

Belongs here: gathering what a reader is told and laying it out as pages and tables. Does not: deciding
anything (`gates`), nor what may be published (`release`). Reading order: receipts; rows_of_extracts,
quality; edition, words, published, kept, then figures, report, map_page and exports; pages, report_numbers.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.exports.write import write_exports
    from orchestration.outputs.kept import Kept
    from orchestration.outputs.map_page.page import write_map_pages
    from orchestration.outputs.pages import pages_of
    from orchestration.outputs.quality.page import write_quality_of_refresh, write_quality_of_release
    from orchestration.outputs.receipts.files import forget_receipts, told_at, write_receipts
    from orchestration.outputs.receipts.receipt import Outcome, Receipt, gather_receipts
    from orchestration.outputs.report.picture import corridor_map
    from orchestration.outputs.report.write import write_reports
    from orchestration.outputs.report_numbers import Shown, shown_in
    from orchestration.outputs.rows_of_extracts import FATES, ExtractRows, rows_of_extracts, rows_of_partners

offer_when_asked(__name__)
