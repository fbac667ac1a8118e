"""`njia contract draft` and `njia contract check`: draft a contract from a sample, try one on a file.

Nothing here changes the home. Does not: the model of a contract (`contracts`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.drafting.check import try_contract
    from orchestration.drafting.draft import draft_contract
    from orchestration.drafting.text import as_yaml

offer_when_asked(__name__)
