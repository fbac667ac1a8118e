"""The landing: one Parquet file and one note for each extract, its sealed original, and erasing from both."""
