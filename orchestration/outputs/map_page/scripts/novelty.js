// What a survey round named for the first time. It is told of rounds alone, and of no other grain than theirs.
const NEW = ["panel_confirmed", "single_partner", "new_source"];
const namedIn = ({ record_grain: grain, period_id: period }) =>
  PERIODS.get(period)?.period_kind === "round"
    ? rowsWhere("novelty", { record_grain: grain, round: period.replace("round-", "") })
    : [];
const noveltyOf = (at, item, role) =>
  namedIn(at).find((row) => row.item === item && row.role === role)?.evidence_class ?? "";
const newChoices = (at) => (namedIn(at).some((row) => NEW.includes(row.evidence_class)) ? ["", "new"] : [""]);
const isNewEnough = (shown, row) => !shown.novelty || NEW.includes(row.novelty);
const noveltyColumns = (shown) =>
  namedIn({ record_grain: shown.grain, period_id: shown.period }).length
    ? [listColumn("novelty", (row) => (row.novelty ? sayCode("evidence_class", row.novelty) : ""))]
    : [];
