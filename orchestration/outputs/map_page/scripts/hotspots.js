// Hotspots: places with more reports than elsewhere. Colour, pattern and symbol each separate the two labels.
const LABELS = ["hotspot", "elevated"];
const LABEL_MARKS = { hotspot: { size: 15 }, elevated: { size: 12, isHollow: true } };
const labelFill = (label) => ({ colour: `label-${label}`, isStriped: label === "elevated" });
// The estimate and its interval, for members.
const sayTimes = (times) => times.toLocaleString("en", { maximumSignificantDigits: times < 10 ? 2 : 3 });
const sayRange = ({ data: { ratio, ratio_low: low, ratio_high: high } }) =>
  (ratio ?? null) === null
    ? ""
    : `× ${sayTimes(ratio)} (${say("alert.range", { low: sayTimes(low), high: sayTimes(high) })})`;

const hotspotsView = {
  id: "hotspots",
  source: () => rowsOf("hotspots"),
  choices: [["people", "people"], "period", ["role", "role"]],
  frame: "kenya",
  rows: (shown) =>
    rowsWhere("hotspots", { period_id: shown.period, people: shown.people, role: shown.role })
      .map((data) => placeRow(data, null))
      .filter((row) => fits(shown.find, row))
      .sort((a, b) => LABELS.indexOf(a.data.label) - LABELS.indexOf(b.data.label) || byTitle(a, b)),
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("place", (row) => row.title),
        codeColumn("label", "label"),
        numberColumn("at_least", (row) => row.data.at_least_times, (times) => (times === null ? "" : `× ${times}`)),
        columnOf("times", sayRange),
        codeColumn("trend", "trend", "trend_category"),
      ],
      rows,
    ),
  summary(shown, rows) {
    const of = (label) => rows.filter((row) => row.data.label === label).map((row) => row.title);
    const said = (label) => say(`summary.label.${label}`, { count: of(label).length, names: of(label).join(", ") || "–" });
    return say("summary.hotspots", {
      people: say(`people.${shown.people}`),
      period: periodName(shown.period),
      role: sayCode("role", shown.role),
      hotspots: said("hotspot"),
      elevated: said("elevated"),
    });
  },
  meanings: (row) => [
    ["claim", row.data.claim],
    ["trend_category", row.data.trend_category],
  ],
  figure: (row) => sayCode("label", row.data.label),
  scene: (shown, rows) => ({
    areas: rows
      .filter((row) => isArea(row.place))
      .map((row) => ({ key: row.key, place: row.place, ...labelFill(row.data.label) })),
    points: rows.map((row) => ({
      key: row.key,
      place: row.place,
      colour: isArea(row.place) ? "ink" : `label-${row.data.label}`,
      shape: isArea(row.place) ? "triangle" : "diamond",
      isNamed: true,
      isMark: true,
      ...LABEL_MARKS[row.data.label],
    })),
  }),
  legend: () => [
    ...LABELS.map((label) => ({ fill: labelFill(label), mark: LABEL_MARKS[label], word: `label.${label}` })),
    { fill: { colour: "kenya" }, word: "legend.no_label" },
  ],
};
