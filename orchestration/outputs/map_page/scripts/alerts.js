// Alerts: corridors whose records of the latest months left the range that their partners' own level lets expect.
const CHANGES = ["rise", "fall"];
const CHANGE_STYLES = {
  rise: { colour: "status-emerging" },
  fall: { colour: "status-abandoned", dash: [9, 4] },
};
const sayChange = (row) => sayCode("alert", row.data.direction);
const sayMonth = (day) => (day ? monthName(...day.split("-")) : "");
const sayExpected = ({ data }) =>
  data.expected_high === null || data.expected_high === undefined
    ? ""
    : say("alert.range", { low: count(data.expected_low), high: count(data.expected_high) });

const alertsView = {
  id: "alerts",
  source: () => rowsOf("alerts"),
  choices: [],
  frame: "around",
  rows: (shown) =>
    rowsOf("alerts")
      .map((data) => corridorRow(data, data.corridor_id, null))
      .filter((row) => fits(shown.find, row))
      .sort((a, b) => CHANGES.indexOf(a.data.direction) - CHANGES.indexOf(b.data.direction) || byTitle(a, b)),
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("from", (row) => placeName(row.stops[0])),
        columnOf("to", (row) => placeName(row.stops.at(-1))),
        columnOf("status", sayChange),
        columnOf("since", (row) => row.data.first_month, (row) => sayMonth(row.data.first_month)),
        columnOf("until", (row) => row.data.newest_month, (row) => sayMonth(row.data.newest_month)),
        numberColumn("records", (row) => row.data.witness_count, PAYLOAD.edition === "members" ? countText : blankCount),
        columnOf("expected", sayExpected),
        codeColumn("evidence", "evidence"),
      ],
      rows,
    ),
  summary: (shown, rows) => say("summary.alerts", { count: count(rows.length) }),
  highlights: (shown, rows) => [sayUndrawn(rows)],
  meanings: (row) => [["claim", row.data.claim]],
  named: ({ data }) => ({
    month: sayMonth(data.first_month),
    until: sayMonth(data.newest_month),
    count: countText(data.witness_count),
    low: count(data.expected_low ?? 0),
    high: count(data.expected_high ?? 0),
  }),
  figure: (row) => say("alert.since", { what: sayChange(row), month: sayMonth(row.data.first_month) }),
  scene: (shown, rows) => ({
    lines: rows.flatMap((row) => linesOfRow(row, { width: 4, ...CHANGE_STYLES[row.data.direction] })),
    points: [
      ...spotsOfRows(rows),
      ...rows.map((row) => ({
        key: row.key,
        middle: linesOfRow(row, {}).at(-1),
        shape: "triangle",
        size: 14,
        isMark: true,
        isDown: row.data.direction === "fall",
        colour: CHANGE_STYLES[row.data.direction].colour,
        name: say("alert.since_month", { month: sayMonth(row.data.first_month) }),
      })),
    ],
  }),
  legend: (shown, rows) =>
    CHANGES.filter((change) => rows.some((row) => row.data.direction === change)).map((change) => ({
      line: CHANGE_STYLES[change].colour,
      dash: CHANGE_STYLES[change].dash,
      width: 4,
      word: `alert.${change}`,
    })),
};
