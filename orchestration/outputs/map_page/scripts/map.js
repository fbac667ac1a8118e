// Draws a scene: areas, lines and points of a view. Picked rows stand out; all others fade.
const TALL_BELOW = 620; // pixels
const stage = document.getElementById("map");
let chart = null;
let drawn = { frame: "", points: null, zoom: 1, tip: null };

// A scene within Kenya is drawn as large as possible.
const isAllInKenya = ({ points }) =>
  points.length > 0 &&
  points.every(({ place }) => !(place in FRAMES.wide.points) || within(FRAMES.wide.points[place], FRAMES.kenya.box));
const frameOf = (view, scene) => {
  if (view.frame !== "around" || isAllInKenya(scene)) return "kenya";
  return stage.clientWidth < TALL_BELOW ? "tall" : "wide";
};

const startMap = (onPick, tip, onResize) => {
  chart = echarts.init(stage, null, { renderer: "canvas" });
  drawn.tip = tip;
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
    // The element has no size for a moment when the page is printed.
    if (!width || !height) return;
    if (width !== chart.getWidth() || height !== chart.getHeight()) chart.resize();
    onResize();
  }).observe(stage);
};
const keyOf = (event) => (event.componentType === "geo" ? drawn.areas.get(event.name) : event.data?.key);

// `picked`: keys of the rows that stand out.
const drawMap = (view, scene, picked) => {
  const frame = frameOf(view, scene);
  const isNewFrame = frame !== drawn.frame;
  const box = FRAMES[frame].box;
  stage.dataset.frame = frame;
  stage.style.aspectRatio = String((box[2] - box[0]) / (box[3] - box[1]));
  if (isNewFrame) {
    const points = pointsIn(frame);
    echarts.registerMap(frame, groundOf(frame));
    drawn = { ...drawn, frame, points, zoom: 1 };
    chart.resize();
  }
  drawn.areas = new Map((scene.areas ?? []).map((area) => [area.place, area.key]));
  const areas = new Map((scene.areas ?? []).map((area) => [area.place, area]));
  const names = groundOf(frame).features.map((one) => one.properties.name);
  const regions = names.map((name) => ({
    name,
    silent: !areas.has(name),
    itemStyle: {
      ...groundStyle(name, scene, areas),
      ...(areas.has(name) && picked.has(areas.get(name).key)
        ? { borderColor: colourOf("ink"), borderWidth: 2.5 }
        : {}),
    },
  }));
  const geo = {
    map: frame,
    aspectScale: 1,
    left: 0,
    right: 0,
    top: 0,
    bottom: 0,
    regions,
    boundingCoords: [
      [box[0], box[3]],
      [box[2], box[1]],
    ],
    roam: roamNow(),
    scaleLimit: { min: 1, max: MOST_ZOOM },
    selectedMode: false,
    label: { show: false },
    tooltip: { show: true, formatter: tipOfEvent },
    emphasis: {
      label: { show: false },
      itemStyle: { areaColor: "inherit", borderColor: colourOf("ink"), borderWidth: 2 },
    },
    ...(isNewFrame ? { zoom: 1, center: middle(box) } : {}),
  };
  const lines = linesOf(scene, picked);
  stage.dataset.lines = String(lines.flatMap(({ data }) => data).length);
  chart.setOption(
    {
      animation: false,
      tooltip: tooltipOption(),
      geo,
      series: [bordersOf(frame), ...lines, ...spotsOf(scene, picked), frameNames(frame, scene)],
    },
    isNewFrame ? { notMerge: true } : { replaceMerge: ["series"] },
  );
};

const tipOfEvent = (event) => {
  const key = keyOf(event);
  return key ? drawn.tip(key) : "";
};
const tooltipOption = () => ({
  trigger: "item",
  confine: true,
  transitionDuration: 0,
  backgroundColor: colourOf("card"),
  borderColor: colourOf("frame-line"),
  textStyle: { color: colourOf("ink"), fontSize: 13 },
  formatter: tipOfEvent,
});
