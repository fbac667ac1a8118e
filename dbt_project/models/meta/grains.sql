-- One row per record grain: what a row says, and what may be added to what.
select
    'case' as record_grain,
    'One person that a partner identified' as one_record_says,
    'Identified persons' as persons_are,
    true as counts_as_victims,
    'Only with case records; the same people may stand behind route reports.' as may_be_summed_with

union all

select
    'route_report' as record_grain,
    'A partner knows this route, with about so many persons' as one_record_says,
    'Estimated persons, low to high' as persons_are,
    true as counts_as_victims,
    'Only with route reports, and shown beside cases, never added to them.' as may_be_summed_with

union all

select
    'interception' as record_grain,
    'A border monitor stopped a journey before any exploitation' as one_record_says,
    'Potential victims, in the column for prevented records only' as persons_are,
    false as counts_as_victims,
    'Nothing: prevented journeys are never victims.' as may_be_summed_with

union all

select
    'flow_count' as record_grain,
    'So many people passed a point in a period' as one_record_says,
    'People on the move, not victims' as persons_are,
    false as counts_as_victims,
    'Nothing: a background against which other grains are read.' as may_be_summed_with
