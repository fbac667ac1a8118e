-- One row per grain, period and pair of printed ends: the persons, or no number where the cell is not shown.
{{ printed_corridors('partner') }}
