"""`njia contract draft` and `njia contract check`: propose a contract from a sample, try one on a file.

Nothing here touches the home. Does not belong here: the model of a contract (`contracts`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.drafting.check import ContractReport, check_contract
    from orchestration.drafting.draft import Draft, draft_contract
    from orchestration.drafting.text import as_yaml
    from orchestration.drafting.trial import try_contract

offer_when_asked(__name__)
