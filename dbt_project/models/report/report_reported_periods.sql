-- One row per period and grain that a printed table names: whether partners reported all of it.
{{ printed_reported_periods('partner', {
    'report_corridors': ['period_id'],
    'report_ends': ['period_id'],
    'report_hotspots': ['period_id'],
    'report_corridor_shifts': ['baseline_window', 'current_window'],
    'report_regional_risk': ['period_id'],
    'report_children': ['period_id'],
    'report_coverage': ['period_id'],
    'report_completeness': ['period_id'],
}) }}
