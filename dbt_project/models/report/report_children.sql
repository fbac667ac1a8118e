-- One row per grain, period, end of a journey and place: children, where the edition tells of them apart.
{{ printed_ends('partner', 'children') }}
