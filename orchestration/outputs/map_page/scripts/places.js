// Places: where cases started and ended, and what they passed.
const LIST_COLOURS = { starts: "into", ends: "out_of", passings: "through", border_points: "through" };
const PARTS = {
  starts: ["home", "child"],
  ends: ["exploited", "last_known", "intended", "child"],
  passings: [],
  border_points: ["first_known", "stopped"],
};

const placesView = {
  ...viewOfCounts("places", Object.keys(PARTS)),
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("place", (row) => row.title),
        columnOf("country", (row) => countryName(row.place)),
        countColumn(shown),
        ...PARTS[shown.list].map(partColumn),
        numberColumn("per_100000", (row) => row.data.per_100000, blankCount),
        ...comparedColumns(),
      ],
      rows,
    ),
  highlights: (shown, rows) => [sayLargest(rows)],
  scene(shown, rows) {
    const largest = largestOf(shown.list);
    const placed = rows.filter(isCounted);
    return {
      points: [
        ...placed.map((row) => ({
          key: row.key,
          place: row.place,
          size: 7 + 44 * Math.sqrt(row.value / largest),
          isNamed: true,
          shape: "circle",
          colour: LIST_COLOURS[shown.list],
          isBubble: true,
        })),
        ...changeMarks(rows),
      ],
      largest,
    };
  },
  legend: (shown, rows) => [
    { point: "circle", colour: LIST_COLOURS[shown.list], word: `list.${shown.list}` },
    ...comparedLegend(rows),
    { sizes: true },
  ],
};
