-- One row per grain, period, printed corridor, domain and code that enough of its persons have: no number.
{{ printed_corridor_codes('partner') }}
