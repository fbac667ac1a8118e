// What the colours, widths and patterns of the map mean.
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

const swatch = (entry) => {
  if (entry.mark) {
    const half = entry.mark.size / 2;
    const points = entry.mark.isDown
      ? [
          [8 - half, 8 - half],
          [8 + half, 8 - half],
          [8, 8 + half],
        ]
      : [
          [8 - half, 8 + half],
          [8 + half, 8 + half],
          [8, 8 - half],
        ];
    return drawing(16, 16, ["polygon", { points: points.join(" "), fill: colourOf("ink") }]);
  }
  if (entry.line) {
    const stroke = {
      stroke: colourOf(entry.line),
      "stroke-width": 3,
      ...(entry.isDotted ? { "stroke-dasharray": "4 4" } : {}),
    };
    return drawing(
      30,
      12,
      ["line", { x1: 0, x2: 22, y1: 6, y2: 6, ...stroke }],
      ["path", { d: "M20 1l9 5-9 5z", fill: colourOf(entry.line) }],
    );
  }
  if (entry.spot)
    return drawing(16, 16, [
      "circle",
      { cx: 8, cy: 8, r: 7, fill: colourOf(entry.spot), stroke: colourOf("ink"), "stroke-width": 0.5 },
    ]);
  return make("span", { class: `swatch swatch-${entry.fill}`, "aria-hidden": "true" });
};

// Round figures of which the largest is near the largest that the map can show.
const examplesUpTo = (largest) => {
  const size = 10 ** Math.floor(Math.log10(largest));
  const top = Math.max(1, Math.floor(largest / size) * size);
  return [...new Set([Math.max(1, Math.round(top / 10)), top])];
};

const scale = (entry, largest) => {
  const drawn = examplesUpTo(largest).map((persons) => {
    const part = Math.sqrt(persons / largest);
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
      make("span", {}, say("legend.persons", { persons: count(persons) })),
    );
  });
  return make("li", { class: "scale" }, ...drawn);
};

const drawLegend = (view, shown, rows, scene) => {
  const wordOf = (entry) =>
    entry.word ??
    (["first-leg", "last-leg"].includes(entry.line) || shown.lines === "ways"
      ? `legend.${entry.line}`
      : entry.line === "hidden"
        ? "legend.hidden"
        : `direction.${entry.line}`);
  document
    .getElementById("legend")
    .replaceChildren(
      ...view
        .legend(shown, rows)
        .map((entry) =>
          entry.widths || entry.sizes
            ? scale(entry, scene.largest)
            : make("li", { class: "entry" }, swatch(entry), make("span", {}, say(wordOf(entry)))),
        ),
    );
};
