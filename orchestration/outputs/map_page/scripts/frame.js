// Where a place stands in the drawing. Kenya and its neighbours stand where they lie, in degrees; the Gulf
// is drawn small in a frame of its own, and what lies farther away is a list in another.
const FRAMES = {
  wide: {
    box: [29, -7.7, 53.2, 10.2],
    gulf: { west: 45.3, south: -7.4, high: 6.9 },
    far: { box: [49.1, 0, 53, 6.1], columns: 1 },
  },
  tall: {
    box: [29.1, -17.4, 46.6, 10.2],
    sheet: [20, -20, 60, -7.4],
    gulf: { west: 29.4, south: -15, high: 7.2 },
    far: { box: [37.9, -15, 46.3, -7.8], columns: 2 },
  },
  kenya: { box: [33.3, -5.2, 42.5, 5.7] },
};
// What the small map of the Gulf shows; a degree of longitude is shorter there.
const AROUND_GULF = { west: 30, south: 11.5, east: 62, north: 38, narrow: 0.92 };
// Capitals that lie just outside.
const MOVED = { COD: [29.6, -0.6], SDN: [31.6, 9.8] };
// An end that nobody told, and Kenya where no county is told, have no place on a map.
const PLACELESS = new Set(["unknown", "KEN"]);
const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
const within = (point, [west, south, east, north]) =>
  point[0] >= west && point[0] <= east && point[1] >= south && point[1] <= north;

const inGulf = ({ gulf }, [lon, lat]) => {
  const scale = gulf.high / (AROUND_GULF.north - AROUND_GULF.south);
  return [
    gulf.west + (lon - AROUND_GULF.west) * scale * AROUND_GULF.narrow,
    gulf.south + (lat - AROUND_GULF.south) * scale,
  ];
};
const gulfBox = (frame) => [
  frame.gulf.west,
  frame.gulf.south,
  ...inGulf(frame, [AROUND_GULF.east, AROUND_GULF.north]),
];
const isGulf = (place) => place.country_place_id in TOLD.shapes.gulf;

// Points by place, of all places that the edition names.
const pointsIn = (name) => {
  const frame = FRAMES[name];
  const points = new Map();
  const far = [];
  for (const place of PLACES.values()) {
    if (PLACELESS.has(place.place_id) || place.lon === null) continue;
    const lies = MOVED[place.place_id] ?? [place.lon, place.lat];
    if (!frame.gulf) points.set(place.place_id, lies);
    else if (isGulf(place)) points.set(place.place_id, inGulf(frame, lies));
    else if (within(lies, frame.box) && !(frame.sheet && within(lies, frame.sheet)))
      points.set(place.place_id, lies);
    else far.push(place);
  }
  if (frame.far) {
    far.sort((a, b) => (a.name < b.name ? -1 : 1));
    const [west, south, east, north] = frame.far.box;
    const rows = Math.ceil(far.length / frame.far.columns);
    const high = Math.min(1.1, (north - south - 1) / Math.max(rows, 1));
    far.forEach((place, at) => {
      const column = Math.floor(at / rows);
      points.set(place.place_id, [
        west + 0.4 + (column * (east - west)) / frame.far.columns,
        north - 1 - (at % rows) * high,
      ]);
    });
  }
  points.far = new Set(far.map((place) => place.place_id));
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

// The ground as ECharts wants it. Features that come later are drawn above the earlier ones.
const groundOf = (name, hasFar) => {
  const frame = FRAMES[name];
  const { land, counties, gulf, gulf_surroundings: surroundings } = TOLD.shapes;
  const features = [
    ...Object.entries(land).map(([code, polygons]) => feature(code, polygons)),
    ...Object.entries(counties).map(([code, polygons]) => feature(code, polygons)),
  ];
  if (frame.sheet) features.push(feature("sheet", [rectangle(frame.sheet)]));
  if (frame.gulf) {
    const moved = (polygons) =>
      polygons.map((rings) => rings.map((ring) => ring.map((at) => inGulf(frame, at))));
    features.push(feature("gulf-frame", [rectangle(gulfBox(frame))]));
    features.push(feature("gulf-surroundings", moved(surroundings)));
    for (const [code, polygons] of Object.entries(gulf))
      features.push(feature(`gulf-${code}`, moved(polygons)));
    features.push(feature("gulf-outline", [rectangle(gulfBox(frame))]));
    if (hasFar) features.push(feature("far-frame", [rectangle(frame.far.box)]));
  }
  return { type: "FeatureCollection", features };
};
