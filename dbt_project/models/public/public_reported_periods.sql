-- One row per period and grain that a printed table names: whether partners reported all of it.
{{ printed_reported_periods('public', {
    'public_corridors': ['period_id'],
    'public_ends': ['period_id'],
    'public_hotspots': ['period_id'],
    'public_corridor_shifts': ['baseline_window', 'current_window'],
    'public_regional_risk': ['period_id'],
    'public_children': ['period_id'],
    'public_coverage': ['period_id'],
    'public_completeness': ['period_id'],
}) }}
