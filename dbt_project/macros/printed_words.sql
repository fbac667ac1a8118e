{# Tables that print no number of persons: ways, codes, what is new, who watched, what is known. #}

{% macro printed_routes(edition) -%}
select
    record_grain,
    period_id,
    origin_place_id,
    value as via_place_id,
    destination_place_id
from {{ ref('stg_printed_presence') }}
where edition = '{{ edition }}' and kind = 'via_place_id'
{%- endmacro %}

{% macro printed_corridor_codes(edition) -%}
select
    record_grain,
    period_id,
    origin_place_id,
    destination_place_id,
    kind as domain,
    value as code
from {{ ref('stg_printed_presence') }}
where edition = '{{ edition }}' and kind <> 'via_place_id'
{%- endmacro %}

{% macro printed_codes(corridor_codes) -%}
select
    codes.domain,
    codes.code,
    codes.label
from {{ ref('dim_code') }} as codes
inner join (
    select distinct
        domain,
        code
    from {{ ref(corridor_codes) }}
) as named
    on codes.domain = named.domain and codes.code = named.code
{%- endmacro %}

{% macro printed_novelty(edition) -%}
select
    item_kind,
    item,
    role,
    round,
    record_grain,
    place_id,
    evidence_class
from {{ ref('stg_printed_news') }}
where edition = '{{ edition }}'
{%- endmacro %}

{# Every county of every period of which anything is printed, watched or not. #}
{% macro spoken_coverage(edition) -%}
    select
        place_id,
        period_id,
        record_grain,
        told as partners_band
    from {{ ref('stg_printed_reporting') }}
    where edition = '{{ edition }}' and place_id <> '*'
{%- endmacro %}

{% macro spoken_completeness(edition) -%}
    select
        completeness.*
    from {{ ref('mart_completeness') }} as completeness
    inner join {{ ref('stg_printed_lines') }} as lines
        on
            lines.edition = '{{ edition }}'
            and lines.counting_table = 'completeness'
            and completeness.field = lines.counting_id
            and completeness.period_id = lines.period_id
            and completeness.record_grain = lines.record_grain
{%- endmacro %}

{% macro share_band(share) -%}
    case
        when {{ share }} < 0.5 then 'under_half'
        when {{ share }} <= 0.9 then 'half_to_nine_tenths'
        else 'over_nine_tenths'
    end
{%- endmacro %}
