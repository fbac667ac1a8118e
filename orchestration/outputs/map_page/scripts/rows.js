// Shared by all views: a view turns the state into rows, from which map, list, table and file are made.
const columnOf = (id, value, show = (row) => String(value(row) ?? "")) => ({ id, value, show });
// Members' counts under the least are not stated.
const countText = (value) => (value === null ? say("count.fewer", POLICY) : count(value));
const numberColumn = (id, value, show = countText) => ({
  id,
  value: (row) => value(row) ?? null,
  isNumber: true,
  show: (row) => show(value(row) ?? null),
});
const blankCount = (value) => (value === null ? "" : countText(value));
const codeColumn = (id, kind, name = id) =>
  columnOf(
    id,
    (row) => row.data[name] ?? null,
    (row) => ((row.data[name] ?? null) === null ? "" : sayCode(kind, row.data[name])),
  );
// Columns with a value; some are for members.
const columnsWith = (columns, rows) => columns.filter((column) => rows.some((row) => column.show(row) !== ""));

const plain = (text) =>
  text
    .normalize("NFD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase();
const SEPARATORS = /→|->|>/;
const hasWords = (text, wanted) => plain(text).includes(plain(wanted.trim()));
// "Busia" finds every row with Busia, "Busia → Nairobi" that corridor, "Busia →" all corridors from there.
const fits = (find, row) => {
  const parts = find.split(SEPARATORS);
  if (!row.stops) return parts.every((part) => hasWords(row.title, part));
  const names = row.stops.map(placeName);
  if (parts.length === 1) return names.some((name) => hasWords(name, find));
  const [first, ...between] = parts;
  const last = between.pop();
  const passed = names.slice(1, -1);
  return (
    hasWords(names[0], first) &&
    hasWords(names.at(-1), last) &&
    between.every((part) => passed.some((name) => hasWords(name, part)))
  );
};

const byTitle = (a, b) => a.title.localeCompare(b.title);
// Rows that stand for no place on the map come last.
const byWeight = (a, b) => isDrawable(b) - isDrawable(a) || (b.value ?? -1) - (a.value ?? -1) || byTitle(a, b);

const corridorRow = (data, id, value) => ({
  data,
  id,
  key: id,
  stops: id.split(">"),
  title: corridorName(id),
  value,
});
const placeRow = (data, value) => ({
  data,
  key: data.place_id,
  place: data.place_id,
  title: placeName(data.place_id),
  value,
});
const isDrawable = (row) => (row.stops ?? [row.place]).every(isPlaced);

// The lines of a corridor, one from each stop to the next.
const linesOfRow = (row, style) =>
  row.stops.slice(1).map((to, at) => ({
    key: row.key,
    from: row.stops[at],
    to,
    bend: PAYLOAD.bends[row.id]?.[at] ?? PAYLOAD.first_bend,
    isLast: at === row.stops.length - 2,
    ...style,
  }));
const spotsOfRows = (rows) => {
  const passed = new Set(rows.flatMap((row) => row.stops.slice(1, -1)));
  return [...new Set(rows.flatMap((row) => row.stops))].map((place) => ({
    place,
    size: passed.has(place) ? 9 : 6,
    shape: passed.has(place) ? "diamond" : "circle",
    isNamed: true,
  }));
};
const widthOf = (value, largest) => 1.4 + 9 * Math.sqrt(value / largest);
const DIRECTIONS = ["into", "out_of", "within", "through", "outside"];
const directionLegend = (rows) =>
  DIRECTIONS.filter((direction) => rows.some((row) => row.data.direction === direction)).map((direction) => ({
    line: direction,
    word: `direction.${direction}`,
  }));

const sayLargest = (rows) => {
  const largest = rows.find((row) => row.value !== null && isDrawable(row));
  return largest ? say("summary.strongest", { name: largest.title, count: count(largest.value) }) : "";
};
const sayUndrawn = (rows) => {
  const undrawn = rows.filter((row) => !isDrawable(row)).length;
  return undrawn ? say("summary.undrawn", { count: undrawn }) : "";
};
const sayAlerts = () => {
  const alerts = rowsOf("alerts").length;
  return alerts ? say("summary.has_alerts", { count: count(alerts) }) : "";
};
// Why a period counts only some of its months.
const sayPartial = ({ period }) => {
  const { is_complete: isComplete, partial_reason: reason } = PERIODS.get(period);
  return isComplete ? "" : say(`partial.${reason ?? "running"}`, { period: periodName(period) });
};
// A county is a shape, a border point is a spot.
const isArea = (place) => place in PAYLOAD.shapes.counties || place in PAYLOAD.shapes.land;
