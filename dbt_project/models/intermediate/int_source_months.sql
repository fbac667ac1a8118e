-- One row per partner, grain and month in which the partner watched any place and reported, be it nothing.
select distinct
    partner,
    record_grain,
    month_start
from {{ ref('int_partner_activity') }}
