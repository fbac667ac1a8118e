-- One row per field, counted period and grain with a large base: how many records state the field.
with completeness as (
    {{ spoken_completeness('partner') }}
)

select
    field,
    period_id,
    record_grain,
    {{ share_band('known_share') }} as known_share_band
from completeness
