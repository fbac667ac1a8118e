// Lines and spots of a scene, as ECharts draws them.
const MOST_ARROWS = 800; // more of them are a blot, and cost half the time of a drawing
// Where a name would lie on its neighbour or leave the frame.
const LABEL_SIDES = {
  SAU: "left",
  QAT: "top",
  ARE: "bottom",
  OMN: "bottom",
  BHR: "left",
  JOR: "left",
  YEM: "bottom",
};
// What others must not be hidden by.
const BELOW = new Set(["hidden", "status-stable", "status-too_few"]);

// The spot of a place lies on the end of its lines: the head of a thin one stops before it, that of a thick one,
// which no spot covers, goes so far beyond that the line does not show beside its tip. ECharts sets the middle of a
// symbol on the end of its line.
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

// Lines of one colour are one series each, so that a style stands once and not with every line.
const linesOf = (scene, pick) => {
  const lines = scene.lines ?? [];
  const kinds = new Map();
  for (const line of lines) {
    if (line.from === line.to || !drawn.points.has(line.from) || !drawn.points.has(line.to)) continue;
    const kind = `${line.colour}|${Boolean(line.isDotted)}`;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(line);
  }
  const hasArrows = lines.length <= MOST_ARROWS;
  const isPicked = lines.some((line) => line.key === pick);
  return [...kinds].map(([kind, members]) => ({
    type: "lines",
    coordinateSystem: "geo",
    z: BELOW.has(members[0].colour) ? 3 : 4,
    progressive: 4000,
    progressiveThreshold: 20000,
    symbol: ["none", "none"],
    lineStyle: {
      color: colourOf(members[0].colour),
      opacity: 0.82,
      type: members[0].isDotted ? [4, 4] : "solid",
    },
    emphasis: { lineStyle: { opacity: 1, color: colourOf("ink") } },
    data: members.map((line) => ({
      key: line.key,
      coords: [drawn.points.get(line.from), drawn.points.get(line.to)],
      ...(hasArrows ? arrowOf(line.width) : {}),
      lineStyle: {
        width: line.width,
        curveness: line.bend,
        ...(isPicked && line.key !== pick ? { opacity: 0.12 } : {}),
      },
    })),
  }));
};

// A bubble takes as much of a small map as of a large one.
const bubbleScale = () => Math.min(1, Math.max(0.5, stage.clientWidth / 720));
// A name at the right edge of the map would be cut off.
const labelSide = (place) => {
  if (place in LABEL_SIDES) return LABEL_SIDES[place];
  const [west, , east] = FRAMES[drawn.frame].box;
  return drawn.points.get(place)[0] > east - 0.12 * (east - west) && !drawn.points.far.has(place)
    ? "left"
    : "right";
};

// Dots and bubbles with their names; a line from a place to itself is a ring.
const spotsOf = (scene, pick) => {
  const loops = (scene.lines ?? [])
    .filter((line) => line.from === line.to)
    .map((line) => ({
      key: line.key,
      place: line.from,
      size: 16 + line.width * 2,
      colour: line.colour,
      isRing: true,
      width: line.width,
    }));
  const points = scene.points ?? [];
  const isPicked = points.some((point) => point.key && point.key === pick);
  const named = (point) => (point.isNamed ? placeName(point.place) : "");
  const data = [...loops, ...points]
    .filter((point) => drawn.points.has(point.place))
    .map((point) => ({
      key: point.key,
      name: named(point),
      value: drawn.points.get(point.place),
      symbol: point.shape ?? "circle",
      symbolSize: point.isBubble ? point.size * bubbleScale() : point.size,
      symbolRotate: point.isDown ? 180 : 0,
      itemStyle: {
        color: point.isRing ? "transparent" : point.colour ? colourOf(point.colour) : colourOf("ink"),
        opacity: isPicked && point.isBubble && point.key !== pick ? 0.25 : point.isBubble ? 0.78 : 1,
        borderColor: point.isRing
          ? colourOf(point.colour)
          : point.isBubble || point.isRimmed
            ? colourOf("ink")
            : colourOf("sea"),
        borderWidth: point.isRing ? Math.min(point.width, 5) : point.isBubble ? 0.5 : 1.2,
      },
      label: {
        position: labelSide(point.place),
        show: Boolean(named(point)),
      },
    }));
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
