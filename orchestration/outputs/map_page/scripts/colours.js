// Colours come from the style sheet, for light and dark; patterns are drawn with them.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colours = new Map();
const colourOf = (name) => {
  if (!colours.has(name)) colours.set(name, colour(name));
  return colours.get(name);
};

const patterns = new Map();
// Slanted lines over a colour, distinct from a full colour on any screen and in print.
const STRIPE = 8;
const stripesOf = (ground) => {
  if (!patterns.has(ground)) {
    const canvas = Object.assign(document.createElement("canvas"), { width: STRIPE, height: STRIPE });
    const pen = canvas.getContext("2d");
    pen.fillStyle = colourOf(ground);
    pen.fillRect(0, 0, STRIPE, STRIPE);
    pen.strokeStyle = colourOf("stripe");
    pen.lineWidth = 1.6;
    pen.beginPath();
    for (const shift of [-STRIPE, 0, STRIPE]) {
      pen.moveTo(shift, STRIPE);
      pen.lineTo(shift + STRIPE, 0);
    }
    pen.stroke();
    patterns.set(ground, { image: canvas, repeat: "repeat" });
  }
  return patterns.get(ground);
};
const fillOf = ({ colour: name, isStriped }) => (isStriped ? stripesOf(name) : colourOf(name));
const forgetColours = () => {
  colours.clear();
  patterns.clear();
};
