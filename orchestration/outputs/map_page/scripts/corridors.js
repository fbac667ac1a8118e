// Corridors: movements from origin to destination, by a place passed, or between Kenya and another country.
// Places that movements of a corridor likely passed, in order: inferred, for members, where hardly any are reported.
const inferredOf = ({ key, data }) =>
  data.level === "od"
    ? rowsWhere("inferred_routes", { record_grain: data.record_grain, corridor_id: key }).sort(
        (a, b) => a.place_number - b.place_number,
      )
    : [];
const INFERRED_DASH = [6, 5];
const inferredLines = (row) => {
  const stops = [row.stops[0], ...inferredOf(row).map((step) => step.place_id), row.stops.at(-1)];
  return stops.slice(1).map((to, at) => ({
    key: row.key,
    from: stops[at],
    to,
    bend: 0,
    isLast: at === stops.length - 2,
    colour: row.data.direction,
    dash: INFERRED_DASH,
    width: 3,
  }));
};
const pickedInferred = (shown, rows) => rows.filter((row) => row.key === shown.pick && inferredOf(row).length);
const corridorsView = {
  id: "corridors",
  source: () => rowsOf("corridors"),
  choices: [["grain", "record_grain"], ["people", "population"], "period", ["level", "level"]],
  isCut: true,
  frame: "around",
  rows: (shown) =>
    rowsWhere("corridors", { ...atOf(shown), level: shown.level })
      .map((data) => corridorRow(data, data.corridor_id, data.movement_count))
      .filter((row) => fits(shown.find, row))
      .sort(byWeight),
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("from", (row) => placeName(row.stops[0])),
        columnOf("via", (row) => row.stops.slice(1, -1).map(placeName).join(", ")),
        columnOf("to", (row) => placeName(row.stops.at(-1))),
        columnOf("inferred", (row) => inferredOf(row).map((step) => placeName(step.place_id)).join(", ")),
        codeColumn("direction", "direction"),
        numberColumn("movements", (row) => row.value),
        numberColumn("share", (row) => row.data.share, shareText),
        numberColumn("partners", (row) => row.data.partner_count, blankCount),
      ],
      rows,
    ),
  summary: (shown, rows) =>
    say("summary.listed", { ...whereOf(shown), what: say(`summary.corridors.${shown.level}`), count: count(rows.length) }),
  highlights: (shown, rows) => [sayLargest(rows), sayUndrawn(rows), sayAlerts()],
  meanings: (row) => (inferredOf(row).length ? [["route", "inferred"]] : []),
  named: (row) => {
    const [step] = inferredOf(row);
    return step ? { exact: percent(step.exact_share), any: percent(step.any_share) } : {};
  },
  scene(shown, rows) {
    const largest = largestOf("corridors", shown, { level: shown.level });
    const inferred = pickedInferred(shown, rows);
    return {
      lines: [
        ...rows.flatMap((row) =>
          linesOfRow(row, { colour: row.data.direction, width: widthOf(row.weight, largest) }),
        ),
        ...inferred.flatMap(inferredLines),
      ],
      points: [
        ...spotsOfRows(rows),
        ...inferred.flatMap((row) =>
          inferredOf(row).map((step) => ({
            key: row.key,
            place: step.place_id,
            size: 10,
            shape: "diamond",
            isMark: true,
            isHollow: true,
            isNamed: true,
          })),
        ),
      ],
      largest,
    };
  },
  legend(shown, rows) {
    const placed = rows.filter(isDrawable);
    return [
      ...directionLegend(placed),
      ...(shown.level === "odv" ? [{ point: "diamond", word: "legend.passed" }] : []),
      ...pickedInferred(shown, rows).map((row) => ({
        line: row.data.direction,
        dash: INFERRED_DASH,
        word: "legend.inferred",
      })),
      ...smallLegend(placed),
      { widths: true },
    ];
  },
};
