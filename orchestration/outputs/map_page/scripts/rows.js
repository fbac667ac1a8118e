// A view turns the state into rows. Map, list, table and file are made from the same rows.
const DIRECTIONS = ["within", "into", "out_of", "other"];
const TABLES = { from: "starts", through: "passings", to: "ends", border: "border_points" };
const SUBJECTS = { from: "start", through: "passing", to: "end", border: "border_point" };
const LABELLED = { from: ["origin"], through: ["transit"], to: ["exploitation", "intended_destination"], border: ["transit"] };
const COUNTED = { passings: "passing_count", border_points: "passing_count", corridors_via: "passing_count", mentions: "mention_count" };
const ROSE = ["growing", "emerging", "rise"];
const FELL = ["fading", "abandoned", "fall"];
const MARKED = ["other_reporting", "not_comparable"];
const NEW = ["panel_confirmed", "single_partner", "new_source"];
const LABELS = ["hotspot", "elevated"];

const countIn = (data) => data[COUNTED[data.table] ?? "movement_count"] ?? null;
const stopsOf = (data) => [data.place_id, data.start_place_id, data.via_place_id, data.end_place_id].filter(Boolean);
const directionOf = (direction, stops) => {
    if (direction) return direction;
    const [from, to] = [stops[0], stops.at(-1)].map(isKenyan);
    if (from) return to ? "within" : "out_of";
    return to ? "into" : stops.some(isKenyan) ? "through" : "outside";
};
// A share that several partners show to have changed, or an alert: what only counts show has no sign.
const isEither = (codes) => (row) => {
    const share = row.shift ?? row.share;
    return [share?.evidence === "panel" && share.status, row.alert?.direction].some((code) => codes.includes(code));
};
const rowOf = (id, data, more = {}) => {
    const stops = id.split(">");
    const direction = stops.length > 1 ? directionOf(data.direction, stops) : null;
    const row = { id, stops, data, direction, isPlace: stops.length === 1, value: countIn(data), title: corridorName(id), ...more };
    row.key = `${id}|${row.alert ? "alert" : direction}`;
    row.group = DIRECTIONS.includes(direction) ? direction : "other";
    row.mark = isEither(ROSE)(row) ? "▲" : isEither(FELL)(row) ? "▼" : "";
    row.sign = MARKED.includes(data.comparison) ? "†" : "";
    row.isDashed = data.comparison === "not_comparable";
    row.isDrawable = stops.every(isPlaced) && row.value !== 0;
    return row;
};
const shiftsOf = new Map(); // by period: what is said of the share of each corridor
const shiftOf = (period, id) => {
    if (!shiftsOf.has(period))
        shiftsOf.set(period, new Map(where("shifts", { period_id: period }).map((shift) => [shift.corridor_id, shift])));
    return shiftsOf.get(period).get(id);
};
const rowsIn = (table, wanted) =>
    where(table, wanted).map((data) => {
        const id = stopsOf(data).join(">");
        return rowOf(id, data, { share: shiftOf(data.period_id, id) });
    });
const sameRow = (table, { stops, data }, period) =>
    where(table, {
        period_id: period,
        ...(stops.length > 1 ? { start_place_id: stops[0], end_place_id: stops.at(-1) } : { place_id: stops[0] }),
    }).find((other) => other.direction === data.direction && stopsOf(other).length === stops.length);

// The year before, only where the comparison allows its count, and never beside a year in part.
const earlierOf = (row) => {
    const { period_id: period, comparison, table } = row.data;
    if (!["same_reporting", "other_reporting"].includes(comparison) || ![period, yearBefore(period)].every(isComplete)) return null;
    const before = sameRow(table, row, yearBefore(period));
    return before ? countIn(before) : null;
};

const noveltyOf = (row, period) => {
    const kind = { county: "county", country: "country" }[PLACES.get(row.id)?.kind] ?? "place";
    const role = { start: "origin", end: "destination", passing: "transit" }[row.data.subject] ?? "any";
    const wanted = row.isPlace ? { item: row.id, item_kind: kind, role } : { item: row.id, item_kind: "corridor", role: "any" };
    return where("novelty", { period_id: period, ...wanted })[0]?.evidence_class ?? null;
};
const isNew = (row, shown) =>
    kindOf(shown.period) === "round" ? NEW.includes(row.novelty) : !sameRow(row.data.table, row, yearBefore(shown.period));
// Whether the period can tell what is new since the one before.
const tellsNew = ({ view, period }) =>
    view === "corridors" &&
    (kindOf(period) === "round"
        ? where("novelty", { period_id: period }).length > 0
        : PERIODS.has(yearBefore(period)) && isComplete(yearBefore(period)));

const corridorRows = ({ period, via }) => {
    const isRound = kindOf(period) === "round";
    const rows = isRound
        ? rowsIn("mentions", { period_id: period, subject: via ? "corridor_via" : "corridor" })
        : rowsIn(via ? "corridors_via" : "corridors", { period_id: period });
    return isRound ? rows.map((row) => ({ ...row, novelty: noveltyOf(row, period) })) : rows;
};
const hasVia = ({ view, period }) =>
    view === "corridors" &&
    [...where("corridors_via", { period_id: period }), ...where("mentions", { period_id: period, subject: "corridor_via" })].length > 0;

const placeRows = ({ period, role }) => {
    const labels = LABELLED[role].flatMap((one) => where("hotspots", { period_id: period, people: "all", role: one }));
    const risks = role === "from" ? where("risk", { period_id: period }) : [];
    const of = (list, id) => list.find((one) => one.place_id === id);
    const counted =
        kindOf(period) === "round"
            ? rowsIn("mentions", { period_id: period, subject: SUBJECTS[role] })
            : rowsIn(TABLES[role], { period_id: period });
    const found = new Set(counted.map((row) => row.id));
    const others = [...new Set([...labels, ...risks].map((row) => row.place_id))].filter(
        (id) => kindOf(period) === "rolling" && !found.has(id),
    );
    return [...counted, ...others.map((id) => rowOf(id, { place_id: id }))].map((row) => ({
        ...row,
        hotspot: of(labels, row.id),
        risk: of(risks, row.id),
        novelty: kindOf(period) === "round" ? noveltyOf(row, period) : null,
    }));
};

// Corridors that are judged, or would be if the same partners had reported; alerts of the latest months first.
const changeRows = ({ period }) => {
    if (kindOf(period) === "round")
        return where("novelty", { period_id: period, role: "any" })
            .filter((row) => NEW.includes(row.evidence_class))
            .map((data) => rowOf(data.item, { item_kind: data.item_kind }, { novelty: data.evidence_class, isNovelty: true }));
    const shifts = where("shifts", { period_id: period });
    const counted = where("corridors", { period_id: period });
    const dataOf = new Map(counted.map((data) => [stopsOf(data).join(">"), data]));
    const ids = new Set(shifts.map((shift) => shift.corridor_id));
    for (const [id, data] of dataOf) if (data.change || data.comparison === "not_comparable") ids.add(id);
    const isLatest = endOf(period) >= endOf(newest(PERIOD_IDS));
    const alerts = isLatest ? rowsOf("alerts").map((alert) => rowOf(alert.corridor_id, {}, { alert })) : [];
    const rest = [...ids].map((id) => {
        const shift = shiftOf(period, id);
        return rowOf(id, dataOf.get(id) ?? { direction: shift?.direction }, { shift });
    });
    return [...alerts, ...rest.filter((row) => row.isDrawable || row.shift)];
};

const ROWS = { corridors: corridorRows, places: placeRows, changes: changeRows };
// What decides the order of rows, first to last.
const weightOf = (row) => {
    const isChange = state.view === "changes" && !row.isNovelty;
    const change = row.mark ? 0 : row.isDashed ? 2 : 1;
    const label = LABELS.indexOf(row.hotspot?.label);
    return [row.alert ? 0 : 1, row.isDrawable ? 0 : 1, isChange ? change : 0, -(row.value ?? -1), label < 0 ? LABELS.length : label];
};
const inOrder = (rows) => {
    const weights = new Map(rows.map((row) => [row, weightOf(row)]));
    return rows.sort((a, b) => {
        const [one, other] = [weights.get(a), weights.get(b)];
        const at = one.findIndex((value, index) => value !== other[index]);
        return at < 0 ? a.title.localeCompare(b.title) : one[at] - other[at];
    });
};
// All rows of a view, made once.
const kept = new Map();
const allRows = (shown) => {
    const key = [language, shown.view, shown.period, shown.role, shown.via].join();
    if (!kept.has(key)) kept.set(key, ROWS[shown.view](shown));
    return kept.get(key);
};
const rowsShown = (shown) => {
    const isNewOnly = shown.new && tellsNew(shown);
    const rows = allRows(shown).filter((row) => row.isPlace || !isHidden(row.group));
    return inOrder(isNewOnly ? rows.filter((row) => row.isDrawable && isNew(row, shown)) : rows);
};

const MOST = 80;
const drawnOf = (rows, shown) => {
    const drawable = rows.filter((row) => row.isDrawable);
    return shown.most === "all" || shown.view === "places" ? drawable : drawable.slice(0, MOST);
};

// Rows that stand for no place on the map: what each of them says, with the sum of their counts.
const unplacedKind = ({ stops, direction, data }) => {
    if (stops.includes("fewer")) return "fewer";
    if (direction === "first_known_at_border") return "first_known";
    if (stops[0] === "unknown" && data.table !== "ends") return "start";
    if (stops.includes("unknown")) return "end";
    return stops.includes("KEN") ? "county" : "no_position";
};
const sayUnplaced = (shown, rows) => {
    const sums = {};
    for (const row of rows) if (!row.isDrawable && row.value) sums[unplacedKind(row)] = (sums[unplacedKind(row)] ?? 0) + row.value;
    if (shown.view === "places" && shown.role === "from" && sums.start) {
        const [known] = where("directions", { period_id: shown.period, direction: "first_known_at_border" });
        sums.first_known = known?.movement_count ?? 0;
        sums.start -= sums.first_known;
    }
    const what = say(`unplaced.${shown.view === "places" ? "places" : "corridors"}`);
    return ["fewer", "start", "first_known", "end", "county", "no_position"]
        .filter((kind) => sums[kind])
        .map((kind) => say(`unplaced.${kind}`, { count: count(sums[kind]), what, ...POLICY }))
        .join(" ");
};
