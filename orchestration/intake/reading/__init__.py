"""Bytes of any supported file to sheets of cells, each with its line or row number."""
