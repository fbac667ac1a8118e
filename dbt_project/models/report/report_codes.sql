-- One row per code that a printed table names, with its words.
{{ printed_codes('report_corridor_codes') }}
