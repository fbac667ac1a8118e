-- One row, the day of this refresh.
select as_of from {{ source('gates', 'as_of') }}
