"""The map page of an edition: one HTML file that needs and loads nothing else.

Belongs here: which published tables the page holds, their places, how lines bend and what findings claim
(`payload`), the shapes it draws on and where places lie on them (`shapes`), texts, script and style, and the
file itself (`page`). Does not: protection, which is part of the published tables.
"""
