// Origins and destinations: persons who began or ended their journey at a place.
const peopleTable = { all: "ends", children: "children" };

const placesView = {
  id: "places",
  isPrinted: () => rowsOf("ends").some((row) => row.place_id !== "*"),
  frame: "around",
  offers(wish) {
    const people = Object.keys(peopleTable).filter((one) =>
      rowsOf(peopleTable[one]).some((row) => row.place_id !== "*"),
    );
    const table = peopleTable[firstOf(wish.people, people)];
    const placed = rowsOf(table).filter((row) => row.place_id !== "*");
    const grains = distinct(placed, "record_grain");
    const grain = firstOf(wish.grain, grains);
    const periods = inOrder(
      distinct(
        placed.filter((row) => row.record_grain === grain),
        "period_id",
      ),
    );
    const period = lastOf(wish.period, periods);
    const roles = distinct(rowsWhere(table, { record_grain: grain, period_id: period }), "role");
    return {
      people,
      grain: grains,
      period: periods,
      role: ["origin", "destination"].filter((one) => roles.includes(one)),
      novelty: table === "ends" ? newChoices({ record_grain: grain, period_id: period }) : [""],
      find: "text",
    };
  },
  defaults: {},
  rows(shown) {
    const at = { record_grain: shown.grain, period_id: shown.period, role: shown.role };
    return placeRows(peopleTable[shown.people], at, shown.find)
      .filter((row) => row.place !== "*" && isNewEnough(shown, row))
      .sort(byWeight);
  },
  columns: (shown) => [
    columnOf("place", (row) => placeName(row.place)),
    columnOf("country", (row) => countryName(row.place)),
    numberColumn("persons", (row) => row.weight),
    ...(shown.people === "children" ? [] : noveltyColumns(shown)),
  ],
  summary(shown, rows) {
    const total = rowsWhere(peopleTable[shown.people], {
      record_grain: shown.grain,
      period_id: shown.period,
      role: "any",
    }).find((row) => row.place_id === "*");
    const told = say(`summary.places.${shown.role}`, {
      ...whereOf(shown),
      count: count(rows.length),
    });
    return total ? `${told} ${say("summary.total", { persons: count(total.person_count) })}` : told;
  },
  highlights: (shown, rows) => `${sayLargest(rows)} ${sayPlaceless(rows)}`.trim(),
  scene(shown, rows) {
    const same = rowsWhere(peopleTable[shown.people], { record_grain: shown.grain }).filter(
      (row) => row.place_id !== "*" && !PLACELESS.has(row.place_id),
    );
    const largest = Math.max(1, ...same.map((row) => row.person_count));
    return {
      points: rows.map((row) => ({
        key: row.key,
        place: row.place,
        size: 7 + 44 * Math.sqrt(row.weight / largest),
        isNamed: true,
        shape: "circle",
        colour: shown.role === "origin" ? "first-leg" : "last-leg",
        isBubble: true,
      })),
      largest,
    };
  },
  legend: (shown) => [
    { spot: shown.role === "origin" ? "first-leg" : "last-leg", word: `role.${shown.role}` },
    { sizes: true },
  ],
};
