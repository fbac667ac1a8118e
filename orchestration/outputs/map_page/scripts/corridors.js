// Corridors: cases from start to end, and by each place that they passed on the way.
const corridorsView = {
  ...viewOfCounts("corridors", ["corridors", "corridors_via"]),
  isCut: true,
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("from", (row) => placeName(row.stops[0])),
        columnOf("via", (row) => row.stops.slice(1, -1).map(placeName).join(", ")),
        columnOf("to", (row) => placeName(row.stops.at(-1))),
        codeColumn("direction", "direction"),
        countColumn(shown),
        partColumn("intended"),
        ...comparedColumns(),
      ],
      rows,
    ),
  highlights: (shown, rows) => [sayLargest(rows), sayAlerts()],
  scene(shown, rows) {
    const largest = largestOf(shown.list);
    const placed = rows.filter(isCounted);
    return {
      lines: placed.flatMap((row) =>
        linesOfRow(row, { colour: row.data.direction, width: widthOf(row.value, largest) }),
      ),
      points: [...spotsOfRows(placed), ...changeMarks(rows)],
      largest,
    };
  },
  legend: (shown, rows) => [
    ...directionLegend(rows.filter(isCounted)),
    ...(shown.list === "corridors_via" ? [{ point: "diamond", word: "legend.passed" }] : []),
    ...comparedLegend(rows),
    { widths: true },
  ],
};
