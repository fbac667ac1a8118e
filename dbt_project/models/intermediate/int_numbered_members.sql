-- The members of cells by number. Places and corridors from origin to destination have codes; codes that say more than
-- a total or a direction describe them.
with members as (select * from {{ ref('int_cell_members') }}),

numbers as (select * from {{ ref('int_cell_numbers') }})

select
    members.movement_id,
    numbers.cell_number,
    {{ direction_number('members.direction') }} as direction_number,
    members.table_name = 'places' or (members.table_name = 'corridors' and members.level = 'od') as has_codes,
    members.table_name = 'codes' and members.domain not in ('total', 'direction') as is_description
from members
inner join numbers on members.table_name = numbers.table_name and members.cell_id = numbers.cell_id
