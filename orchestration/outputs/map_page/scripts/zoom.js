// Zoom and move the map by buttons and keys.
const MOST_ZOOM = 12;

// Touch scrolls the page unless the map is zoomed in.
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
  chart.setOption({
    geo: { center: [lon + right * step * (box[2] - box[0]), lat + up * step * (box[3] - box[1])] },
  });
};

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const moveByKey = (event) => {
  if (event.key === "+" || event.key === "=") zoomBy(1.5);
  else if (event.key === "-") zoomBy(1 / 1.5);
  else if (event.key === "0") zoomBack();
  else if (event.key in KEYS && drawn.zoom > 1) moveBy(...KEYS[event.key]);
  else return;
  event.preventDefault();
};
