"""What people read: receipts, the quality report, and the report, map, exports and answers of an edition.

Belongs here: reading tables and writing pages and files. Does not: deciding (`gates`) and what may be
published (`release`). Reading order: receipts; quality_report; texts, published,
then figures, exports, report, map_page; answers; pages.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.answers import Answers, answers_of
    from orchestration.outputs.exports.write import write_exports
    from orchestration.outputs.map_page.page import write_map_pages
    from orchestration.outputs.pages import pages_of
    from orchestration.outputs.quality_report import write_quality_of_refresh, write_quality_of_release
    from orchestration.outputs.receipts.files import (
        forget_receipts,
        old_receipts,
        receipt_times,
        write_receipts,
    )
    from orchestration.outputs.receipts.receipt import Outcome, gather_receipts
    from orchestration.outputs.report.write import write_reports

offer_when_asked(__name__)
