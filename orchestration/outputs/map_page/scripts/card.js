// The list beside the map, and the card of a place or corridor.
const LISTED = 40;
const CARD_ROWS = 5;

const statusText = (row) => (row.shift ? sayCode("status", row.shift.status) : CHANGED.includes(row.data.change) ? sayCode("change", row.data.change).replace(/^\S+ /, "") : "");
const CHANGED = ["more", "fewer"];
// The number of a row; what it says where it has none.
const figureOf = (row) => {
  if (row.alert) return `${row.mark} ${say("alert.since_month", { month: sayMonth(row.alert.first_month) })}`;
  if (row.value !== null) return [count(row.value), row.sign, row.mark].filter(Boolean).join(" ");
  if (row.hotspot) return sayCode("label", row.hotspot.label);
  if (row.risk) return sayCode("risk_band", row.risk.band);
  if (row.shift) return [row.mark, statusText(row)].filter(Boolean).join(" ");
  return NEW.includes(row.novelty) ? say("rounds.new") : "";
};
const noteOf = (row) => {
  if (row.alert) return say(`alert.${row.alert.direction}`);
  if (state.view === "changes") return row.shift ? sayCode("status", row.shift.status) : row.data.change ? sayCode("change", row.data.change) : row.isDashed ? say("comparison.not_comparable") : "";
  return LABELS.includes(row.hotspot?.label) && row.value !== null ? sayCode("label", row.hotspot.label) : "";
};
const BAR = 68;
const barOf = (row, largest) => {
  const before = earlierOf(row);
  const wide = (value) => round(Math.min(1.06, value / largest) * BAR);
  return shape(
    "svg",
    { width: BAR + 8, height: 12, "aria-hidden": "true" },
    row.value === null ? null : shape("rect", { y: 2, width: Math.max(1, wide(row.value)), height: 8, fill: row.isDashed ? "none" : colourOf(row.direction), stroke: row.isDashed ? colourOf(row.direction) : null, "stroke-dasharray": row.isDashed ? "2 2" : null }),
    before === null ? null : shape("path", { d: `M${wide(before)} 0v12`, stroke: C.ink, "stroke-width": 2 }),
  );
};
const listRow = (row, largest, title = row.title) =>
  make("li", {}, make("button", { type: "button", class: "row", "data-pick": row.id, "data-key": row.key, "aria-pressed": String(state.pick === row.id) }, make("span", {}, title, make("small", {}, noteOf(row))), barOf(row, largest), make("b", {}, figureOf(row))));
const drawList = (rows, shown) => {
  const listed = rows.filter((row) => row.isDrawable || row.shift || row.alert).slice(0, LISTED);
  const largest = Math.max(1, ...listed.map((row) => row.value ?? 0));
  byId("list").replaceChildren(...listed.map((row) => listRow(row, largest)));
  byId("list-title").textContent = say(tellsNew(shown) && shown.new ? "list.new" : `list.${shown.view}`);
  byId("list-rest").textContent = rows.length > listed.length ? say("list.rest", { count: count(rows.length - listed.length) }) : "";
  byId("unplaced").textContent = shown.new && tellsNew(shown) ? "" : sayUnplaced(shown, rows);
};

const claimOf = (row, named) => (row && known(`meaning.claim.${row.claim}`) ? say(`meaning.claim.${row.claim}`, named) : "");
const seriesOf = (table, stops) =>
  YEARS.map((id) => {
    const row = sameRow(table, { stops, data: { direction: seriesDirection(table, stops) } }, id);
    const made = row && rowOf(stops.join(">"), row);
    return { name: id.slice(5), months: PERIODS.get(id)?.months_reported || 12, isPart: !isComplete(id), isNow: id === state.period, value: made?.value ?? null, sign: made?.sign ?? "", isDashed: made?.isDashed ?? false };
  });
const seriesDirection = (table, stops) => rowsOf(table).find((data) => stopsOf(data).join(">") === stops.join(">"))?.direction;
const chartOf = (all, width, colour) => {
  const top = Math.max(POLICY.least * 4, ...all.flat().map((year) => (year.value === null ? 0 : rateOf(year))));
  return all.map((years) => timebars(years, width, top, colour));
};
const totals = (parts, colour) => {
  const width = Math.floor((Math.min(336, document.body.clientWidth) - 28 - 12 * (parts.length - 1)) / parts.length);
  const charts = chartOf(parts.map((part) => part.years), parts.length === 1 ? 200 : width, colour);
  return make("div", { class: "totals" }, parts.map((part, at) => make("div", {}, make("b", {}, countOrLeast(part.value) + part.sign), part.word, make("span", { class: "spark", role: "img", "aria-label": `${part.word}: ${part.years.map((year) => `${year.name} ${countOrLeast(year.value)}`).join(", ")}` }, charts[at]))));
};
const partOf = (table, word, stops) => {
  const years = seriesOf(table, stops);
  const now = years.find((year) => year.isNow) ?? { value: null, sign: "" };
  return { word, years, value: now.value, sign: now.sign };
};
const factsOf = (row, names) =>
  COLUMNS.filter((column) => names.includes(column.id) && column.value(row) !== null).map((column) => [say(`column.${column.id}`), column.show(row)]);
const facts = (list) => (list.length ? make("dl", {}, list.flatMap(([word, text]) => [make("dt", {}, word), make("dd", {}, text)])) : null);
const block = (title, ...children) => (children.flat().some(Boolean) ? [make("h3", {}, title), ...children] : []);
const paragraphs = (texts, strong) => [...new Set(texts.filter(Boolean))].map((text, at) => make("p", { class: strong && at === 0 ? "finding" : null }, text));
const networkText = () => {
  const partners = YEARS.map((id) => where("coverage", { period_id: id })[0]?.partner_count ?? "–").join(", ");
  return say(PUBLIC ? "card.note.public" : "card.note.members", { partners });
};
const LIKE = ["year_before", "like_before", "like_now", "change"];

const placeCard = (id, shown) => {
  const isYear = kindOf(shown.period) === "year";
  const of = (role) => placeRows({ period: shown.period, role }).find((row) => row.id === id);
  const roles = ["from", "through", "to"].map((role) => [role, of(role)]);
  const hotspots = where("hotspots", { period_id: shown.period, place_id: id });
  const claims = hotspots.map((row) => claimOf(row, { name: placeName(id) }));
  const corridors = isYear ? rowsIn("corridors", { period_id: shown.period }).filter((row) => row.isDrawable).sort((a, b) => b.value - a.value) : [];
  const [out, into] = [corridors.filter((row) => row.stops[0] === id), corridors.filter((row) => row.stops[1] === id)];
  const largest = Math.max(1, ...[...out, ...into].map((row) => row.value));
  const list = (rows, end) => (rows.length ? make("ul", { class: "rows" }, rows.slice(0, CARD_ROWS).map((row) => listRow(row, largest, placeName(row.stops.at(end))))) : null);
  const [from, through, to] = roles.map(([, row]) => row);
  const crossings = isYear ? rowsIn("border_points", { period_id: shown.period }).filter((row) => row.id === id || PLACES.get(row.id)?.parent === id) : [];
  const risk = where("risk", { period_id: shown.period, place_id: id })[0];
  const named = roles.filter(([, row]) => row && kindOf(shown.period) === "round").map(([role, row]) => [say(`role.${role}`), row.value === null ? say("rounds.named") : say("rounds.reports", { count: count(row.value) })]);
  return [
    ...paragraphs(claims, true),
    isYear && PLACES.get(id).kind !== "border_point" ? totals(roles.map(([role]) => partOf(TABLES[role], say(`role.${role}`), [id])), C.grey) : null,
    isYear && PLACES.get(id).kind === "border_point" ? totals([partOf("border_points", say("role.through"), [id])], C.grey) : null,
    isYear ? make("p", { class: "small" }, networkText()) : null,
    facts(named),
    ...block(say("card.out", { name: placeName(id) }), list(out, 1)),
    ...block(say("card.in", { name: placeName(id) }), list(into, 0)),
    ...block(say("card.starts"), facts(isYear && from ? factsOf(from, ["home", "children", "per_100000", ...LIKE]) : [])),
    ...block(say("card.passed"), facts(isYear && through ? factsOf(through, LIKE) : [])),
    ...block(say("card.ends"), facts(isYear && to ? factsOf(to, ["exploited", "last_known", "intended", "children", ...LIKE]) : [])),
    ...block(say("card.crossings"), facts(crossings.flatMap((row) => [[row.title, `${say("role.through")} ${countOrLeast(row.value)}`], ...factsOf(row, ["first_known", "stopped"])]))),
    ...block(say("card.activity"), ...(risk ? [make("p", {}, make("strong", {}, sayCode("risk_band", risk.band)), ` · ${restsOn(risk)}`), ...paragraphs([known(`meaning.risk_band.${risk.band}`) ? say(`meaning.risk_band.${risk.band}`) : ""])] : [])),
  ];
};

const sayLeft = (shift) => leftBehind(shift).map((id) => corridorName(id)).join(", ");
const leftBehind = (shift) => (shift?.displaced_from ?? "").split(";").map((id) => id.trim()).filter(Boolean);
const corridorCard = (id, shown) => {
  const stops = id.split(">");
  const title = corridorName(id);
  const table = stops.length > 2 ? "corridors_via" : "corridors";
  const [row] = kindOf(shown.period) === "year" ? rowsIn(table, { period_id: shown.period }).filter((one) => one.id === id) : [];
  const shifts = where("shifts", { period_id: shown.period, corridor_id: id });
  const alerts = where("alerts", { corridor_id: id });
  const mention = rowsShown({ ...shown, hide: "" }).find((one) => one.id === id);
  const ends = [...new Set(stops)].filter((stop) => PLACES.has(stop)).map((stop) => make("button", { type: "button", class: "quiet", "data-pick": stop }, placeName(stop)));
  const ofShift = (shift) => [
    claimOf(shift, { name: title, earlier: periodName(shift.earlier_period_id), period: periodName(shift.period_id), riser: title, faller: sayLeft(shift) }),
    leftBehind(shift).length ? say("meaning.claim.pair", { riser: title, faller: sayLeft(shift), earlier: periodName(shift.earlier_period_id), period: periodName(shift.period_id) }) : "",
    where("shifts", { period_id: shown.period }).filter((one) => leftBehind(one).includes(id)).map((one) => say("meaning.claim.pair", { riser: corridorName(one.corridor_id), faller: title, earlier: periodName(one.earlier_period_id), period: periodName(one.period_id) }))[0] ?? "",
  ];
  const ofAlert = (alert) => claimOf(alert, { name: title, month: sayMonth(alert.first_month), until: sayMonth(alert.newest_month), count: countOrLeast(alert.witness_count), low: count(alert.expected_low ?? 0), high: count(alert.expected_high ?? 0) });
  const passed = rowsIn("corridors_via", { period_id: shown.period, start_place_id: stops[0], end_place_id: stops.at(-1) }).sort((a, b) => b.value - a.value);
  const largest = Math.max(1, ...passed.map((one) => one.value));
  const evidence = mention?.novelty && known(`meaning.evidence_class.${mention.novelty}`) ? say(`meaning.evidence_class.${mention.novelty}`, { name: title }) : "";
  return [
    ...paragraphs([...alerts.map(ofAlert), ...shifts.flatMap(ofShift), evidence], true),
    row ? make("p", {}, sayCode("direction", row.direction)) : null,
    row || shifts.length ? totals([partOf(table, say(table === "corridors" ? "column.cases" : "column.passings"), stops)], colourOf(row?.direction)) : null,
    row ? make("p", { class: "small" }, networkText()) : null,
    facts(row ? factsOf(row, ["intended", ...LIKE]) : mention ? factsOf(mention, ["reports"]) : []),
    ...block(say("card.via"), passed.length && stops.length === 2 ? make("ul", { class: "rows" }, passed.slice(0, CARD_ROWS).map((one) => listRow(one, largest, placeName(one.stops[1])))) : null),
    ...block(say("card.places"), make("p", { class: "chips" }, ends)),
  ];
};
const drawCard = (shown) => {
  const body = byId("card-body");
  const { pick } = shown;
  byId("card").hidden = !pick;
  byId("list-part").hidden = Boolean(pick);
  document.body.classList.toggle("open", Boolean(pick));
  body.replaceChildren(
    ...(pick ? [make("h2", {}, corridorName(pick)), make("p", { class: "small" }, periodName(shown.period)), ...(pick.includes(">") ? corridorCard(pick, shown) : placeCard(pick, shown))] : []).flat().filter(Boolean),
  );
};
