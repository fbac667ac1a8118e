"""The landing: one Parquet and one note an extract, its sealed original, and erasing from both."""
