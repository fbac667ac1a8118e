// The published tables of this edition, as rows; `list` is the name of the table.
const PAYLOAD = JSON.parse(document.getElementById("payload").textContent);
const decoded = new Map();
const grouped = new Map();

const rowsOf = (table) => {
  if (!decoded.has(table)) {
    const columns = Object.entries(PAYLOAD.tables[table] ?? {});
    const values = ([, column]) =>
      Array.isArray(column) ? column : column.at.map((at) => column.of[at] ?? null);
    const filled = columns.map(values);
    const length = filled.length ? filled[0].length : 0;
    decoded.set(
      table,
      Array.from({ length }, (_, at) =>
        Object.fromEntries([["list", table], ...columns.map(([name], column) => [name, filled[column][at]])]),
      ),
    );
  }
  return decoded.get(table);
};

// Rows of a table whose columns have these values.
const rowsWhere = (table, wanted) => {
  const columns = Object.keys(wanted);
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
  return grouped.get(name).get(Object.values(wanted).join("|")) ?? [];
};

const distinct = (rows, column) => [...new Set(rows.map((row) => row[column]))];
const PLACES = new Map(
  Object.entries(PAYLOAD.places).map(([id, [name, kind, country]]) => [id, { name, kind, country }]),
);
const COUNTY_NAMES = new Set(
  [...PLACES.values()].filter(({ kind }) => kind === "county").map(({ name }) => name),
);
const PERIODS = new Map(rowsOf("periods").map((period) => [period.period_id, period]));
