"""Check a home: what each kind of file in it is, whether it is whole, and what mends it."""
