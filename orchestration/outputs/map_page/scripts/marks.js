// Elements and shapes. Texts become text nodes, so no value of a table is ever read as markup.
const SVG = "http://www.w3.org/2000/svg";
const filled = (element, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) {
        if (value === true) element.setAttribute(key, "");
        else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
};
const make = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
const shape = (name, attributes = {}, ...children) => filled(document.createElementNS(SVG, name), attributes, children);
const byId = (id) => document.getElementById(id);

const C = COLOURS;
const PAPER = "#fff";
const colourOf = (direction) => C[direction] ?? C.held;
const textColourOf = (direction) => C[`${direction}-text`] ?? C[direction] ?? C.grey;
const round = (value) => Math.round(value * 10) / 10;
const at = ([x, y]) => `${round(x)} ${round(y)}`;

const canvas = document.createElement("canvas").getContext("2d");
const widthOf = (text, size, weight = 400) => {
    canvas.font = `${weight} ${size}px "Fira Sans", sans-serif`;
    return canvas.measureText(text.replaceAll(/\d/g, "0")).width; // the page's digits are all as wide as a 0
};
const written = (x, y, text, size, { weight = 400, fill = C.ink, anchor = "start" } = {}, more = {}) =>
    shape("text", { x: round(x), y: round(y), "font-size": size, "font-weight": weight, "text-anchor": anchor, fill, ...more }, text);
const HALO = { stroke: PAPER, "stroke-linejoin": "round", "paint-order": "stroke", "pointer-events": "none" };
const label = (x, y, text, size, style) => written(x, y, text, size, style, { ...HALO, "stroke-width": size * 0.28 });

// A line from place to place, bent to its left by a share of its length, with a head where it ends.
const middleOf = (a, b, bend) => [(a[0] + b[0]) / 2 - (b[1] - a[1]) * bend, (a[1] + b[1]) / 2 + (b[0] - a[0]) * bend];
const arrow = (a, b, bend, width, colour, { isDashed = false, hasHead = true, faint = false } = {}) => {
    const opacity = faint ? 0.13 : null;
    if (a === b || (a[0] === b[0] && a[1] === b[1]))
        return shape("circle", { cx: a[0], cy: a[1], r: 8, fill: "none", stroke: colour, "stroke-width": width, opacity });
    const middle = middleOf(a, b, bend);
    const turn = Math.atan2(b[1] - middle[1], b[0] - middle[0]);
    const size = Math.min(4 + width * 1.2, Math.hypot(b[0] - a[0], b[1] - a[1]) * 0.6);
    const tip = hasHead ? [b[0] - Math.cos(turn) * size * 0.8, b[1] - Math.sin(turn) * size * 0.8] : b;
    const path = `M${at(a)}Q${at(middle)} ${at(tip)}`;
    const dash = `${round(width + 3)} ${round(width + 1)}`;
    const corner = (by, long) => at([b[0] + Math.cos(turn + by) * long, b[1] + Math.sin(turn + by) * long]);
    return shape(
        "g",
        { opacity, fill: "none" },
        shape("path", { d: path, stroke: PAPER, "stroke-width": width + 2 }),
        shape("path", { d: path, stroke: colour, "stroke-width": round(width), "stroke-dasharray": isDashed ? dash : null }),
        hasHead ? shape("path", { d: `M${at(b)}L${corner(2.72, size * 1.3)}L${corner(-2.72, size * 1.3)}z`, fill: colour }) : null,
        shape("path", { d: path, stroke: "transparent", "stroke-width": Math.max(12, width) }),
    );
};
const triangle = ([x, y], fill) => shape("path", { d: `M${at([x, y - 6])}l6 10.2-12 0z`, fill, stroke: C.ink, "stroke-width": 1.5 });

// How far a point lies from a box.
const gapTo = ([left, top, right, bottom], [x, y]) => Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
// Puts texts beside their points so that none hides another. `refused`: whether a box is not the text's own ground.
// Where a text is tried: steps to the right and down, the nearest first; below a point, its height is added.
const LOW = [[8, 3], [-8, 3]];
const SPOTS = [
    [8, 4], [-8, 4], [-6, -6], [6, -6], [0, -9], [0, 7], [8, 7, "middle"], ...LOW, [30, -14], [-30, -14], [30, 12], [-30, 12],
    [46, 4], [-46, 4], [0, -30], [0, 26], [24, -34], [-24, -34], [60, -22], [-60, -22],
];
const labeller =
    (box, size, taken = []) =>
    (point, text, style, { refused = () => false, isNeeded = false, gap = 0, reach = 34 } = {}) => {
        const wide = widthOf(text, size, style.weight);
        const placed = (isNeeded ? [...LOW, ...SPOTS] : SPOTS).map(([dx, dy, anchor = dx ? (dx > 0 ? "start" : "end") : "middle"]) => {
            const isBeside = dy === 4;
            const x = point[0] + dx + (isBeside ? Math.sign(dx) * gap : 0);
            const y = point[1] + dy + (dy > 0 && !isBeside ? size : 0) + (anchor === "middle" ? Math.sign(dy) * gap : 0);
            const left = anchor === "end" ? x - wide : anchor === "middle" ? x - wide / 2 : x;
            const away = Math.hypot(x - point[0], y - point[1]) - gap;
            return { x, y, anchor, away, box: [left - 1, y - size * 0.85, left + wide + 1, y + size * 0.25] };
        });
        const isFree = ({ box: b, away }) =>
            away <= reach &&
            b[0] > box[0] &&
            b[1] > box[1] &&
            b[2] < box[2] &&
            b[3] < box[3] &&
            !taken.some((t) => b[0] < t[2] && b[2] > t[0] && b[1] < t[3] && b[3] > t[1]);
        const free = placed.filter(isFree);
        const spot = free.find((one) => !refused(one.box)) ?? (isNeeded ? free[0] : null);
        if (!spot) return null;
        const [left, top, right, bottom] = spot.box;
        taken.push([left - 3, top, right + 3, bottom]);
        return shape(
            "g",
            { "pointer-events": "none" },
            spot.away > 22 ? shape("path", { d: `M${at(point)}L${at([spot.x, spot.y - size * 0.3])}`, stroke: style.fill }) : null,
            label(spot.x, spot.y, text, size, { ...style, anchor: spot.anchor }),
        );
    };

// Years as bars: as wide as their months, hatched where a year is in part; the area is the count.
const HATCH = shape("svg", { width: 0, height: 0, "aria-hidden": "true" }, shape("defs", {}));
const hatchOf = (colour) => {
    const id = `hatch-${colour.slice(1)}`;
    if (!HATCH.querySelector(`#${id}`))
        HATCH.firstChild.append(
            shape(
                "pattern",
                { id, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
                shape("rect", { width: 4, height: 4, fill: PAPER }),
                shape("rect", { width: 1.8, height: 4, fill: colour }),
            ),
        );
    return `url(#${id})`;
};
const HIGH = 52;
const rateOf = ({ value, months }) => ((value ?? 0) + noiseOf(value ?? 0)) * (12 / months);
const chart = (width, shapes) =>
    shape(
        "svg",
        { width, height: HIGH + 32, viewBox: `0 -16 ${width} ${HIGH + 32}`, "aria-hidden": "true" },
        shapes,
        shape("path", { d: `M0 ${HIGH}H${width}`, stroke: C.ink }),
    );
const timebars = (years, width, top, colour) => {
    const unit = (width - 2 * years.length) / years.reduce((sum, year) => sum + year.months, 0);
    const isTight = years.some((year) => unit * year.months < 24);
    let x = 0;
    let last = [-width, 0]; // where the label before ends, and its height
    const bars = years.flatMap((year) => {
        const wide = unit * year.months;
        const scale = ((HIGH / top) * 12) / year.months;
        const middle = x + wide / 2;
        const high = year.value === null ? Math.min(Math.max(3, (POLICY.least * HIGH) / top), HIGH) : year.value * scale;
        const noise = year.value === null ? 0 : noiseOf(year.value) * scale;
        const isListed = year.value !== null;
        const isHollow = !isListed || year.isOpen;
        const bar = {
            x: round(x + 0.5),
            y: round(HIGH - high),
            width: round(Math.max(1, wide - 1)),
            height: round(high),
            fill: isListed && year.isPart ? hatchOf(colour) : isHollow ? "none" : colour,
            "fill-opacity": year.isNow || year.isPart ? 1 : 0.55,
            stroke: isHollow || year.isPart ? colour : "none",
            "stroke-dasharray": isListed ? null : "2 2",
        };
        x += wide + 2;
        const style = { weight: year.isNow ? 600 : 400, fill: year.isNow ? C.ink : C.grey, anchor: "middle" };
        const said = countOrLeast(year.value);
        const size = isTight ? 9.5 : 11;
        const half = widthOf(said, size, style.weight) / 2;
        const lowest = HIGH - high - noise - 3;
        const above = middle - half < last[0] && Math.abs(lowest - last[1]) < 10 ? last[1] - 10 : lowest;
        last = [middle + half + 1, above];
        return [
            shape("rect", bar),
            noise
                ? shape("path", {
                      d: `M${round(middle)} ${round(HIGH - high - noise)}V${round(Math.min(HIGH, HIGH - high + noise))}`,
                      stroke: C.ink,
                  })
                : null,
            written(middle, above, said, size, style),
            written(middle, HIGH + 12, isTight ? `’${year.name.slice(2)}` : year.name, 10, { ...style, weight: 400 }),
        ];
    });
    return chart(width, bars);
};
// Quarters as a line that breaks at what is not listed; the last is a ring while it may grow.
const spark = (quarters, width, top, colour) => {
    const step = (width - 10) / Math.max(1, quarters.length - 1);
    const spots = quarters.map(({ value }, index) => [5 + index * step, HIGH * (1 - (value ?? 0) / top)]);
    const highest = Math.max(...quarters.map(({ value }) => value ?? 0));
    const isJoined = ({ value }, index) => index && value !== null && quarters[index - 1].value !== null;
    const line = quarters.map((one, index) => `${isJoined(one, index) ? "L" : "M"}${at(spots[index])}`).join("");
    const dots = quarters.flatMap(({ value, isPart, isNow, sign }, index) => {
        const [x, y] = spots[index].map(round);
        const isRing = isPart && index === quarters.length - 1;
        const half = widthOf(countOrLeast(value), 10, 600) / 2;
        const style = { stroke: colour, fill: isRing ? PAPER : colour, "stroke-width": 1.4 };
        return [
            value === null
                ? shape("rect", { x: x - 2, y: HIGH - 4, width: 4, height: 4, fill: PAPER, stroke: colour, "stroke-dasharray": "2 1" })
                : shape("circle", { cx: x, cy: y, r: isRing || isNow ? 3 : 1.8, ...style }),
            isNow || (highest && value === highest)
                ? written(Math.min(Math.max(x, half), width - half), y - 6, countOrLeast(value) + sign, 10, {
                      weight: isNow ? 600 : 400,
                      anchor: "middle",
                  })
                : null,
        ];
    });
    return chart(width, [
        shape("path", { d: line, fill: "none", stroke: colour, "stroke-width": 1.4 }),
        ...dots,
        written(0, HIGH + 12, quarters[0].name, 10),
        written(width, HIGH + 12, quarters.at(-1).name, 10, { anchor: "end" }),
    ]);
};
