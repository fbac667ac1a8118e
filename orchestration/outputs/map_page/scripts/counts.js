// Counts of cases by year: what is counted in each table, the year before, and rows that stand for no place.
const COUNTED = {
  corridors: "movement_count",
  corridors_via: "passing_count",
  starts: "movement_count",
  ends: "movement_count",
  passings: "passing_count",
  border_points: "passing_count",
};
const countOf = (data) => data[COUNTED[data.list]];
// Only where each case stands in one row do the rows add up.
const addsUp = (list) => COUNTED[list] === "movement_count";
const countColumn = (shown) => numberColumn(addsUp(shown.list) ? "cases" : "passings", (row) => row.value);
const partColumn = (id) => numberColumn(id, (row) => row.data[`${id}_count`] ?? null, blankCount);
const stopsOf = (data) => [data.place_id, data.start_place_id, data.via_place_id, data.end_place_id].filter(Boolean);
// The largest count of a table in all years, so that sizes are comparable between them.
const largestOf = (list) =>
  rowsOf(list).reduce((most, data) => (stopsOf(data).every(isPlaced) ? Math.max(most, countOf(data)) : most), 1);
const isKenyan = (place) => PLACES.get(place)?.country === "KEN";
const directionOf = ({ direction, start_place_id: from, via_place_id: via, end_place_id: to }) => {
  if (direction) return direction;
  if (isKenyan(from)) return isKenyan(to) ? "within" : "out_of";
  if (isKenyan(to)) return "into";
  return isKenyan(via) ? "through" : "outside";
};
const rowOfData = (data) => {
  if (data.place_id) return placeRow(data, countOf(data));
  const row = corridorRow({ ...data, direction: directionOf(data) }, stopsOf(data).join(">"), countOf(data));
  return { ...row, key: `${row.id}|${row.data.direction}` };
};

// The year before is shown only where its comparison allows it, and never beside a year in part.
const sayYearBefore = ({ data }) => {
  if ((data.comparison ?? "no_earlier_year") === "no_earlier_year") return "";
  const year = `year-${Number(data.period_id.slice(5)) - 1}`;
  if (data.comparison === "not_comparable" || ![year, data.period_id].every((id) => PERIODS.get(id)?.is_complete))
    return say("comparison.not_comparable");
  const keys = ["place_id", "start_place_id", "end_place_id", "direction"].filter((key) => key in data);
  const same = Object.fromEntries(keys.map((key) => [key, data[key]]));
  const [before] = rowsWhere(data.list, { period_id: year, ...same });
  const shown = countText(before ? countOf(before) : null);
  return data.comparison === "same_reporting" ? shown : say(`comparison.${data.comparison}`, { count: shown });
};
const sayLike = ({ data: { comparison, like_earlier_count: before, like_count: now } }) =>
  ["same_reporting", "other_reporting"].includes(comparison) ? `${count(before)} → ${count(now)}` : "";
const CHANGED = ["more", "fewer"];
const comparedColumns = () => [
  columnOf("year_before", sayYearBefore),
  columnOf("like", sayLike),
  codeColumn("change", "change"),
];

// Arrows stand only where the change is sure.
const changeMarks = (rows) =>
  rows
    .filter((row) => CHANGED.includes(row.data.change) && isDrawable(row))
    .map((row) => ({
      key: row.key,
      ...(row.stops ? { middle: linesOfRow(row, {}).at(-1) } : { place: row.place }),
      shape: "triangle",
      size: 12,
      isDown: row.data.change === "fewer",
      isMark: true,
      name: "",
    }));
const comparedLegend = (rows) => [
  ...CHANGED.filter((change) => rows.some((row) => row.data.change === change)).map((change) => `change.${change}`),
  ...(rows.some((row) => row.data.comparison === "other_reporting") ? ["comparison.mark"] : []),
].map((word) => ({ isNote: true, word }));

// Rows that stand for no place on the map: what each of them says, with the sum of their counts.
const unplacedKind = ({ stops, place, data }) => {
  const ends = stops ?? [place];
  if (ends.includes("fewer")) return "fewer";
  if (data.direction === "first_known_at_border") return "first_known";
  if (ends[0] === "unknown" && data.list !== "ends") return "start";
  if (ends.includes("unknown")) return "end";
  return ends.includes("KEN") ? "county" : "no_position";
};
const UNPLACED = ["fewer", "start", "first_known", "end", "county", "no_position"];
const sayUnplaced = (shown, rows) => {
  const sums = Object.fromEntries(UNPLACED.map((kind) => [kind, 0]));
  for (const row of rows.filter((one) => !isDrawable(one))) sums[unplacedKind(row)] += row.value;
  if (shown.list === "starts" && sums.start) {
    const [known] = rowsWhere("directions", { period_id: shown.period, direction: "first_known_at_border" });
    sums.first_known = known?.movement_count ?? 0;
    sums.start -= sums.first_known;
  }
  return UNPLACED.filter((kind) => sums[kind])
    .map((kind) => say(`unplaced.${kind}`, { count: count(sums[kind]), what: say(`unplaced.${shown.view}`), ...POLICY }))
    .join(" ");
};

// What fell to nothing since the year before is listed with its change, but not drawn.
const isCounted = (row) => isDrawable(row) && row.value > 0;

// A view of tables of counts, one at a time.
const viewOfCounts = (id, lists) => ({
  id,
  source: () => lists.flatMap(rowsOf),
  choices: [["list", "list"], "period"],
  frame: "around",
  rows: (shown) =>
    rowsWhere(shown.list, { period_id: shown.period })
      .map(rowOfData)
      .filter((row) => fits(shown.find, row))
      .sort(byWeight),
  summary: (shown, rows) => {
    const all = rows.reduce((sum, row) => sum + row.value, 0);
    return [
      say("summary.listed", {
        period: periodName(shown.period),
        what: say(`list.${shown.list}`),
        count: count(rows.filter(isCounted).length),
      }),
      addsUp(shown.list) ? say("summary.cases", { count: count(all) }) : "",
      sayPartial(shown),
    ]
      .filter(Boolean)
      .join(" ");
  },
  figure: ({ value, data: { change } }) =>
    [countText(value), ...(CHANGED.includes(change) ? [sayCode("change", change)] : [])].join(" "),
  unplaced: sayUnplaced,
});
