-- One row per county and counted period: how many partners watched it.
{{ spoken_coverage('public') }}
