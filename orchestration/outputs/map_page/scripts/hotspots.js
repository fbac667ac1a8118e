// Hotspots: whether more is reported of a place than its partners' work would lead one to expect.
const WIDE_INTERVAL = 4; // upper over lower bound; hatched from here on: hardly more than a hint
const NAMED = 8; // hotspots that the summary calls by name
const FACTOR_BANDS = ["half_or_less", "lower", "about_the_same", "higher", "twice_or_more"];
const LABEL_MARKS = { hotspot: { size: 13 }, elevated: { size: 9 }, lower: { size: 9, isDown: true } };
const UNJUDGED = ["insufficient", "single_source", "not_comparable", "too_few"];
const rank = (row) => FACTOR_BANDS.indexOf(row.told.factor_band) + (row.told.label === "hotspot" ? 0.5 : 0);

const hotspotsView = {
  id: "hotspots",
  isPrinted: () => rowsOf("hotspots").length > 0,
  frame: "kenya",
  offers(wish) {
    const grains = distinct(rowsOf("hotspots"), "record_grain");
    const grain = firstOf(wish.grain, grains);
    const printed = rowsWhere("hotspots", { record_grain: grain });
    const roles = ["origin", "transit", "intended_destination", "exploitation"].filter((role) =>
      printed.some((row) => row.role === role),
    );
    const role = firstOf(wish.role, roles);
    const periods = distinct(
      printed.filter((row) => row.role === role),
      "period_id",
    );
    return { grain: grains, role: roles, period: inOrder(periods), find: "text" };
  },
  defaults: {},
  rows(shown) {
    const at = { record_grain: shown.grain, role: shown.role, period_id: shown.period };
    return placeRows("hotspots", at, shown.find).sort(
      (a, b) =>
        rank(b) - rank(a) ||
        (b.told.activity_ratio ?? 0) - (a.told.activity_ratio ?? 0) ||
        byTitle(a, b),
    );
  },
  columns: (shown) => [
    columnOf("place", (row) => placeName(row.place)),
    codeColumn("level", "level", "place_level"),
    codeColumn("label", "label"),
    codeColumn("factor_band", "band"),
    ...(prints("hotspots", "activity_ratio")
      ? [
          numberColumn("ratio", (row) => row.told.activity_ratio, decimal),
          rangeColumn("interval", "ratio_low", "ratio_high"),
          numberColumn("partners", (row) => row.told.partner_count),
        ]
      : []),
    codeColumn("trend", "trend", "trend_category"),
    ...noveltyColumns(shown),
  ],
  summary(shown, rows) {
    const where = { ...whereOf(shown), places: say(`summary.places_of.${shown.role}`) };
    const named = (label) => rows.filter((row) => row.told.label === label).map((row) => row.title);
    const hot = named("hotspot");
    const told = say("summary.hotspots", {
      ...where,
      count: count(rows.length),
      hot: count(hot.length),
      elevated: count(named("elevated").length),
    });
    const names = hot.slice(0, NAMED).join(", ");
    const rest = hot.length - NAMED;
    if (!hot.length) return told;
    return `${told} ${rest > 0 ? say("summary.hot_more", { names, count: rest }) : say("summary.hot", { names })}`;
  },
  meanings: (row) => [
    ["hotspot_label", row.told.label],
    ["trend_category", row.told.trend_category],
  ],
  figure: (row) =>
    row.told.factor_band ? sayCode("band", row.told.factor_band) : sayCode("label", row.told.label),
  scene(shown, rows) {
    const colour = (row) => {
      if (UNJUDGED.includes(row.told.label)) return "unjudged";
      return row.told.factor_band ? `band-${row.told.factor_band}` : "band-none";
    };
    const isWide = (row) =>
      Boolean(row.told.factor_band) && row.told.ratio_high / row.told.ratio_low > WIDE_INTERVAL;
    const marked = rows.filter((row) => row.told.label in LABEL_MARKS);
    return {
      areas: rows
        .filter((row) => isArea(row.place))
        .map((row) => ({ key: row.key, place: row.place, colour: colour(row), isWide: isWide(row) })),
      points: [
        ...rows
          .filter((row) => !isArea(row.place))
          .map((row) => ({
            key: row.key,
            place: row.place,
            colour: colour(row),
            shape: "diamond",
            size: 15,
            isRimmed: true,
            isNamed: true,
          })),
        ...marked
          .filter((row) => isArea(row.place))
          .map((row) => ({
            key: row.key,
            place: row.place,
            shape: "triangle",
            isNamed: true,
            ...LABEL_MARKS[row.told.label],
          })),
      ],
      hasGaps: true,
    };
  },
  legend: (shown, rows) => [
    ...[...FACTOR_BANDS].reverse().map((band) => ({ fill: `band-${band}`, word: `band.${band}` })),
    { fill: "band-none", word: "label.not_distinguished" },
    ...(rows.some((row) => UNJUDGED.includes(row.told.label))
      ? [{ fill: "unjudged", word: "legend.unjudged" }]
      : []),
    ...(prints("hotspots", "ratio_low") ? [{ fill: "wide", word: "legend.wide" }] : []),
    { fill: "gap", word: "legend.gap" },
    ...Object.entries(LABEL_MARKS).map(([label, mark]) => ({ mark, word: `label.${label}` })),
  ],
};
