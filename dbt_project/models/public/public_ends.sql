-- One row per grain, period, end of a journey and place whose total is printed; the place `*` is the whole period.
{{ printed_ends('public', 'all') }}
