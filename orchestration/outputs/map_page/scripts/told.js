// What this edition prints, as rows. Nothing else is in the file.
const TOLD = JSON.parse(document.getElementById("told").textContent);
const decoded = new Map();
const grouped = new Map();

const rowsOf = (table) => {
  if (!decoded.has(table)) {
    const columns = Object.entries({ ...TOLD.tables[table], ...TOLD.bends[table] });
    const values = ([, column]) =>
      Array.isArray(column) ? column : column.at.map((at) => column.of[at] ?? null);
    const filled = columns.map(values);
    const count = filled.length ? filled[0].length : 0;
    decoded.set(
      table,
      Array.from({ length: count }, (_, at) =>
        Object.fromEntries(columns.map(([name], column) => [name, filled[column][at]])),
      ),
    );
  }
  return decoded.get(table);
};

// Rows of a table by the values of some of its columns.
const groupsOf = (table, ...columns) => {
  const name = [table, ...columns].join(" ");
  if (!grouped.has(name)) {
    const groups = new Map();
    for (const row of rowsOf(table)) {
      const key = columns.map((column) => row[column]).join("|");
      if (groups.has(key)) groups.get(key).push(row);
      else groups.set(key, [row]);
    }
    grouped.set(name, groups);
  }
  return grouped.get(name);
};
const rowsWhere = (table, wanted) =>
  groupsOf(table, ...Object.keys(wanted)).get(Object.values(wanted).join("|")) ?? [];

const prints = (table, column) => column in (TOLD.tables[table] ?? {});
const distinct = (rows, column) => [...new Set(rows.map((row) => row[column]))];

const PLACES = new Map(rowsOf("places").map((place) => [place.place_id, place]));
const COUNTY_NAMES = new Set(
  rowsOf("places")
    .filter((place) => place.kind === "county")
    .map((place) => place.name),
);
const PERIODS = new Map(rowsOf("periods").map((period) => [period.period_id, period]));
const PARTIAL = new Set(
  rowsOf("reported_periods")
    .filter((row) => row.is_partial)
    .map((row) => `${row.record_grain}|${row.period_id}`),
);
const isPartial = (grain, period) => PARTIAL.has(`${grain}|${period}`);
const inOrder = (periods) =>
  [...periods].sort((a, b) => {
    const [one, other] = [PERIODS.get(a), PERIODS.get(b)];
    return one.period_to < other.period_to ? -1 : one.period_to > other.period_to ? 1 : a < b ? -1 : 1;
  });
