// Lines and spots of a scene, as ECharts draws them.
const MOST_ARROWS = 800; // more of them are a blot, and cost half the time of a drawing
// For names that would cover a neighbour or leave the frame.
const LABEL_SIDES = {
  SAU: "left",
  QAT: "top",
  ARE: "bottom",
  OMN: "bottom",
  BHR: "left",
  JOR: "left",
  YEM: "bottom",
};
// Drawn below the others.
const BELOW = new Set(["status-stable", "named"]);

// The arrow at the end of a line. ECharts centres a symbol on the end of its line. The tip of a thin line stops
// before the spot of the place; the tip of a thick line reaches beyond it, so that the line does not show beside it.
const SPOT = 4; // pixels
const COVERED = 6;
const arrowOf = (width) => {
  const size = 5 + width * 1.7;
  const tip = width < COVERED ? -SPOT : width;
  const half = size + Math.abs(tip);
  const [top, base, notch] = [half - tip, half - tip + size, half - tip + size * 0.75];
  const head = `M${size / 2} ${top}L${size} ${base}L${size / 2} ${notch}L0 ${base}Z`;
  return {
    symbol: ["none", `path://M0 0${head}M0 ${2 * half}`],
    symbolSize: [0, [size, 2 * half]],
  };
};

// The middle of a line as ECharts bends it, in degrees.
const middleOf = ({ from, to, bend }) => {
  const [[x1, y1], [x2, y2]] = [drawn.points.get(from), drawn.points.get(to)];
  return [(x1 + x2) / 2 + ((y1 - y2) * bend) / 2, (y1 + y2) / 2 + ((x2 - x1) * bend) / 2];
};
const isDrawnLine = ({ from, to }) => drawn.points.has(from) && drawn.points.has(to);
const coordsOf = (line) =>
  line.middles ? line.middles.map(middleOf) : [drawn.points.get(line.from), drawn.points.get(line.to)];

// Lines of one style are one series, which holds the style once.
const linesOf = (scene, picked) => {
  const lines = (scene.lines ?? []).filter((line) =>
    line.middles ? line.middles.every(isDrawnLine) : line.from !== line.to && isDrawnLine(line),
  );
  const kinds = new Map();
  for (const line of lines) {
    const kind = [line.colour, line.dash, line.isHalo].join("|");
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(line);
  }
  const hasArrows = lines.length <= MOST_ARROWS;
  const isPicked = lines.some((line) => picked.has(line.key));
  return [...kinds.values()].map((members) => ({
    type: "lines",
    coordinateSystem: "geo",
    z: members[0].isHalo ? 2 : BELOW.has(members[0].colour) ? 3 : 4,
    progressive: 4000,
    progressiveThreshold: 20000,
    symbol: ["none", "none"],
    lineStyle: {
      color: colourOf(members[0].colour),
      opacity: members[0].isHalo ? 0.6 : 0.82,
      type: members[0].dash ?? "solid",
    },
    emphasis: { lineStyle: { opacity: 1, ...(members[0].isHalo ? {} : { color: colourOf("ink") }) } },
    data: members.map((line) => ({
      key: line.key,
      coords: coordsOf(line),
      ...(hasArrows && line.isLast !== false && !line.isHalo ? arrowOf(line.width) : {}),
      lineStyle: {
        width: line.width,
        curveness: line.bend,
        ...(isPicked && !picked.has(line.key) ? { opacity: 0.12 } : {}),
      },
    })),
  }));
};

// Bubbles scale with the map.
const bubbleScale = () => Math.min(1, Math.max(0.5, stage.clientWidth / 720));
// A mark in the middle of a line has a long name, which needs room to its right.
const MIDDLE_NAME = 200; // pixels
const middleSide = ([lon]) => {
  const [west, , east] = FRAMES[drawn.frame].box;
  return ((east - lon) / (east - west)) * stage.clientWidth > MIDDLE_NAME ? "right" : "bottom";
};
// A name at the right edge of the map would be cut off.
const labelSide = (place) => {
  if (place in LABEL_SIDES) return LABEL_SIDES[place];
  const [west, , east] = FRAMES[drawn.frame].box;
  return drawn.points.get(place)[0] > east - 0.12 * (east - west) && !drawn.points.far.has(place)
    ? "left"
    : "right";
};

// Dots, bubbles and marks with their names; a line from a place to itself is a ring.
const spotsOf = (scene, picked) => {
  const loops = (scene.lines ?? [])
    .filter((line) => !line.middles && line.from === line.to && !line.isHalo)
    .map((line) => ({
      key: line.key,
      place: line.from,
      size: 16 + line.width * 2,
      colour: line.colour,
      isRing: true,
      width: line.width,
    }));
  const points = scene.points ?? [];
  const isPicked = points.some((point) => picked.has(point.key));
  const nameOf = (point) => point.name ?? (point.isNamed ? placeName(point.place) : "");
  const fill = (point) => {
    if (point.isRing) return "transparent";
    return colourOf(point.isHollow ? "halo" : (point.colour ?? "ink"));
  };
  const data = [...loops, ...points]
    .filter((point) => (point.middle ? isDrawnLine(point.middle) : drawn.points.has(point.place)))
    .map((point) => {
      const isFaded = isPicked && (point.isBubble || point.isMark) && !picked.has(point.key);
      return {
        key: point.key,
        name: nameOf(point),
        value: point.middle ? middleOf(point.middle) : drawn.points.get(point.place),
        symbol: point.shape ?? "circle",
        symbolSize: point.isBubble ? point.size * bubbleScale() : point.size,
        symbolRotate: point.isDown ? 180 : 0,
        itemStyle: {
          color: fill(point),
          opacity: isFaded ? 0.25 : point.isBubble ? 0.78 : 1,
          borderColor: point.isRing
            ? colourOf(point.colour)
            : colourOf(point.isBubble || point.isMark ? "ink" : "sea"),
          borderWidth: point.isRing ? Math.min(point.width, 5) : point.isBubble ? 0.5 : point.isHollow ? 2.2 : 1.2,
        },
        label: {
          position: point.middle ? middleSide(middleOf(point.middle)) : labelSide(point.place),
          show: Boolean(nameOf(point)),
          ...(point.middle ? { fontStyle: "italic" } : {}),
        },
      };
    });
  return [
    {
      type: "scatter",
      coordinateSystem: "geo",
      z: 6,
      data,
      label: {
        formatter: "{b}",
        color: colourOf("ink"),
        fontSize: 12,
        textBorderColor: colourOf("halo"),
        textBorderWidth: 3,
        distance: 4,
      },
      labelLayout: { hideOverlap: true },
      emphasis: { scale: false, itemStyle: { borderColor: colourOf("ink"), borderWidth: 2 } },
    },
  ];
};
