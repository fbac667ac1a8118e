"""The map page of an edition: one HTML file that needs nothing else and loads nothing.

Belongs here: which published tables the page holds (`payload`), the places that they name (`places`), the
shapes it draws on (`shapes`), where places stand in them (`frames`), how lines bend (`bends`), its words,
script and style, and putting them into one file (`page`). `vendor` holds the drawing library. Does not belong
here: protection, which is part of the published tables.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.map_page.page import write_map_pages

offer_when_asked(__name__)
