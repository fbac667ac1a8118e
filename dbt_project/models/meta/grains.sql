-- One row per record grain: what a row says, and what may be added to what.
select
    'case' as record_grain,
    'One person that a partner identified, or a group reported as one case' as one_record_says,
    'Identified persons, joined across partners as far as linkage_tier allows' as persons_are,
    true as counts_as_victims,
    'Cases only. The same people may stand behind route reports.' as may_be_summed_with

union all

select
    'route_report' as record_grain,
    'A partner knows this route, with about so many persons' as one_record_says,
    'Estimated persons, low to high, as registered: several reports may be of the same people' as persons_are,
    true as counts_as_victims,
    'Route reports only. Show them beside cases.' as may_be_summed_with

union all

select
    'interception' as record_grain,
    'A border monitor stopped a journey before any exploitation' as one_record_says,
    'Potential victims; in counting tables only as prevented_count' as persons_are,
    false as counts_as_victims,
    'Interceptions only. Prevented journeys are never victims.' as may_be_summed_with

union all

select
    'flow_count' as record_grain,
    'So many people passed a point in a period' as one_record_says,
    'People on the move, not victims' as persons_are,
    false as counts_as_victims,
    'Flow counts of other points and periods only. A background for the other grains.' as may_be_summed_with
