-- One row per grain, period, printed corridor and place that enough of its persons passed: no number.
{{ printed_routes('partner') }}
