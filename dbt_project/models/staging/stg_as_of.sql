-- One row, the day of this refresh.
select as_of from {{ source('run', 'as_of') }}
