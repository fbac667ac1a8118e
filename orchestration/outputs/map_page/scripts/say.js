// Words in the language that was chosen; what a language lacks is said in English.
const LANGUAGES = Object.keys(TOLD.words);
let language = "en";

const known = (key) => key in TOLD.words[language] || key in TOLD.words.en;
const say = (key, named = {}) =>
  (TOLD.words[language][key] ?? TOLD.words.en[key] ?? key).replaceAll(/\{(\w+)\}/g, (_, name) => named[name]);
// The key of a value of the tables, such as a label or a band; a value without words stands as it is.
const sayCode = (kind, value) => (known(`${kind}.${value}`) ? say(`${kind}.${value}`) : String(value));
const count = (value) => value.toLocaleString("en");
const decimal = (value) => value.toFixed(2);

// A border point often bears the name of its county.
const placeName = (id) => {
  const place = PLACES.get(id);
  const name = TOLD.words[language][`place.${id}`] ?? place?.name ?? id;
  return place?.kind === "border_point" && COUNTY_NAMES.has(name)
    ? `${name} (${say("name.border_point")})`
    : name;
};
const countryName = (id) => {
  const country = PLACES.get(id)?.country_place_id ?? id;
  return country === "KEN" ? say("country.KEN") : placeName(country);
};
const isInKenya = (place) => PLACES.get(place)?.country_place_id === "KEN";
const corridorName = (from, to) => `${placeName(from)} → ${placeName(to)}`;

const monthName = (day) => `${say(`month.${Number(day.slice(5, 7))}`)} ${day.slice(0, 4)}`;
const periodName = (id, grain) => {
  const period = PERIODS.get(id);
  if (!period) return id;
  if (isPartial(grain, id)) return say("period.partial", { period: periodName(id) });
  const year = period.period_to.slice(0, 4);
  const quarter = Math.ceil(Number(period.period_to.slice(5, 7)) / 3);
  return known(`period.${period.period_kind}`)
    ? say(`period.${period.period_kind}`, { year, quarter, month: monthName(period.period_to) })
    : id;
};

// Texts of the page itself, each marked with its key.
const sayAll = () => {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-say]"))
    element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-say-label]")) {
    element.setAttribute("aria-label", say(element.dataset.sayLabel));
  }
};

// An element with attributes and children; texts become text nodes, so no value is ever read as HTML.
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
};
