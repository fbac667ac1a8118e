"""The name of the job, tags of a run by which the list of runs is searched, and what every asset carries."""

REFRESH = "refresh"
OUTCOME, HELD, OVERDUE, RELEASE = "njia/outcome", "njia/held", "njia/overdue", "njia/release"

OWNER = "team:operators"
_SENSITIVITY = "njia/sensitivity"
RESTRICTED = {_SENSITIVITY: "restricted"}  # records, or what says something of one: stays in `work/`
FOR_MEMBERS, FOR_PUBLIC = {_SENSITIVITY: "members"}, {_SENSITIVITY: "public"}
