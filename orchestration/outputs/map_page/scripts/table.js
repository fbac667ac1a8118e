// The rows as a table, and the same as a file in which counts are numbers.
const column = (id, value, show = null) => ({
    id,
    value: (row) => value(row) ?? null,
    show: (row) => (value(row) === null || value(row) === undefined ? "" : show ? show(value(row), row) : String(value(row))),
});
const number = (id, value, show = (found) => found.toLocaleString("en")) => ({ ...column(id, value, show), isNumber: true });
const part = (id) => number(id, (row) => row.data[`${id}_count`]);
const code = (id, kind, value) => column(id, value, (found) => sayCode(kind, found));
const restsOn = (risk) =>
    (risk.components ?? "")
        .split(";")
        .filter(Boolean)
        .map((name) => sayCode("component", name))
        .join(", ");
const times = (found) => `× ${found.toLocaleString("en", { maximumSignificantDigits: found < 10 ? 2 : 3 })}`;
const isCompared = (row) => ["same_reporting", "other_reporting"].includes(row.data.comparison);
const COLUMNS = [
    column("place", (row) => (row.isPlace ? row.title : null)),
    column("from", (row) => (row.isPlace ? null : placeName(row.stops[0]))),
    column("via", (row) => row.stops.slice(1, -1).map(placeName).join(", ") || null),
    column("to", (row) => (row.isPlace ? null : placeName(row.stops.at(-1)))),
    column("country", (row) =>
        row.isPlace && PLACES.has(row.id) ? (isKenyan(row.id) ? "Kenya" : placeName(PLACES.get(row.id).country)) : null,
    ),
    code("item_kind", "kind_of_item", (row) => row.data.item_kind),
    code("direction", "direction", (row) => row.direction),
    number("cases", (row) => (row.data.movement_count === undefined ? null : row.value)),
    number("passings", (row) => row.data.passing_count),
    number("reports", (row) => row.data.mention_count),
    part("home"),
    part("exploited"),
    part("last_known"),
    part("intended"),
    part("first_known"),
    part("stopped"),
    number("children", (row) => row.data.child_count),
    number("per_100000", (row) => row.data.per_100000),
    number("year_before", earlierOf, (found, row) => count(found) + row.sign),
    code("comparison", "comparison", (row) => (row.data.comparison === "no_earlier_year" ? null : row.data.comparison)),
    number("like_before", (row) => (isCompared(row) ? row.data.like_earlier_count : null)),
    number("like_now", (row) => (isCompared(row) ? row.data.like_count : null)),
    code("change", "change", (row) => row.data.change),
    code("status", "status", (row) => row.shift?.status),
    code("factor_band", "band", (row) => (row.shift?.status === "abandoned" ? null : row.shift?.factor_band)),
    column("displaced_from", (row) => sayLeft(row.shift) || null),
    code("alert", "alert", (row) => row.alert?.direction),
    column("since", (row) => row.alert && sayMonth(row.alert.first_month)),
    column("until", (row) => (row.alert && sayMonth(row.alert.newest_month)) || null),
    number("records", (row) => row.alert?.witness_count),
    number("expected_low", (row) => row.alert?.expected_low),
    number("expected_high", (row) => row.alert?.expected_high),
    code("evidence", "evidence", (row) => row.shift?.evidence ?? row.alert?.evidence),
    code("label", "label", (row) => row.hotspot?.label),
    number(
        "at_least",
        (row) => row.hotspot?.at_least_times,
        (found) => `× ${found}`,
    ),
    number("times", (row) => row.hotspot?.ratio, times),
    number("times_low", (row) => row.hotspot?.ratio_low, times),
    number("times_high", (row) => row.hotspot?.ratio_high, times),
    code("trend", "trend", (row) => row.hotspot?.trend_category),
    code("risk_band", "risk_band", (row) => row.risk?.band),
    column("components", (row) => (row.risk && restsOn(row.risk)) || null),
    code("novelty", "evidence_class", (row) => row.novelty),
];
const FIRST_ROWS = 100;
let sorting = { id: "", isDown: false };
let isWhole = false;

const columnsOf = (rows) => COLUMNS.filter((one) => rows.some((row) => one.value(row) !== null));
const sorted = (rows) => {
    const by = COLUMNS.find(({ id }) => id === sorting.id);
    if (!by) return rows;
    const order = (a, b) =>
        by.isNumber ? (by.value(a) ?? -1) - (by.value(b) ?? -1) : (by.show(a) || "\uffff").localeCompare(by.show(b) || "\uffff");
    return [...rows].sort((a, b) => (sorting.isDown ? order(b, a) : order(a, b)));
};
const drawTable = (rows, caption, redraw) => {
    const columns = columnsOf(rows);
    const visible = isWhole ? sorted(rows) : sorted(rows).slice(0, FIRST_ROWS);
    const heading = ({ id, isNumber }) => {
        const isSorted = sorting.id === id;
        const button = make(
            "button",
            { type: "button", class: "sort" },
            say(`column.${id}`),
            make("span", { "aria-hidden": "true" }, isSorted ? (sorting.isDown ? " ▼" : " ▲") : ""),
        );
        button.addEventListener("click", () => {
            sorting = { id, isDown: isSorted ? !sorting.isDown : Boolean(isNumber) };
            redraw();
            document.querySelector(`th[data-column="${id}"] button`)?.focus();
        });
        return make(
            "th",
            {
                scope: "col",
                "data-column": id,
                class: isNumber ? "number" : null,
                "aria-sort": isSorted ? (sorting.isDown ? "descending" : "ascending") : null,
            },
            button,
        );
    };
    const cell = (row) => (one, at) =>
        make(at ? "td" : "th", { scope: at ? null : "row", class: one.isNumber ? "number" : null }, one.show(row));
    byId("table").replaceChildren(
        make("caption", {}, caption),
        make("thead", {}, make("tr", {}, columns.map(heading))),
        make(
            "tbody",
            {},
            visible.map((row) => make("tr", { "data-key": row.key }, columns.map(cell(row)))),
        ),
    );
    byId("table").hidden = !rows.length;
    byId("empty").hidden = rows.length > 0;
    byId("more").hidden = visible.length === rows.length;
    byId("more").textContent = say("table.more", { count: count(rows.length) });
};

// A spreadsheet must not run a cell as a formula.
const csvCell = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const csvOf = (rows) => {
    const columns = columnsOf(rows);
    const lines = [
        columns.map(({ id }) => csvCell(say(`column.${id}`))),
        ...sorted(rows).map((row) => columns.map((one) => (one.isNumber ? (one.value(row) ?? "") : csvCell(one.show(row))))),
    ];
    return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
};
const save = (name, type, content) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
};

// The map as it stands, with its title, its key and where it comes from, as one SVG that holds its type.
const HEAD = 66;
const FOOT = 26;
const svgOf = (title, source) => {
    const [wide, high] = [stage.clientWidth, stage.clientHeight];
    const whole = shape("svg", {
        xmlns: SVG,
        viewBox: `0 0 ${wide} ${high + HEAD + FOOT}`,
        width: wide,
        height: high + HEAD + FOOT,
        "font-family": "Fira Sans, sans-serif",
    });
    const picture = stage.cloneNode(true);
    for (const [key, value] of Object.entries({ x: 0, y: HEAD, width: wide, height: high })) picture.setAttribute(key, value);
    let x = 12;
    const keys = legendOf(state).flatMap(({ colour, fill, word }) => {
        const size = fill ? { y: 44, height: 12, fill, stroke: C.rule } : { y: 49, height: 4, fill: colour };
        const swatch = fill || colour ? shape("rect", { x, width: 18, ...size }) : null;
        const text = written(swatch ? x + 23 : x, 55, word, 12);
        x += (swatch ? 40 : 17) + widthOf(word, 12);
        return [swatch, text].filter(Boolean);
    });
    whole.append(
        shape("style", {}, byId("faces").textContent),
        shape("rect", { width: wide, height: high + HEAD + FOOT, fill: PAPER }),
        shape("text", { x: 12, y: 28, "font-size": 18, "font-weight": 600, fill: C.ink }, title),
        ...keys,
        picture,
        shape("text", { x: 12, y: HEAD + high + 17, "font-size": 10.5, fill: C.grey }, source),
    );
    return new XMLSerializer().serializeToString(whole);
};
const savePng = (name, text) => {
    const image = new Image();
    image.addEventListener("load", () => {
        const target = make("canvas", { width: image.width * 2, height: image.height * 2 });
        target.getContext("2d").drawImage(image, 0, 0, target.width, target.height);
        target.toBlob((blob) => save(name, "image/png", blob));
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
};
