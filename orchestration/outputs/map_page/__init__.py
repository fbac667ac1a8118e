"""The map page of an edition: one HTML file that needs and loads nothing else.

Belongs here: which published tables the page holds and their places (`payload`), the shapes it draws on
(`shapes`), where places lie on them (`frames`), how lines bend (`bends`), texts, script and style, and the
file itself (`page`). `vendor` holds the drawing library. Does not: protection, which is part of the published
tables.
"""
