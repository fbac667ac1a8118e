// What is shown, as a few texts. The address holds them, so that a link leads back to the same picture.
const STATE_KEYS = [
  "lang",
  "view",
  "grain",
  "kind",
  "period",
  "windows",
  "lines",
  "people",
  "role",
  "find",
  "exploitation_type",
  "transport_mode",
  "recruitment_method",
  "novelty",
  "most",
  "unprinted",
  "moment",
  "pick",
];
let state = Object.fromEntries(STATE_KEYS.map((key) => [key, ""]));

const stateOfAddress = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(STATE_KEYS.map((key) => [key, given.get(key) ?? ""]));
};
const addressOf = (shown) => {
  const kept = STATE_KEYS.filter((key) => shown[key] !== "").map((key) => [key, shown[key]]);
  return `#${new URLSearchParams(kept)}`;
};

// The wish where it can be had, else the first or the last of what there is.
const firstOf = (wish, offered) => (offered.includes(wish) ? wish : (offered[0] ?? ""));
const lastOf = (wish, offered) => (offered.includes(wish) ? wish : (offered.at(-1) ?? ""));
// Of periods the last that partners reported all of.
const newestOf = (wish, offered, grain) => {
  const whole = offered.filter((period) => !isPartial(grain, period));
  return lastOf(wish, offered.includes(wish) || !whole.length ? offered : whole);
};
