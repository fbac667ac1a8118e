"""The name of the job, the tags of runs, and the owner and tags of assets."""

REFRESH = "refresh"
OUTCOME, HELD, OVERDUE, RELEASE = "njia/outcome", "njia/held", "njia/overdue", "njia/release"
STARTED_BY = "njia/started_by"

OWNER = "team:operators"
_SENSITIVITY = "njia/sensitivity"
RESTRICTED = {_SENSITIVITY: "restricted"}  # records, or facts about single records: stays in `work/`
FOR_MEMBERS, FOR_PUBLIC = {_SENSITIVITY: "members"}, {_SENSITIVITY: "public"}
