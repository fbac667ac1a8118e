"""The map page of an edition: one HTML file that needs nothing else, and asks nobody for anything.

Belongs here: which printed tables the page holds (`told`), the shapes it draws on (`shapes`), where
places stand in them (`frames`) and how lines bend (`bent`), its words, its script and style, and putting
them into one file (`page`). `vendor` holds the drawing library. Does not: judging what may be shown, which
happened before the tables were printed.
"""

from orchestration.outputs.map_page.page import write_map_pages

__all__ = ["write_map_pages"]
