// What all views share: a view turns the state into rows, and map, list, table and file are made of these alone.
const HIDDEN = "c";
const columnOf = (id, value, show = (row) => String(value(row) ?? "")) => ({ id, value, show });
// May hold many names, so it may wrap.
const listColumn = (id, value) => ({ ...columnOf(id, value), isList: true });
const numberColumn = (id, value, show = count) => ({
  id,
  value,
  isNumber: true,
  show: (row) => (value(row) === null ? HIDDEN : show(value(row))),
});
const rangeColumn = (id, low, high, show = decimal) => ({
  id,
  isNumber: true,
  value: (row) => row.told[low],
  show: (row) => (row.told[low] === null ? "" : `${show(row.told[low])} – ${show(row.told[high])}`),
});
const codeColumn = (id, kind, name = id) =>
  columnOf(
    id,
    (row) => row.told[name],
    (row) => (row.told[name] === null ? "" : sayCode(kind, row.told[name])),
  );

const plain = (text) =>
  text
    .normalize("NFD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase();
const SEPARATORS = /→|->|>|\bto\b|\bhadi\b/;
const hasWords = (text, wanted) => plain(text).includes(plain(wanted.trim()));

// "Busia" finds all that touches it, "Busia → Nairobi" that corridor.
const findsCorridor = (find, role, { from, to, via }) => {
  const parts = find
    .split(SEPARATORS)
    .map((part) => part.trim())
    .filter(Boolean);
  if (!parts.length) return true;
  if (parts.length > 1) return hasWords(placeName(from), parts[0]) && hasWords(placeName(to), parts.at(-1));
  const ends = { origin: [from], destination: [to], transit: via, any: [from, to, ...via] };
  return ends[role].some((place) => hasWords(placeName(place), parts[0]));
};

const byWeight = (a, b) => (b.weight ?? -1) - (a.weight ?? -1) || (a.title < b.title ? -1 : 1);
const directionOf = (from, to) => {
  if (from === "unknown" || to === "unknown") return "unknown";
  if (isInKenya(from)) return isInKenya(to) ? "within" : "out_of";
  return isInKenya(to) ? "into" : "outside";
};
// What the map leaves out and the sentence above it tells.
const isPlaceless = (row) => (row.place ? [row.place] : [row.from, row.to]).some((one) => PLACELESS.has(one));
const sayLargest = (rows) => {
  const largest = rows.find((row) => row.weight !== null && !isPlaceless(row));
  return largest ? say("summary.strongest", { name: largest.title, persons: count(largest.weight) }) : "";
};
const sayPlaceless = (rows) => {
  const found = rows.filter((row) => row.weight !== null && isPlaceless(row));
  if (!found.length) return "";
  const persons = count(found.reduce((sum, row) => sum + row.weight, 0));
  if (found[0].place) return say("summary.placeless.places", { persons });
  const told = { count: count(found.length), persons };
  return found.length === 1
    ? say("summary.placeless.corridor", told)
    : say("summary.placeless.corridors", told);
};

// Rows of a table of places, as the views of places show them.
const placeRows = (table, at, find) =>
  rowsWhere(table, at)
    .map((row) => ({
      told: row,
      key: row.place_id,
      place: row.place_id,
      title: placeName(row.place_id),
      weight: row.person_count ?? null,
      // What a round named is told of everybody.
      novelty: table === "children" ? "" : noveltyOf(at, row.place_id, at.role),
    }))
    .filter((row) => hasWords(row.title, find));
const byTitle = (a, b) => (a.title < b.title ? -1 : 1);
const grainsAndPeriods = (rows, wish) => {
  const grains = distinct(rows, "record_grain");
  const grain = firstOf(wish.grain, grains);
  const printed = rows.filter((row) => row.record_grain === grain);
  return { grain: grains, period: inOrder(distinct(printed, "period_id")), find: "text" };
};
const whereOf = (shown) => ({
  grain: sayCode("grain", shown.grain),
  period: periodName(shown.period, shown.grain),
});
// Areas that are told of lie one above the other no longer: a county is a shape, a border point is a spot.
const isArea = (place) => place in TOLD.shapes.counties || place in TOLD.shapes.land;
