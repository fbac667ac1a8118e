-- One row per code that a printed table names, with its words.
{{ printed_codes('public_corridor_codes') }}
