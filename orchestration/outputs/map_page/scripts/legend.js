// The legend: colours, widths and patterns of the map.
const SVG = "http://www.w3.org/2000/svg";
const drawing = (width, height, ...shapes) => {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    "aria-hidden": "true",
  })) {
    svg.setAttribute(key, value);
  }
  svg.append(
    ...shapes.map(([name, attributes]) => {
      const shape = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
      return shape;
    }),
  );
  return svg;
};

// One drawing per entry: an area with its mark, a line, or a point.
const markShape = ({ size, isDown, isHollow }, x, y) => {
  const [half, tip] = [size / 2, isDown ? 1 : -1];
  return [
    "polygon",
    {
      points: [[x - half, y - tip * half], [x + half, y - tip * half], [x, y + tip * half]].join(" "),
      fill: colourOf(isHollow ? "halo" : "ink"),
      stroke: colourOf("ink"),
      "stroke-width": isHollow ? 1.6 : 0,
    },
  ];
};
const swatch = ({ fill, mark, line, width, dash, point, colour: name, size }) => {
  if (fill) {
    const ground = { x: 0.5, y: 0.5, width: 33, height: 21, stroke: colourOf("frame-line") };
    const stripes = [
      ["path", { d: "M0 10L10 0M0 21L21 0M10 22L32 0M21 22L34 9", stroke: colourOf("stripe"), "stroke-width": 1.6 }],
    ];
    return drawing(
      34,
      22,
      ["rect", { ...ground, fill: colourOf(fill.colour) }],
      ...(fill.isStriped ? stripes : []),
      ...(mark ? [markShape({ ...mark, size: Math.min(mark.size, 14) }, 17, 11)] : []),
    );
  }
  if (line) {
    const stroke = {
      stroke: colourOf(line),
      "stroke-width": width ?? 3,
      ...(dash ? { "stroke-dasharray": dash.join(" ") } : {}),
    };
    return drawing(
      34,
      12,
      ["line", { x1: 0, x2: 26, y1: 6, y2: 6, ...stroke }],
      ["path", { d: "M24 1l9 5-9 5z", fill: colourOf(line) }],
    );
  }
  const ink = { fill: colourOf(name ?? "ink"), stroke: colourOf("ink"), "stroke-width": 0.5 };
  const half = (size ?? 13) / 2;
  return point === "diamond"
    ? drawing(16, 16, ["path", { d: "M8 1l7 7-7 7-7-7z", ...ink }])
    : drawing(16, 16, ["circle", { cx: 8, cy: 8, r: half, ...ink }]);
};

// Round numbers for the scale, the largest near the maximum of the map.
const examplesUpTo = (largest) => {
  const size = 10 ** Math.floor(Math.log10(largest));
  const top = Math.max(1, Math.floor(largest / size) * size);
  return [...new Set([Math.max(1, Math.round(top / 10)), top])];
};

const scale = (entry, largest) => {
  const drawn = examplesUpTo(largest).map((cases) => {
    const part = Math.sqrt(cases / largest);
    const round = bubbleScale();
    const shape = entry.widths
      ? drawing(26, 12, [
          "line",
          { x1: 0, x2: 26, y1: 6, y2: 6, stroke: colourOf("quiet"), "stroke-width": 1.4 + 9 * part },
        ])
      : drawing(52 * round, (10 + 44 * part) * round, [
          "circle",
          {
            cx: 26 * round,
            cy: (5 + 22 * part) * round,
            r: (3.5 + 22 * part) * round,
            fill: "none",
            stroke: colourOf("quiet"),
          },
        ]);
    return make(
      "span",
      { class: "entry" },
      shape,
      make("span", {}, say("legend.cases", { count: count(cases) })),
    );
  });
  return make("li", { class: "scale" }, ...drawn);
};

const drawLegend = (view, shown, rows, scene) => {
  const entryOf = (entry) =>
    entry.widths || entry.sizes
      ? scale(entry, scene.largest)
      : make("li", { class: "entry" }, entry.isNote ? null : swatch(entry), make("span", {}, entry.text ?? say(entry.word)));
  document.getElementById("legend").replaceChildren(...view.legend(shown, rows).map(entryOf));
};
