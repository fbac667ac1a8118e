// The ground under the marks: land, counties, frames and borders.
const groundStyle = (name, scene, areas) => {
  const area = areas.get(name);
  const line = { borderColor: colourOf("county-line"), borderWidth: 0.6 };
  if (area) return { areaColor: fillOf(area), ...line };
  if (name === "sheet") return { areaColor: colourOf("sea"), borderWidth: 0 };
  if (name === "far-frame" && !hasFar(scene)) return { opacity: 0 };
  if (name === "gulf-outline")
    return { areaColor: "transparent", borderColor: colourOf("frame-line"), borderWidth: 1 };
  if (name.endsWith("-frame"))
    return { areaColor: colourOf("sea"), borderColor: colourOf("frame-line"), borderWidth: 1 };
  if (name in PAYLOAD.shapes.counties) return { areaColor: colourOf("kenya"), ...line };
  if (name.startsWith("gulf-") && name !== "gulf-surroundings") {
    return { areaColor: colourOf("land"), borderColor: colourOf("border"), borderWidth: 0.7 };
  }
  return { areaColor: colourOf("land"), borderWidth: 0 };
};

const bordersOf = (frame) => ({
  type: "lines",
  coordinateSystem: "geo",
  polyline: true,
  silent: true,
  z: 2,
  lineStyle: { color: colourOf("border"), width: 1, opacity: 1 },
  data: PAYLOAD.shapes.borders
    .map((line) => (FRAMES[frame].sheet ? line.filter((at) => !within(at, FRAMES[frame].sheet)) : line))
    .filter((line) => line.length > 1)
    .map((coords) => ({ coords })),
});

const hasFar = (scene) => scene.points.some((point) => drawn.points.far.has(point.place));
const frameNames = (frame, scene) => {
  const { gulf, far } = FRAMES[frame];
  const named = [
    ...(gulf ? [["frame.gulf", [gulf.box[0] + 0.1, gulf.box[1] + 0.35]]] : []),
    ...(far && hasFar(scene) ? [["frame.far", [far.box[0] + 0.1, far.box[3] - 0.35]]] : []),
  ];
  return {
    type: "scatter",
    coordinateSystem: "geo",
    silent: true,
    symbolSize: 0,
    z: 7,
    label: {
      show: true,
      formatter: "{b}",
      position: "right",
      fontSize: 11,
      fontStyle: "italic",
      color: colourOf("quiet"),
      distance: 2,
      textBorderColor: colourOf("halo"),
      textBorderWidth: 3,
    },
    data: named.map(([word, value]) => ({ name: say(word), value })),
  };
};
