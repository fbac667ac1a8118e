// The map: Kenya and its neighbours, and a small map of countries abroad in a corner, in pixels of its window.
const stage = byId("map");
const camera = { zoom: 1, x: 0, y: 0 };
const MOST_ZOOM = 8;
const CLASSES = ["#D3E0E6", "#9DB9C6", "#5C8AA0", "#2C657F", "#123F55"];
const BLANK = "#FBFBF9";
const SEA = "#F4F6F7";
const FOREIGN = "#E2E6E8";
const isNarrow = () => stage.clientWidth < 640;
const textSize = () => (isNarrow() ? 11.5 : 12.5);

// Breaks between classes of starts per head: each twice the one before, the last above half of the largest.
const breaksOf = (rows) => {
    const largest = Math.max(0, ...rows.map((row) => row.data.per_100000 ?? 0));
    const top = 2 ** Math.floor(Math.log2(largest || 1));
    return largest ? [top / 8, top / 4, top / 2, top] : [];
};
const classOf = (rate, breaks) => CLASSES[breaks.filter((least) => rate >= least).length];
// The largest count of a table in all years, or all quarters, so that sizes are comparable between them.
const largestKept = new Map();
const largestIn = (table) => {
    const isQuarter = (id) => kindOf(id) === "quarter";
    const key = `${table} ${isQuarter(state.period)}`;
    const isSized = (data) => isQuarter(data.period_id) === isQuarter(state.period) && stopsOf(data).every(isPlaced);
    const sized = (most, data) => (isSized(data) ? Math.max(most, countIn(data) ?? 0) : most);
    if (!largestKept.has(key)) largestKept.set(key, rowsOf(table).reduce(sized, 1));
    return largestKept.get(key);
};

const boxOf = (element) => {
    const [frame, box] = [stage, element].map((one) => one.getBoundingClientRect());
    return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
};
const overlays = () => [...document.querySelectorAll(".over")].filter((one) => one.checkVisibility()).map(boxOf);

// Where a drawing lies: pixels of a point of its own units.
const fitted = (sheet, [left, top, right, bottom], { zoom, x, y } = { zoom: 1, x: 0, y: 0 }) => {
    const scale = Math.min((right - left) / sheet.width, (bottom - top) / sheet.height) * zoom;
    const origin = [(left + right - sheet.width * scale) / 2 + x, (top + bottom - sheet.height * scale) / 2 + y];
    return {
        scale,
        origin,
        place: ([u, v]) => [origin[0] + u * scale, origin[1] + v * scale],
        unit: ([u, v]) => [(u - origin[0]) / scale, (v - origin[1]) / scale],
    };
};
const ground = (fit, paths, style) =>
    shape(
        "g",
        { transform: `translate(${at(fit.origin)}) scale(${fit.scale.toFixed(5)})`, "stroke-linejoin": "round" },
        Object.entries(paths).map(([id, d]) => shape("path", { d, "vector-effect": "non-scaling-stroke", ...style(id) })),
    );

const isOnLine = (id) => !state.pick || (state.pick.includes(">") ? id === state.pick : id.split(">").includes(state.pick));
const asPlace = (id, rows) => ({
    class: "place",
    "data-pick": id,
    role: "button",
    tabindex: -1,
    "aria-pressed": String(state.pick === id),
    "aria-label": describe(id, rows),
});
const describe = (id, rows) => {
    const own = state.view === "places" && rows.find((row) => row.id === id);
    return own ? `${placeName(id)}: ${figureOf(own)}` : placeName(id);
};

const lineStyle = (row) => {
    if (state.view !== "changes")
        return { colour: colourOf(row.direction), isDashed: row.isDashed || (row.data.table === "mentions" && !NEW.includes(row.novelty)) };
    return { colour: row.mark || row.isNovelty ? C.ink : C.held, isDashed: row.isDashed || Boolean(row.alert) };
};
const thick = (row, largest) => (row.value === null ? 2 : Math.max(1.2, (11 * row.value) / largest));
const foreignText = (row, end, text) => say(row.stops[0] === end ? "map.from" : "map.to", { name: text });

const linesAtHome = (rows, shown, put) => {
    const { points } = SHEETS.kenya;
    const largest = largestIn(shown.via ? "corridors_via" : "corridors");
    const home = rows.filter((row) => row.stops.every((stop) => stop in points));
    const lines = home.flatMap((row) =>
        row.stops.slice(1).map((to, leg) => {
            const bend = PAGE.bends[row.id]?.[leg] ?? PAGE.first_bend;
            const style = { ...lineStyle(row), hasHead: leg === row.stops.length - 2, faint: !isOnLine(row.id) };
            const line = arrow(put(points[row.stops[leg]]), put(points[to]), bend, thick(row, largest), style.colour, style);
            line.setAttribute("data-pick", row.id);
            line.setAttribute("class", "line");
            line.append(shape("title", {}, `${row.title} ${figureOf(row)}`));
            return line;
        }),
    );
    return { home, lines };
};

const shortName = (id) => (known(`short.${id}`) ? say(`short.${id}`) : placeName(id));
const nameAndCount = (id, value) => (value ? `${shortName(id)} ${count(value)}` : shortName(id));
const onlyName = (id) => ({ text: shortName(id), weight: 600, fill: C.ink, isNeeded: true });
// Labels of corridors: the other end of the picked place, else the start; where many lead, only the name.
const namesOf = (home) => {
    const names = new Map();
    const picked = state.pick.includes(">") ? "" : state.pick;
    const sums = new Map();
    for (const row of home) if (isOnLine(row.id)) sums.set(row.stops.at(-1), (sums.get(row.stops.at(-1)) ?? 0) + (row.value ?? 1));
    const hubs = [...sums]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 2)
        .map(([place]) => place);
    for (const place of picked ? [picked] : hubs.filter(isKenyan)) if (place in SHEETS.kenya.points) names.set(place, onlyName(place));
    for (const row of [...home].sort((a, b) => (b.mark !== "") - (a.mark !== "") || (b.value !== null) - (a.value !== null))) {
        if (!isOnLine(row.id)) continue;
        const [from, to] = [row.stops[0], row.stops.at(-1)];
        const end = from === picked || (!isKenyan(to) && isKenyan(from)) ? to : from;
        if (names.has(end)) continue;
        const text = [nameAndCount(end, row.value), row.sign + row.mark].filter(Boolean).join(" ");
        const style = { fill: state.view === "changes" ? C.ink : textColourOf(row.direction), value: row.value };
        const isHome = isKenyan(end);
        names.set(end, { ...style, text: isHome ? text : foreignText(row, end, text), weight: isHome && !row.mark ? 400 : 600 });
    }
    return names;
};

const OUTLINE = { fill: PAPER, stroke: C.ink, "stroke-width": 1.5 };
const radiusOf = (value, largest, most) => (value ? Math.max(2, most * Math.sqrt(value / largest)) : 0);
const around = ([x, y], by) => [x - by, y - by, x + by, y + by];
const reached = (id, rows) => (isCounty(id) ? { "pointer-events": "none" } : asPlace(id, rows));
const circles = (rows, put, points, largest, most) =>
    rows
        .filter((row) => row.id in points && row.value)
        .map((row) => {
            const [cx, cy] = put(points[row.id]).map(round);
            const opacity = state.pick && state.pick !== row.id ? 0.5 : null;
            const r = round(radiusOf(row.value, largest, most));
            return shape("circle", { cx, cy, r, opacity, ...OUTLINE, "fill-opacity": 0.55, ...reached(row.id, rows) });
        });
const spot = (id, [x, y], rows) =>
    PLACES.get(id)?.kind === "border_point"
        ? shape(
              "path",
              { d: `M${at([x, y - 6.5])}l6.5 6.5-6.5 6.5-6.5-6.5z`, ...OUTLINE, ...asPlace(id, rows) },
              shape("title", {}, placeName(id)),
          )
        : shape("circle", { cx: round(x), cy: round(y), r: 3.5, ...OUTLINE, ...reached(id, rows) });

const inset = (rows, shown, [left, top, right, bottom]) => {
    const [wide, high] = [right - left, bottom - top];
    const { land, borders, points } = SHEETS.abroad;
    const fit = fitted(SHEETS.abroad, [0, 0, wide, high]);
    const countryOf = (id) => PLACES.get(id)?.country;
    const isAbroad = (id) => id in points && !isKenyan(id) && !(id in SHEETS.kenya.points);
    const sums = new Map();
    const isPlaces = shown.view === "places";
    for (const row of rows.filter((one) => one.stops.some(isAbroad) && isOnLine(one.id))) {
        const [from, to] = [row.stops[0], row.stops.at(-1)].map(countryOf);
        const key = isPlaces ? row.id : `${from}>${to}`;
        const sum = sums.get(key) ?? { row, from, to, value: 0, isDashed: true };
        sums.set(key, { ...sum, value: sum.value + (row.value ?? 0), isDashed: sum.isDashed && lineStyle(row).isDashed });
    }
    const totals = [...sums.values()].sort((a, b) => b.value - a.value);
    const ends = totals.map(({ row, from, to }) => (isPlaces ? row.id : from === "KEN" ? to : from));
    const largest = largestIn("corridors");
    const tinted = new Set(ends);
    const shapes = new Map(ends.filter((id) => id in land).map((id) => [id, new Path2D(land[id])]));
    const size = wide < 150 ? 10.5 : 11.5;
    const spots = ends.map((id) => fit.place(points[id]));
    const title = [wide - 6, high - 7, say("map.abroad"), size, { weight: 600, anchor: "end" }];
    const taken = [[wide - widthOf(title[2], size, 600) - 10, high - size - 8, wide, high], ...spots.map((spot) => around(spot, 3))];
    const name = labeller([0, 0, wide, high], size, taken);
    // The largest first; where there is room for most, from the east, as the edge leaves the least of it.
    const order = totals.map((_, index) => index).sort((a, b) => (wide < 150 ? 0 : spots[b][0] - spots[a][0]));
    const labels = order.map((index) => {
        const { row, value, from, to } = totals[index];
        const text = nameAndCount(ends[index], value);
        const isElsewhere = (box) =>
            [0.1, 0.5, 0.9].some((share) => {
                const [u, v] = fit.unit([box[0] + share * (box[2] - box[0]), (box[1] + box[3]) / 2]);
                return [...shapes].some(([id, path]) => id !== ends[index] && canvas.isPointInPath(path, u, v));
            });
        const isFree = wide < 150 && index === 0; // the largest in a small map may stand on other countries
        const refused = (box) => (!isFree && isElsewhere(box)) || spots.some((spot) => gapTo(box, spot) < gapTo(box, spots[index]) - 1);
        const fill = isPlaces || shown.view === "changes" ? C.ink : textColourOf(row.direction);
        const texts = isPlaces || wide < 150 ? [text] : [foreignText({ stops: [from, to] }, ends[index], text), text];
        const tries = (wide < 150 ? [34] : [22, 70]).flatMap((reach) => texts.map((one) => [one, reach]));
        return tries.reduce((made, [one, reach]) => made ?? name(spots[index], one, { fill, weight: 600 }, { refused, reach }), null);
    });
    return shape(
        "svg",
        { x: left, y: top, width: wide, height: high, "data-sheet": "abroad" },
        shape("rect", { width: wide, height: high, fill: SEA }),
        ground(fit, land, (id) => ({
            fill: id === "KEN" ? "#C3D3DB" : tinted.has(id) ? "#D5DDE1" : FOREIGN,
            stroke: "none",
            "data-land": id,
        })),
        ground(fit, { borders }, () => ({ fill: "none", stroke: "#fff", "stroke-width": 1.2 })),
        isPlaces
            ? circles(rows, fit.place, Object.fromEntries(ends.map((id) => [id, points[id]])), largestIn(TABLES[shown.role]), 18)
            : totals.map(({ row, value, from, to, isDashed }) =>
                  arrow(
                      fit.place(points[from]),
                      fit.place(points[to]),
                      0.1,
                      thick({ value: value || null }, largest),
                      lineStyle(row).colour,
                      { isDashed },
                  ),
              ),
        labels,
        label(...title),
        shape("rect", { x: 0.5, y: 0.5, width: wide - 1, height: high - 1, fill: "none", stroke: C.rule }),
    );
};

// Where Kenya is drawn: below the title and left of the small map on a phone, right of the title where there is room.
const roomOf = (wide, high) =>
    isNarrow() && high > wide
        ? [4, document.querySelector(".say").offsetHeight + 6, wide - 28, high - 8]
        : [wide > 900 ? 60 : 10, 10, wide - 10, high - 12];
const sizeNow = () => `${stage.clientWidth} ${stage.clientHeight}`;
const drawMap = (rows, shown) => {
    const [wide, high] = [stage.clientWidth, stage.clientHeight];
    if (!wide || !high) return;
    const { land, borders, counties, points } = SHEETS.kenya;
    const narrow = isNarrow();
    const fit = fitted(SHEETS.kenya, roomOf(wide, high), camera);
    const put = fit.place;
    const isPlaces = shown.view === "places";
    const most = narrow ? 18 : 26;
    const drawn = drawnOf(rows, shown);
    const breaks = isPlaces && shown.role === "from" ? breaksOf(rows) : [];
    const dataOf = new Map(rows.map((row) => [row.id, row]));
    const shade = (id) => {
        const rate = dataOf.get(id)?.data.per_100000 ?? null;
        if (!breaks.length) return BLANK;
        return rate === null ? "#F0F1F0" : classOf(rate, breaks);
    };
    const across = Math.round(Math.min(236, Math.max(104, wide * 0.23)));
    const corner = [wide - across - 8, high - Math.round((across * SHEETS.abroad.height) / SHEETS.abroad.width) - 8, wide - 8, high - 8];
    const { home, lines } = isPlaces ? { home: [], lines: [] } : linesAtHome(drawn, shown, put);
    const crossings = where("border_points", { period_id: shown.period })
        .map((data) => data.place_id)
        .filter((id) => id in points);
    const labelled = drawn.filter((row) => LABELS.includes(row.hotspot?.label));
    const largest = largestIn(TABLES[shown.role]);
    const names = isPlaces ? new Map() : namesOf(home);
    for (const row of isPlaces ? [...labelled, ...drawn] : [])
        if (row.id in points) {
            const style = { value: row.value, weight: labelled.includes(row) ? 600 : 400, fill: C.ink };
            names.set(row.id, { ...style, text: nameAndCount(row.id, row.value) });
        }
    if (isCounty(state.pick) && !names.has(state.pick)) names.set(state.pick, onlyName(state.pick));
    const rank = ([id, { isNeeded }]) => (id === state.pick ? 0 : isNeeded ? 1 : 2);
    const order = [...names].sort((one, other) => rank(one) - rank(other)).slice(0, narrow ? 16 : 60);
    const isMarked = (id) => labelled.some((row) => row.id === id);
    const sizeOf = (id) => (isPlaces ? Math.max(radiusOf(dataOf.get(id)?.value, largest, most), isMarked(id) ? 7 : 0) : 5);
    const rivals = [...names].map(([id, { value }]) => ({ spot: put(points[id]), size: sizeOf(id), value: value ?? Infinity }));
    const name = labeller([0, 0, wide, high], textSize(), [
        ...overlays(),
        corner,
        ...crossings.map((id) => around(put(points[id]), 7)),
        ...(isPlaces ? rivals : []).map(({ spot, size }) => around(spot, 0.7 * size)),
    ]);
    const labels = order.map(([id, { text, value, isNeeded, ...style }]) => {
        const isInKenya = (x, y) => canvas.isPointInPath(homeland(counties), ...fit.unit([x, y]));
        const own = { spot: put(points[id]), size: sizeOf(id) };
        const gapOf = (box, { spot, size }) => gapTo(box, spot) - size;
        const isAstray = ([left, top, right, bottom]) =>
            !isKenyan(id) && [left, (left + right) / 2, right].some((x) => isInKenya(x, (top + bottom) / 2));
        // A label may lie nearer to a place with far fewer cases, which then has none there.
        const isNearer = (box) => rivals.some((one) => one.value >= (value ?? 0) / 4 && gapOf(box, one) < gapOf(box, own) - 4);
        const refused = (box) => isAstray(box) || isNearer(box);
        return [id, name(own.spot, text, style, { refused, isNeeded, gap: own.size - 5 })];
    });
    const spots = new Set([
        ...crossings,
        ...(isPlaces ? labelled.filter((row) => !row.value).map((row) => row.id) : labels.filter(([, text]) => text).map(([id]) => id)),
        ...home.flatMap((row) => row.stops.filter((stop) => !isCounty(stop))),
    ]);
    const focused = document.activeElement?.closest?.("#map .place")?.dataset.pick;
    stage.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    stage.replaceChildren(
        shape("rect", { width: wide, height: high, fill: SEA }),
        ground(fit, land, () => ({ fill: FOREIGN, stroke: FOREIGN, "stroke-width": 0.6 })),
        ground(fit, { borders }, () => ({ fill: "none", stroke: "#fff", "stroke-width": 2 })),
        ground(fit, counties, (id) => ({
            fill: state.pick === id && !breaks.length ? "#DCE6EA" : shade(id),
            stroke: state.pick === id ? C.ink : C.rule,
            "stroke-width": state.pick === id ? 2.2 : 0.9,
            ...asPlace(id, rows),
        })),
        ...lines,
        ...(isPlaces ? circles(drawn, put, points, largest, most) : []),
        ...[...spots].map((id) => spot(id, put(points[id]), rows)),
        ...labelled
            .filter((row) => row.id in points)
            .map((row) => triangle(put(points[row.id]), row.hotspot.label === "hotspot" ? C.ink : PAPER)),
        ...labels.map(([, text]) => text).filter(Boolean),
        inset(drawn, shown, corner),
    );
    const places = [...stage.querySelectorAll(".place")];
    const first = places.find((one) => one.dataset.pick === (focused ?? state.pick)) ?? places[0];
    first?.setAttribute("tabindex", 0);
    if (focused) first?.focus({ preventScroll: true });
    stage.dataset.lines = String(drawn.filter((row) => !row.isPlace).length);
    stage.dataset.size = `${wide} ${high}`;
    stage.dataset.zoom = camera.zoom.toFixed(2);
};
let homelandKept = null;
const homeland = (paths) => {
    homelandKept ??= new Path2D(Object.values(paths).join(""));
    return homelandKept;
};

const zoomTo = (zoom, redraw) => {
    const next = Math.min(MOST_ZOOM, Math.max(1, zoom));
    const by = next / camera.zoom;
    const { points } = SHEETS.kenya;
    if (next > camera.zoom && state.pick in points && camera.zoom === 1) {
        const [wide, high] = [stage.clientWidth, stage.clientHeight];
        const [x, y] = fitted(SHEETS.kenya, roomOf(wide, high), camera).place(points[state.pick]);
        Object.assign(camera, { x: wide / 2 - x, y: high / 2 - y });
    }
    Object.assign(camera, { zoom: next, x: next === 1 ? 0 : camera.x * by, y: next === 1 ? 0 : camera.y * by });
    stage.classList.toggle("zoomed", next > 1);
    redraw();
};
// Dragging moves a zoomed map; a drag is no click.
const startDragging = (redraw) => {
    let from = null;
    stage.addEventListener(
        "pointerdown",
        (event) => (from = camera.zoom > 1 ? [event.clientX - camera.x, event.clientY - camera.y] : null),
    );
    stage.addEventListener("pointermove", (event) => {
        if (!from || !event.buttons) return;
        const [x, y] = [event.clientX - from[0], event.clientY - from[1]];
        if (Math.hypot(x - camera.x, y - camera.y) < 3) return;
        stage.dataset.dragged = "yes";
        Object.assign(camera, { x, y });
        requestAnimationFrame(redraw);
    });
    addEventListener("pointerup", () => {
        from = null;
        setTimeout(() => delete stage.dataset.dragged);
    });
};
// From place to place: the nearest one in the direction of an arrow key.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const nextPlace = (from, [dx, dy]) => {
    const middle = (one) => {
        const box = one.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];
    };
    const [x, y] = middle(from);
    const reach = (one) => {
        const [u, v] = middle(one);
        const along = (u - x) * dx + (v - y) * dy;
        return along > 1 ? along + 2 * Math.abs((u - x) * dy + (v - y) * dx) : Infinity;
    };
    const others = [...stage.querySelectorAll(".place")].filter((one) => one !== from).map((one) => [reach(one), one]);
    const [far, nearest] = others.reduce((best, one) => (one[0] < best[0] ? one : best), [Infinity, null]);
    return far === Infinity ? null : nearest;
};
