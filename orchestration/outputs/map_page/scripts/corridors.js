// Corridors: movements from origin to destination, by a place passed, or between Kenya and another country.

// Places that movements of a corridor likely passed, in order: inferred, for members, where few are reported.
const inferredSteps = ({ key, data }) =>
  data.level === "od"
    ? rowsWhere("inferred_routes", { record_grain: data.record_grain, corridor_id: key }).sort(
        (a, b) => a.place_number - b.place_number,
      )
    : [];
const inferredOf = (row) => inferredSteps(row).map((step) => step.place_id);
const INFERRED = { width: 3, dash: [6, 5] };
// The picked corridor by its inferred places.
const pickedInferred = (shown, rows) =>
  rows
    .filter((row) => row.key === shown.pick && inferredOf(row).length)
    .map((row) => ({ ...row, stops: [row.stops[0], ...inferredOf(row), row.stops.at(-1)] }));

const sayCut = () => (PAYLOAD.most_rank ? say("summary.cut", { rank: PAYLOAD.most_rank }) : "");

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
        columnOf("inferred", (row) => inferredOf(row).map(placeName).join(", ")),
        codeColumn("direction", "direction"),
        numberColumn("movements", (row) => row.value),
        numberColumn("share", (row) => row.data.share, shareText),
        numberColumn("partners", (row) => row.data.partner_count, blankCount),
      ],
      rows,
    ),
  summary: (shown, rows) =>
    say("summary.listed", { ...whereOf(shown), what: say(`summary.corridors.${shown.level}`), count: count(rows.length) }),
  highlights: (shown, rows) => [sayCut(), sayLargest(rows), sayUndrawn(rows), sayAlerts()],
  meanings: (row) => (inferredOf(row).length ? [["route", "inferred"]] : []),
  named: (row) => {
    const [step] = inferredSteps(row);
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
        ...inferred.flatMap((row) => linesOfRow(row, { colour: row.data.direction, ...INFERRED })),
      ],
      points: spotsOfRows([...rows, ...inferred]),
      largest,
    };
  },
  legend(shown, rows) {
    const placed = rows.filter(isDrawable);
    const [picked] = pickedInferred(shown, rows);
    const inferred = rows.filter((row) => inferredOf(row).length);
    return [
      ...directionLegend(placed),
      ...(shown.level === "odv" ? [{ point: "diamond", word: "legend.passed" }] : []),
      ...(picked ? [{ line: picked.data.direction, ...INFERRED, word: "legend.inferred" }] : []),
      ...(inferred.length && !picked
        ? [{ line: "quiet", ...INFERRED, text: say("legend.inferred_pick", { count: count(inferred.length) }) }]
        : []),
      ...smallLegend(placed),
      { widths: true },
    ];
  },
};
