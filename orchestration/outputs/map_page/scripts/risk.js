// Regional composite: how much is reported of a county, by band.
const RISK_BANDS = ["much_higher", "higher", "typical", "lower", "between_bands"];

const riskView = {
  id: "risk",
  isPrinted: () => rowsOf("regional_risk").length > 0,
  frame: "kenya",
  offers(wish) {
    const grains = distinct(rowsOf("regional_risk"), "record_grain");
    const printed = rowsWhere("regional_risk", { record_grain: firstOf(wish.grain, grains) });
    return { grain: grains, period: inOrder(distinct(printed, "period_id")), find: "text" };
  },
  defaults: {},
  rows(shown) {
    const place = (row) => RISK_BANDS.indexOf(row.told.band);
    return rowsWhere("regional_risk", { record_grain: shown.grain, period_id: shown.period })
      .map((row) => ({
        told: row,
        key: row.place_id,
        place: row.place_id,
        title: placeName(row.place_id),
        weight: null,
      }))
      .filter((row) => hasWords(row.title, shown.find))
      .sort(
        (a, b) =>
          ((place(a) + 9) % 9) - ((place(b) + 9) % 9) ||
          (b.told.score ?? 0) - (a.told.score ?? 0) ||
          (a.title < b.title ? -1 : 1),
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
      .filter((row) => ["much_higher", "higher"].includes(row.told.band))
      .map((row) => row.title);
    const said = say("summary.risk", {
      grain: sayCode("grain", shown.grain),
      period: periodName(shown.period),
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
      .filter((row) => ["much_higher", "higher"].includes(row.told.band))
      .map((row) => ({
        key: row.key,
        place: row.place,
        shape: "triangle",
        isNamed: true,
        size: row.told.band === "higher" ? 9 : 13,
      })),
    hasGaps: true,
  }),
  legend: (shown, rows) => [
    ...RISK_BANDS.map((band) => ({ fill: `risk-${band}`, word: `risk_band.${band}` })),
    ...(rows.some((row) => row.told.band === "not_rated")
      ? [{ fill: "risk-not_rated", word: "risk_band.not_rated" }]
      : []),
    { fill: "gap", word: "legend.gap" },
  ],
};
