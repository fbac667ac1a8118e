// Draws a scene: areas, lines and points of a view. What is picked stands out; all else steps back.
const BEND = 0.18;
const MOST_ARROWS = 800; // more of them are a blot, and cost half the time of a drawing
// Where a name would lie on its neighbour or leave the frame.
const LABEL_SIDES = { SAU: "left", QAT: "top", ARE: "bottom", OMN: "bottom", BHR: "left", JOR: "left", YEM: "bottom" };
// What others must not be hidden by.
const BELOW = new Set(["hidden", "status-stable", "status-too_few"]);
const MOST_ZOOM = 12;
const TALL_BELOW = 620; // pixels
const stage = document.getElementById("map");
let chart = null;
let drawn = { frame: "", points: null, zoom: 1, onPick: null, tell: null };

const frameOf = (view) =>
  view.frame === "around" ? (stage.clientWidth < TALL_BELOW ? "tall" : "wide") : view.frame;

const startMap = (onPick, tell) => {
  chart = echarts.init(stage, null, { renderer: "canvas" });
  drawn.onPick = onPick;
  drawn.tell = tell;
  chart.on("click", (event) => {
    const key = keyOf(event);
    if (key) onPick(key);
  });
  chart.on("finished", () => {
    stage.dataset.drawn = String(Number(stage.dataset.drawn ?? 0) + 1);
    stage.dataset.drawnAt = performance.now().toFixed(1);
  });
  new ResizeObserver(() => {
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    // A window may be nothing for a moment, as when it is being printed: there is no map in no room.
    if (width && height && (width !== chart.getWidth() || height !== chart.getHeight())) chart.resize();
  }).observe(stage);
};
const keyOf = (event) => (event.componentType === "geo" ? drawn.areas.get(event.name) : event.data?.key);

const groundStyle = (name, scene, areas) => {
  const area = areas.get(name);
  const line = { borderColor: colourOf("county-line"), borderWidth: 0.6 };
  if (area) {
    const fill = area.isWide ? patternOf(area.colour, "hatch", 7) : colourOf(area.colour);
    return { areaColor: fill, ...line };
  }
  if (name === "sheet") return { areaColor: colourOf("sea"), borderWidth: 0 };
  if (name === "far-frame" && !hasFar(scene)) return { opacity: 0 };
  if (name === "gulf-outline") return { areaColor: "transparent", borderColor: colourOf("frame-line"), borderWidth: 1 };
  if (name.endsWith("-frame")) return { areaColor: colourOf("sea"), borderColor: colourOf("frame-line"), borderWidth: 1 };
  if (name in TOLD.shapes.counties) {
    return { areaColor: scene.hasGaps ? patternOf("gap-ground", "gap-line", 6) : colourOf("kenya"), ...line };
  }
  if (name.startsWith("gulf-") && name !== "gulf-surroundings") {
    return { areaColor: colourOf("land"), borderColor: colourOf("border"), borderWidth: 0.7 };
  }
  return { areaColor: colourOf("land"), borderWidth: 0 };
};

const drawMap = (view, scene, pick) => {
  const frame = frameOf(view);
  const isNewFrame = frame !== drawn.frame;
  const box = FRAMES[frame].box;
  stage.style.aspectRatio = String((box[2] - box[0]) / (box[3] - box[1]));
  if (isNewFrame) {
    const points = pointsIn(frame);
    echarts.registerMap(frame, groundOf(frame, points.far.size > 0));
    drawn = { ...drawn, frame, points, zoom: 1 };
    chart.resize();
  }
  drawn.areas = new Map((scene.areas ?? []).map((area) => [area.place, area.key]));
  const areas = new Map((scene.areas ?? []).map((area) => [area.place, area]));
  const names = groundOf(frame, drawn.points.far.size > 0).features.map((one) => one.properties.name);
  const regions = names.map((name) => ({
    name,
    silent: !areas.has(name),
    itemStyle: {
      ...groundStyle(name, scene, areas),
      ...(areas.has(name) && areas.get(name).key === pick ? { borderColor: colourOf("ink"), borderWidth: 2.5 } : {}),
    },
  }));
  const geo = {
    map: frame, aspectScale: 1, left: 0, right: 0, top: 0, bottom: 0, regions,
    boundingCoords: [[box[0], box[3]], [box[2], box[1]]],
    roam: roamNow(), scaleLimit: { min: 1, max: MOST_ZOOM }, selectedMode: false,
    label: { show: false }, tooltip: { show: true, formatter: tipOfEvent },
    emphasis: { label: { show: false }, itemStyle: { areaColor: "inherit", borderColor: colourOf("ink"), borderWidth: 2 } },
    ...(isNewFrame ? { zoom: 1, center: middle(box) } : {}),
  };
  chart.setOption({
    animation: false,
    tooltip: tooltipOption(),
    geo,
    series: [bordersOf(frame), ...linesOf(scene, pick), ...spotsOf(scene, pick), frameNames(frame, scene)],
  }, isNewFrame ? { notMerge: true } : { replaceMerge: ["series"] });
};

const tipOfEvent = (event) => {
  const key = keyOf(event);
  return key ? drawn.tell(key) : "";
};
const tooltipOption = () => ({
  trigger: "item", confine: true, transitionDuration: 0,
  backgroundColor: colourOf("card"), borderColor: colourOf("frame-line"), textStyle: { color: colourOf("ink"), fontSize: 13 },
  formatter: tipOfEvent,
});

const bordersOf = (frame) => ({
  type: "lines", coordinateSystem: "geo", polyline: true, silent: true, z: 2,
  lineStyle: { color: colourOf("border"), width: 1, opacity: 1 },
  data: TOLD.shapes.borders
    .map((line) => (FRAMES[frame].sheet ? line.filter((at) => !within(at, FRAMES[frame].sheet)) : line))
    .filter((line) => line.length > 1).map((coords) => ({ coords })),
});

// Lines of one colour are one series each, so that a style stands once and not with every line.
const linesOf = (scene, pick) => {
  const lines = scene.lines ?? [];
  const kinds = new Map();
  for (const line of lines) {
    if (line.from === line.to) continue;
    const kind = `${line.colour}|${Boolean(line.isDotted)}`;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(line);
  }
  const hasArrows = lines.length <= MOST_ARROWS;
  const isPicked = lines.some((line) => line.key === pick);
  return [...kinds].map(([kind, members]) => ({
    type: "lines", coordinateSystem: "geo", z: BELOW.has(members[0].colour) ? 3 : 4, progressive: 4000,
    progressiveThreshold: 20000,
    symbol: hasArrows ? ["none", "arrow"] : ["none", "none"],
    lineStyle: { color: colourOf(members[0].colour), curveness: BEND, opacity: 0.82, type: members[0].isDotted ? [4, 4] : "solid" },
    emphasis: { lineStyle: { opacity: 1, color: colourOf("ink") } },
    data: members.map((line) => ({
      key: line.key,
      coords: [drawn.points.get(line.from), drawn.points.get(line.to)],
      symbolSize: Math.max(6, 3 + line.width * 1.5),
      lineStyle: { width: line.width, ...(isPicked && line.key !== pick ? { opacity: 0.12 } : {}) },
    })),
  }));
};

// A bubble takes as much of a small map as of a large one.
const bubbleScale = () => Math.min(1, Math.max(0.5, stage.clientWidth / 720));
// A name at the right edge of the map would be cut off.
const labelSide = (place) => {
  if (place in LABEL_SIDES) return LABEL_SIDES[place];
  const [west, , east] = FRAMES[drawn.frame].box;
  return drawn.points.get(place)[0] > east - 0.12 * (east - west) && !drawn.points.far.has(place) ? "left" : "right";
};

// Dots and bubbles with their names; a line from a place to itself is a ring.
const spotsOf = (scene, pick) => {
  const loops = (scene.lines ?? []).filter((line) => line.from === line.to)
    .map((line) => ({ key: line.key, place: line.from, size: 16 + line.width * 2, colour: line.colour, isRing: true, width: line.width }));
  const points = scene.points ?? [];
  const isPicked = points.some((point) => point.key && point.key === pick);
  const named = (point) => (point.isNamed ? placeName(point.place) : "");
  const data = [...loops, ...points].filter((point) => drawn.points.has(point.place)).map((point) => ({
    key: point.key, name: named(point), value: drawn.points.get(point.place),
    symbol: point.shape ?? "circle", symbolSize: point.isBubble ? point.size * bubbleScale() : point.size, symbolRotate: point.isDown ? 180 : 0,
    itemStyle: {
      color: point.isRing ? "transparent" : point.colour ? colourOf(point.colour) : colourOf("ink"),
      opacity: isPicked && point.isBubble && point.key !== pick ? 0.25 : point.isBubble ? 0.78 : 1,
      borderColor: point.isRing ? colourOf(point.colour) : point.isBubble || point.isRimmed ? colourOf("ink") : colourOf("sea"),
      borderWidth: point.isRing ? Math.min(point.width, 5) : point.isBubble ? 0.5 : 1.2,
    },
    label: {
      position: labelSide(point.place),
      show: Boolean(named(point)),
    },
  }));
  return [{
    type: "scatter", coordinateSystem: "geo", z: 6, data,
    label: {
      formatter: "{b}", color: colourOf("ink"), fontSize: 12, textBorderColor: colourOf("halo"), textBorderWidth: 3, distance: 4,
    },
    labelLayout: { hideOverlap: true },
    emphasis: { scale: false, itemStyle: { borderColor: colourOf("ink"), borderWidth: 2 } },
  }];
};

const hasFar = (scene) => scene.points.some((point) => drawn.points.far.has(point.place));
const frameNames = (frame, scene) => {
  const { gulf, far } = FRAMES[frame];
  const named = [
    ...(gulf ? [["frame.gulf", [gulf.west + 0.1, gulf.south + 0.35]]] : []),
    ...(far && hasFar(scene) ? [["frame.far", [far.box[0] + 0.1, far.box[3] - 0.35]]] : []),
  ];
  return {
    type: "scatter", coordinateSystem: "geo", silent: true, symbolSize: 0, z: 7,
    label: { show: true, formatter: "{b}", position: "right", fontSize: 11, fontStyle: "italic", color: colourOf("quiet"), distance: 2,
      textBorderColor: colourOf("halo"), textBorderWidth: 3 },
    data: named.map(([word, value]) => ({ name: say(word), value })),
  };
};

// Fingers scroll the page until the map is larger than its window.
const roamNow = () => (drawn.zoom > 1 ? "move" : false);
const centreNow = () => chart.convertFromPixel("geo", [chart.getWidth() / 2, chart.getHeight() / 2]);
const zoomBy = (factor) => {
  const centre = centreNow();
  drawn.zoom = Math.min(MOST_ZOOM, Math.max(1, drawn.zoom * factor));
  stage.dataset.zoom = drawn.zoom.toFixed(2);
  const center = drawn.zoom === 1 ? middle(FRAMES[drawn.frame].box) : centre;
  chart.setOption({ geo: { zoom: drawn.zoom, center, roam: roamNow() } });
};
const zoomBack = () => zoomBy(0);
const moveBy = (right, up) => {
  const box = FRAMES[drawn.frame].box;
  const step = 0.15 / drawn.zoom;
  const [lon, lat] = centreNow();
  chart.setOption({ geo: { center: [lon + right * step * (box[2] - box[0]), lat + up * step * (box[3] - box[1])] } });
};
