// Who watches where: without it, silence and absence look alike.
const PARTNER_BANDS = ["three_or_more", "one_or_two", "none"];

const coverageView = {
  id: "coverage",
  isPrinted: () => rowsOf("coverage").length > 0,
  frame: "kenya",
  offers: (wish) => grainsAndPeriods(rowsOf("coverage"), wish),
  defaults: {},
  rows: (shown) =>
    placeRows("coverage", { record_grain: shown.grain, period_id: shown.period }, shown.find).sort(
      (a, b) =>
        PARTNER_BANDS.indexOf(a.told.partners_band) - PARTNER_BANDS.indexOf(b.told.partners_band) ||
        (b.told.effort_months ?? 0) - (a.told.effort_months ?? 0) ||
        byTitle(a, b),
    ),
  columns: () => [
    columnOf("place", (row) => placeName(row.place)),
    codeColumn("partners_band", "coverage_band"),
    ...(prints("coverage", "partner_count")
      ? [
          numberColumn("partners", (row) => row.told.partner_count),
          numberColumn("effort_months", (row) => row.told.effort_months),
        ]
      : []),
  ],
  summary(shown, rows) {
    const told = (band) => count(rows.filter((row) => row.told.partners_band === band).length);
    return say("summary.coverage", {
      ...whereOf(shown),
      three: told("three_or_more"),
      one: told("one_or_two"),
      none: told("none"),
    });
  },
  figure: (row) => sayCode("coverage_band", row.told.partners_band),
  scene: (shown, rows) => ({
    areas: rows
      .filter((row) => isArea(row.place))
      .map((row) => ({ key: row.key, place: row.place, colour: `partners-${row.told.partners_band}` })),
    points: rows
      .filter((row) => !isArea(row.place))
      .map((row) => ({
        key: row.key,
        place: row.place,
        shape: "diamond",
        size: 12,
        colour: `partners-${row.told.partners_band}`,
        isRimmed: true,
      })),
    hasGaps: true,
  }),
  legend: () => [
    ...PARTNER_BANDS.map((band) => ({ fill: `partners-${band}`, word: `coverage_band.${band}` })),
    { fill: "gap", word: "legend.gap" },
  ],
};
