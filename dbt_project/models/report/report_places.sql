-- One row per place that a printed table names.
{{ printed_places({
    'report_corridors': ['origin_place_id', 'destination_place_id'],
    'report_ends': ['place_id'],
    'report_hotspots': ['place_id'],
    'report_corridor_shifts': ['origin_place_id', 'destination_place_id'],
    'report_regional_risk': ['place_id'],
    'report_children': ['place_id'],
    'report_routes': ['origin_place_id', 'via_place_id', 'destination_place_id'],
    'report_novelty': ['place_id'],
    'report_coverage': ['place_id'],
}) }}
