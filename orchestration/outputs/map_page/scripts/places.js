// Places: movements that began, passed or ended at a place.
const ROLE_COLOURS = { origin: "into", transit: "through", destination: "out_of", any: "through" };

const placesView = {
  id: "places",
  source: () => rowsOf("places"),
  choices: [["grain", "record_grain"], ["people", "population"], "period", ["role", "role"]],
  frame: "around",
  all: (shown) => rowsWhere("places", { ...atOf(shown), role: shown.role }),
  // Kenya is the sum of its counties, so it gets no row.
  rows(shown) {
    return this.all(shown)
      .filter((data) => data.place_id !== "KEN")
      .map((data) => placeRow(data, data.movement_count))
      .filter((row) => fits(shown.find, row))
      .sort(byWeight);
  },
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("place", (row) => row.title),
        columnOf("country", (row) => countryName(row.place)),
        numberColumn("movements", (row) => row.value),
        numberColumn("share", (row) => row.data.share, shareText),
        numberColumn("partners", (row) => row.data.partner_count, blankCount),
      ],
      rows,
    ),
  summary: (shown, rows) =>
    say("summary.listed", { ...whereOf(shown), what: say(`list.${shown.role}`), count: count(rows.length) }),
  highlights(shown, rows) {
    const kenya = this.all(shown).find((data) => data.place_id === "KEN");
    return [
      sayLargest(rows),
      kenya ? say("summary.kenya", { count: countText(kenya.movement_count) }) : "",
      sayUndrawn(rows),
    ];
  },
  scene(shown, rows) {
    const largest = largestOf("places", shown, { role: shown.role });
    return {
      points: rows.map((row) => ({
        key: row.key,
        place: row.place,
        size: 7 + (row.weight === null ? 0 : 44 * Math.sqrt(row.weight / largest)),
        isNamed: true,
        shape: "circle",
        colour: ROLE_COLOURS[shown.role],
        isBubble: true,
      })),
      largest,
    };
  },
  legend: (shown, rows) => [
    { point: "circle", colour: ROLE_COLOURS[shown.role], word: `role.${shown.role}` },
    ...smallLegend(rows).map(({ text }) => ({ point: "circle", colour: ROLE_COLOURS[shown.role], size: 7, text })),
    { sizes: true },
  ],
};
