// The state of the page as texts. The address holds it, so that a link leads to the same picture.
const STATE_KEYS = [
  "lang",
  "view",
  "people",
  "kind",
  "period",
  "windows",
  "role",
  "list",
  "find",
  "most",
  "pick",
];
const stateOfNothing = () => Object.fromEntries(STATE_KEYS.map((key) => [key, ""]));
let state = stateOfNothing();

const stateOfAddress = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(STATE_KEYS.map((key) => [key, given.get(key) ?? ""]));
};
const addressOf = (shown) => {
  const kept = STATE_KEYS.filter((key) => shown[key] !== "").map((key) => [key, shown[key]]);
  return `#${new URLSearchParams(kept)}`;
};
