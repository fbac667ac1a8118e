// The list beside the map, and the card of a place or corridor.
const LISTED = 40;
const CARD_ROWS = 5;

// The number of a row; what it says where it has none.
const figureOf = (row) => {
    const { alert, hotspot, risk, shift, novelty } = row;
    if (alert) return `${row.mark} ${say("alert.since_month", { month: sayMonth(alert.first_month) })}`;
    if (row.value !== null) return [count(row.value), row.sign, row.mark].filter(Boolean).join(" ");
    if (hotspot) return sayCode("label", hotspot.label);
    if (risk) return sayCode("risk_band", risk.band);
    if (shift) return row.mark;
    return NEW.includes(novelty) ? say("rounds.new") : "";
};
const noteOf = ({ alert, shift, hotspot, data, value, isDashed }) => {
    if (alert) return say(`alert.${alert.direction}`);
    if (shift) return sayCode("status", shift.status);
    if (hotspot && value !== null) return LABELS.includes(hotspot.label) ? sayCode("label", hotspot.label) : "";
    if (state.view !== "changes") return "";
    return data.change ? sayCode("change", data.change) : isDashed ? say("comparison.not_comparable") : "";
};
const BAR = 68;
const barOf = (row, largest) => {
    const before = earlierOf(row);
    const wide = (value) => round(Math.min(1.06, value / largest) * BAR);
    const colour = colourOf(row.direction);
    const style = row.isDashed ? { fill: "none", stroke: colour, "stroke-dasharray": "2 2" } : { fill: colour };
    return shape(
        "svg",
        { width: BAR + 8, height: 12, "aria-hidden": "true" },
        row.value === null ? null : shape("rect", { y: 2, height: 8, width: Math.max(1, wide(row.value)), ...style }),
        before === null ? null : shape("path", { d: `M${wide(before)} 0v12`, stroke: C.ink, "stroke-width": 2 }),
    );
};
const listRow = (row, largest, title = row.title) => {
    const about = { "data-pick": row.id, "data-key": row.key, "aria-pressed": String(state.pick === row.id) };
    const name = make("span", {}, title, make("small", {}, noteOf(row)));
    return make(
        "li",
        {},
        make("button", { type: "button", class: "row", ...about }, name, barOf(row, largest), make("b", {}, figureOf(row))),
    );
};
const largestOf = (rows) => Math.max(1, ...rows.map((row) => row.value ?? 0));
const drawList = (rows, shown) => {
    const listed = rows.filter((row) => row.isDrawable || row.shift || row.alert).slice(0, LISTED);
    const isNewOnly = shown.new && tellsNew(shown);
    byId("list").replaceChildren(...listed.map((row) => listRow(row, largestOf(listed))));
    byId("list-title").textContent = say(isNewOnly ? "list.new" : `list.${shown.view}`);
    byId("list-rest").textContent = rows.length > listed.length ? say("list.rest", { count: count(rows.length - listed.length) }) : "";
    byId("unplaced").textContent = isNewOnly ? "" : sayUnplaced(shown, rows);
};

const continues = ({ data, isNow, value }, before, shift) => {
    if (data?.comparison) return !MARKED.includes(data.comparison);
    const factor = (value ?? 0) / (before.value || POLICY.least);
    const isChanged = isEither([...ROSE, ...FELL])({ share: shift });
    const isLevel = shift?.status === "stable" && factor > 0.5 && factor < 2;
    return isNow && Boolean(data) && !before.isPart && (isChanged || isLevel);
};
// The periods of a place in one role, or of a corridor; one without a row has a count that is not listed.
const partOf = (table, word, id) => {
    const stops = id.split(">");
    const direction = rowsOf(table).find((data) => stopsOf(data).join(">") === id)?.direction;
    const periods = periodsLike(state.period).map((period) => {
        const data = sameRow(table, { stops, data: { direction } }, period);
        const { value, sign } = data ? rowOf(id, data) : { value: null, sign: "" };
        const months = PERIODS.get(period)?.months_reported || 12;
        const name = period.replace("year-", "");
        return { name, months, isPart: !isComplete(period), isNow: period === state.period, value, sign, data };
    });
    // Years before this one are open where nothing says that the same partners report in it and in the next.
    const last = periods.findIndex(({ isNow }) => isNow);
    for (let index = last - 1, isOpen = false; index >= 0; index -= 1) {
        isOpen ||= !continues(periods[index + 1], periods[index], table === "corridors" && shiftOf(state.period, id));
        periods[index].isOpen = isOpen;
    }
    return { word, periods, now: periods.find((one) => one.isNow) ?? { value: null, sign: "" } };
};
const totals = (parts, colour) => {
    const across = Math.min(336, document.body.clientWidth) - 28;
    const width = parts.length === 1 ? 200 : Math.floor((across - 12 * (parts.length - 1)) / parts.length);
    const isQuarter = kindOf(state.period) === "quarter";
    const sizeOf = (one) => (isQuarter || one.value === null ? one.value : rateOf(one));
    const top = Math.max(POLICY.least * 4, ...parts.flatMap(({ periods }) => periods.map(sizeOf)));
    const drawn = parts.map(({ word, periods, now }) => {
        const said = `${word}: ${periods.map((one) => `${one.name} ${countOrLeast(one.value)}`).join(", ")}`;
        const chart = (isQuarter ? spark : timebars)(periods, width, top, colour);
        const labelled = make("span", { class: "spark", role: "img", "aria-label": said }, chart);
        return make("div", {}, make("b", {}, countOrLeast(now.value) + now.sign), word, labelled);
    });
    const partners = periodsLike(state.period).map((id) => where("coverage", { period_id: id })[0]?.partner_count ?? "–");
    const note = say(`card.note.${isQuarter ? "quarters" : PAGE.edition}`, { partners: partners.join(", ") });
    return [make("div", { class: "totals" }, drawn), make("p", { class: "small" }, note)];
};
const claimOf = (row, named) => (known(`meaning.claim.${row.claim}`) ? say(`meaning.claim.${row.claim}`, named) : "");
const meaningOf = (kind, code, named) => (known(`meaning.${kind}.${code}`) ? say(`meaning.${kind}.${code}`, named) : "");
const factsOf = (row, names) =>
    COLUMNS.filter((one) => row && names.includes(one.id) && one.value(row) !== null).map((one) => [
        say(`column.${one.id}`),
        one.show(row),
    ]);
const facts = (list) =>
    list.length
        ? make(
              "dl",
              {},
              list.flatMap(([word, text]) => [make("dt", {}, word), make("dd", {}, text)]),
          )
        : null;
const rowList = (rows, end) => {
    const first = rows.slice(0, CARD_ROWS).map((row) => listRow(row, largestOf(rows), placeName(row.stops.at(end))));
    return first.length ? make("ul", { class: "rows" }, first) : null;
};
const block = (title, content) => (content ? [make("h3", {}, title), content] : []);
const paragraphs = (texts) =>
    [...new Set(texts.filter(Boolean))].map((text, at) => make("p", { class: at === 0 ? "finding" : null }, text));
const LIKE = ["year_before", "like_before", "like_now", "change"];

const placeCard = (id, shown) => {
    const { period } = shown;
    const name = placeName(id);
    const isBorder = PLACES.get(id).kind === "border_point";
    const roles = isBorder ? ["border"] : ["from", "through", "to"];
    const of = Object.fromEntries(
        roles.map((role) => [role, allRows({ view: "places", period, role, via: "" }).find((row) => row.id === id)]),
    );
    const inRole = (role, names) => facts(isCounted(period) ? factsOf(of[role], [...names, ...LIKE]) : []);
    const corridors = inOrder(isCounted(period) ? allRows({ view: "corridors", period, via: "" }).filter((row) => row.isDrawable) : []);
    const crossings = rowsIn("border_points", { period_id: period }).filter((row) => PLACES.get(row.id)?.parent === id);
    const [risk] = where("risk", { period_id: period, place_id: id });
    const mentions = kindOf(period) === "round" ? roles.filter((role) => of[role]) : [];
    const said = (row) => (row.value === null ? say("rounds.named") : say("rounds.reports", { count: count(row.value) }));
    return [
        paragraphs(where("hotspots", { period_id: period, place_id: id, people: "all" }).map((row) => claimOf(row, { name }))),
        isCounted(period)
            ? totals(
                  roles.map((role) => partOf(TABLES[role], say(`role.${isBorder ? "through" : role}`), id)),
                  C.grey,
              )
            : [],
        facts(mentions.map((role) => [say(`role.${role}`), said(of[role])])),
        block(
            say("card.out", { name }),
            rowList(
                corridors.filter((row) => row.stops[0] === id),
                1,
            ),
        ),
        block(
            say("card.in", { name }),
            rowList(
                corridors.filter((row) => row.stops[1] === id),
                0,
            ),
        ),
        block(say("card.starts"), inRole("from", ["home", "children", "per_100000"])),
        block(say("card.passed"), inRole(isBorder ? "border" : "through", ["first_known", "stopped"])),
        block(say("card.ends"), inRole("to", ["exploited", "last_known", "intended", "children"])),
        block(say("card.crossings"), facts(crossings.map((row) => [row.title, `${say("role.through")} ${countOrLeast(row.value)}`]))),
        block(say("card.activity"), risk && facts([[sayCode("risk_band", risk.band), restsOn(risk)]])),
        risk ? make("p", { class: "small" }, meaningOf("risk_band", risk.band)) : [],
    ];
};

const leftBehind = (shift) =>
    (shift?.displaced_from ?? "")
        .split(";")
        .map((id) => id.trim())
        .filter(Boolean);
const sayLeft = (shift) =>
    leftBehind(shift)
        .map((id) => corridorName(id))
        .join(", ");
const shiftNames = (shift) => {
    const [name, earlier, period] = [
        corridorName(shift.corridor_id),
        ...[shift.earlier_period_id, shift.period_id].map((id) => periodName(id)),
    ];
    return { name, earlier, period, riser: name, faller: sayLeft(shift) };
};
const alertNames = (alert) => ({
    name: corridorName(alert.corridor_id),
    month: sayMonth(alert.first_month),
    until: sayMonth(alert.newest_month),
    count: countOrLeast(alert.witness_count),
    low: count(alert.expected_low ?? 0),
    high: count(alert.expected_high ?? 0),
});
const corridorCard = (id, shown) => {
    const stops = id.split(">");
    const at = { period_id: shown.period };
    const table = stops.length > 2 ? "corridors_via" : "corridors";
    const row = rowsIn(table, at).find((one) => one.id === id);
    const shifts = where("shifts", at);
    const mine = shifts.filter((shift) => shift.corridor_id === id);
    const pairs = shifts.filter((shift) => leftBehind(shift).length && (shift.corridor_id === id || leftBehind(shift).includes(id)));
    const mention = rowsShown({ ...shown, hide: "" }).find((one) => one.id === id);
    const passed = stops.length > 2 ? [] : inOrder(rowsIn("corridors_via", { ...at, start_place_id: stops[0], end_place_id: stops[1] }));
    const ends = [...new Set(stops)].map((stop) => make("button", { type: "button", class: "quiet", "data-pick": stop }, placeName(stop)));
    return [
        paragraphs([
            ...where("alerts", { corridor_id: id }).map((alert) => claimOf(alert, alertNames(alert))),
            ...mine.map((shift) => claimOf(shift, shiftNames(shift))),
            ...pairs.map((shift) => say("meaning.claim.pair", shiftNames(shift))),
            mention?.novelty ? meaningOf("evidence_class", mention.novelty, { name: corridorName(id) }) : "",
        ]),
        row ? make("p", {}, sayCode("direction", row.direction)) : [],
        row || mine.length
            ? totals([partOf(table, say(table === "corridors" ? "column.cases" : "column.passings"), id)], colourOf(row?.direction))
            : [],
        facts(factsOf(row ?? mention, ["intended", "reports", ...LIKE])),
        block(say("card.via"), rowList(passed, 1)),
        block(say("card.places"), make("p", { class: "chips" }, ends)),
    ];
};
const drawCard = (shown) => {
    const { pick: id } = shown;
    byId("card").hidden = !id;
    byId("list-part").hidden = Boolean(id);
    document.body.classList.toggle("open", Boolean(id));
    const content = id ? (id.includes(">") ? corridorCard : placeCard)(id, shown) : [];
    const head = id ? [make("h2", {}, corridorName(id)), make("p", { class: "small" }, periodName(shown.period))] : [];
    byId("card-body").replaceChildren(...[head, content].flat(3).filter(Boolean));
};
