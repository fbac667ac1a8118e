"""Read the bytes of any supported file as sheets of cells, each with its line or row number.

To add a format: write a module here with a class of `sheets.Source` and register it in
`any_file.READERS` under the `kind` of its class in `contracts/format.py`.
"""
