"""Rows of a sheet to records under our names: headers, totals, child rows, rows a partner accepts."""
