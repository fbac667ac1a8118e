// Regional composite: reported activity by county, in bands.
const RISK_BANDS = ["much_higher", "higher", "typical", "lower"];
const RISK_MARKS = { much_higher: { size: 15 }, higher: { size: 11 }, lower: { size: 10, isDown: true } };
const restsOn = (row) =>
  (row.data.components ?? "").split(";").filter(Boolean).map((name) => sayCode("component", name)).join(", ");

const riskView = {
  id: "risk",
  source: () => rowsOf("risk"),
  choices: ["period"],
  frame: "kenya",
  rows: (shown) =>
    rowsWhere("risk", { period_id: shown.period })
      .map((data) => placeRow(data, null))
      .filter((row) => fits(shown.find, row))
      .sort((a, b) => RISK_BANDS.indexOf(a.data.band) - RISK_BANDS.indexOf(b.data.band) || byTitle(a, b)),
  columns: (shown, rows) =>
    columnsWith(
      [columnOf("place", (row) => row.title), codeColumn("risk_band", "risk_band", "band"), columnOf("components", restsOn)],
      rows,
    ),
  summary(shown, rows) {
    const bands = RISK_BANDS.map((band) => [band, rows.filter((row) => row.data.band === band)])
      .filter(([, found]) => found.length)
      .map(([band, found]) => `${sayCode("risk_band", band)}: ${found.map((row) => row.title).join(", ")}.`);
    return [say("summary.listed", { period: periodName(shown.period), what: say("summary.risk"), count: count(rows.length) }), ...bands].join(" ");
  },
  figure: (row) => sayCode("risk_band", row.data.band),
  meanings: (row) => [["risk_band", row.data.band]],
  scene: (shown, rows) => ({
    areas: rows.map((row) => ({ key: row.key, place: row.place, colour: `risk-${row.data.band}` })),
    points: rows
      .filter((row) => row.data.band in RISK_MARKS)
      .map((row) => ({
        key: row.key,
        place: row.place,
        shape: "triangle",
        isNamed: true,
        isMark: true,
        ...RISK_MARKS[row.data.band],
      })),
  }),
  legend: () => [
    ...RISK_BANDS.map((band) => ({
      fill: { colour: `risk-${band}` },
      mark: RISK_MARKS[band],
      word: `risk_band.${band}`,
    })),
    { fill: { colour: "kenya" }, word: "legend.no_band" },
  ],
};
