// Regional composite: how much is reported of a county, by band.
const RISK_BANDS = ["much_higher", "higher", "typical", "lower", "between_bands"];
// A county of which the reports fit several bands, or none, is not judged.
const JUDGED_BANDS = ["much_higher", "higher", "typical", "lower"];
const judgedRisk = () => rowsOf("regional_risk").filter((row) => JUDGED_BANDS.includes(row.band));
const RISK_MARKS = { much_higher: { size: 13 }, higher: { size: 9 } };

const riskView = {
  id: "risk",
  isPrinted: () => judgedRisk().length > 0,
  isUnjudged: () => rowsOf("regional_risk").length > 0 && !judgedRisk().length,
  frame: "kenya",
  // Spans without a judged county too: the report speaks of the newest, whatever became of it.
  offers: (wish) => grainsAndPeriods(rowsOf("regional_risk"), wish),
  defaults: {},
  rows(shown) {
    const place = (row) => RISK_BANDS.indexOf(row.told.band);
    return placeRows(
      "regional_risk",
      { record_grain: shown.grain, period_id: shown.period },
      shown.find,
    ).sort(
      (a, b) =>
        ((place(a) + 9) % 9) - ((place(b) + 9) % 9) ||
        (b.told.score ?? 0) - (a.told.score ?? 0) ||
        byTitle(a, b),
    );
  },
  columns: () => [
    columnOf("place", (row) => placeName(row.place)),
    codeColumn("risk_band", "risk_band", "band"),
    ...(prints("regional_risk", "score")
      ? [
          numberColumn(
            "score",
            (row) => row.told.score,
            (value) => value.toFixed(0),
          ),
          rangeColumn("score_interval", "low", "high", (value) => value.toFixed(0)),
        ]
      : []),
  ],
  summary(shown, rows) {
    const told = (band) => rows.filter((row) => row.told.band === band).length;
    const high = rows
      .filter((row) => row.told.band in RISK_MARKS)
      .map((row) => row.title);
    const said = say("summary.risk", {
      ...whereOf(shown),
      count: count(rows.length),
      between: count(told("between_bands")),
    });
    return high.length ? `${said} ${say("summary.risk_high", { names: high.join(", ") })}` : said;
  },
  figure: (row) => sayCode("risk_band", row.told.band),
  meanings: (row) => [["risk_band", row.told.band]],
  scene: (shown, rows) => ({
    areas: rows.map((row) => ({ key: row.key, place: row.place, colour: `risk-${row.told.band}` })),
    points: rows
      .filter((row) => row.told.band in RISK_MARKS)
      .map((row) => ({
        key: row.key,
        place: row.place,
        shape: "triangle",
        isNamed: true,
        ...RISK_MARKS[row.told.band],
      })),
    hasGaps: true,
  }),
  legend: (shown, rows) => [
    ...RISK_BANDS.map((band) => ({ fill: `risk-${band}`, word: `risk_band.${band}` })),
    ...(rows.some((row) => row.told.band === "not_rated")
      ? [{ fill: "risk-not_rated", word: "risk_band.not_rated" }]
      : []),
    { fill: "gap", word: "legend.gap" },
    ...Object.entries(RISK_MARKS).map(([band, mark]) => ({ mark, word: `risk_band.${band}` })),
  ],
};
