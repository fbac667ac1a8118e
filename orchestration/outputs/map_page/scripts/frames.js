// The ground of each drawing. Positions of places come from the payload.
const FRAMES = PAYLOAD.frames;
const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
const within = (point, [west, south, east, north]) =>
  point[0] >= west && point[0] <= east && point[1] >= south && point[1] <= north;

const isPlaced = (id) => id in FRAMES.wide.points;
// Points by place.
const pointsIn = (name) => {
  const points = new Map(Object.entries(FRAMES[name].points));
  points.far = new Set(FRAMES[name].far?.places);
  return points;
};

const rectangle = ([west, south, east, north]) => [
  [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ],
];
const feature = (name, polygons) => ({
  type: "Feature",
  properties: { name },
  geometry: { type: "MultiPolygon", coordinates: polygons },
});

// The ground as GeoJSON for ECharts; later features are drawn above earlier ones.
const groundOf = (name) => {
  const frame = FRAMES[name];
  const { land, counties } = PAYLOAD.shapes;
  const features = [
    ...Object.entries(land).map(([code, polygons]) => feature(code, polygons)),
    ...Object.entries(counties).map(([code, polygons]) => feature(code, polygons)),
  ];
  if (frame.sheet) features.push(feature("sheet", [rectangle(frame.sheet)]));
  if (frame.gulf) {
    const { box, surroundings, ...states } = frame.gulf;
    features.push(feature("gulf-frame", [rectangle(box)]));
    features.push(feature("gulf-surroundings", surroundings));
    for (const [code, polygons] of Object.entries(states)) features.push(feature(`gulf-${code}`, polygons));
    features.push(feature("gulf-outline", [rectangle(box)]));
  }
  if (frame.far?.places.length) features.push(feature("far-frame", [rectangle(frame.far.box)]));
  return { type: "FeatureCollection", features };
};
