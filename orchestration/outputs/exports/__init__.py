"""Exports of an edition: its published tables in the formats of other programs.

Belongs here: writing `<edition>/exports/` from the edition's own file alone. Does not: what is published (dbt
models of schema `published`) and what it means (their descriptions, read from the file). The same rows and
time give the same bytes; no file names a person. Reading order: tables, about, catalogues, write.
To add a format, write one function and call it in `write._write`.
"""
