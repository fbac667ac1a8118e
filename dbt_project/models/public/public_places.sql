-- One row per place that a printed table names.
{{ printed_places({
    'public_corridors': ['origin_place_id', 'destination_place_id'],
    'public_ends': ['place_id'],
    'public_hotspots': ['place_id'],
    'public_corridor_shifts': ['origin_place_id', 'destination_place_id'],
    'public_regional_risk': ['place_id'],
    'public_children': ['place_id'],
    'public_routes': ['origin_place_id', 'via_place_id', 'destination_place_id'],
    'public_novelty': ['place_id'],
    'public_coverage': ['place_id'],
}) }}
