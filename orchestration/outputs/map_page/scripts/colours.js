// Colours stand in the style sheet, once for light and once for dark; patterns are drawn from them.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colours = new Map();
const colourOf = (name) => {
  if (!colours.has(name)) colours.set(name, colour(name));
  return colours.get(name);
};

const patterns = new Map();
// Slanted lines over a ground: a wide interval keeps its colour below them, what is not shown has none.
const patternOf = (ground, line, gap) => {
  const name = `${ground} ${line} ${gap}`;
  if (!patterns.has(name)) {
    const canvas = Object.assign(document.createElement("canvas"), { width: gap, height: gap });
    const pen = canvas.getContext("2d");
    pen.fillStyle = colourOf(ground);
    pen.fillRect(0, 0, gap, gap);
    pen.strokeStyle = colourOf(line);
    pen.lineWidth = 1.1;
    pen.beginPath();
    for (const shift of [-gap, 0, gap]) {
      pen.moveTo(shift, gap);
      pen.lineTo(shift + gap, 0);
    }
    pen.stroke();
    patterns.set(name, { image: canvas, repeat: "repeat" });
  }
  return patterns.get(name);
};
const forgetColours = () => {
  colours.clear();
  patterns.clear();
};
