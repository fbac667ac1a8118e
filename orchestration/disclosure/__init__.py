"""What leaves the network: the publication policy with its noise table, and how unique microdata are.

What does not belong here: the protection of counts, which is SQL (dbt_project/macros/protection.sql), and how
they are recomputed (`gates`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.disclosure.policy import PublicationPolicy, load_publication_policy, noise_table
    from orchestration.disclosure.uniqueness import Uniqueness, uniqueness

__all__ = ["PublicationPolicy", "Uniqueness", "load_publication_policy", "noise_table", "uniqueness"]

offer_when_asked(__name__)
