// Corridors: movements from origin to destination, by a place passed, or between Kenya and another country.

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
  scene(shown, rows) {
    const largest = largestOf("corridors", shown, { level: shown.level });
    return {
      lines: rows.flatMap((row) =>
        linesOfRow(row, { colour: row.data.direction, width: widthOf(row.weight, largest) }),
      ),
      points: spotsOfRows(rows),
      largest,
    };
  },
  legend(shown, rows) {
    const placed = rows.filter(isDrawable);
    return [
      ...directionLegend(placed),
      ...(shown.level === "odv" ? [{ point: "diamond", word: "legend.passed" }] : []),
      ...smallLegend(placed),
      { widths: true },
    ];
  },
};
