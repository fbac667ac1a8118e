// Texts in the chosen language; English where it lacks one.
const LANGUAGES = Object.keys(PAYLOAD.texts);
let language = "en";

const known = (key) => key in PAYLOAD.texts[language] || key in PAYLOAD.texts.en;
const say = (key, named = {}) =>
  (PAYLOAD.texts[language][key] ?? PAYLOAD.texts.en[key] ?? key).replaceAll(/\{(\w+)\}/g, (_, name) => named[name]);
// The text of a code of the tables, such as a label or a band; the code itself where it has none.
const sayCode = (kind, value) => (known(`${kind}.${value}`) ? say(`${kind}.${value}`) : String(value));
const POLICY = PAYLOAD.policy;
const count = (value) => value.toLocaleString("en");
const percent = (share) => `${Math.round(100 * share)} %`;

// Kenya as a place means that the county is not known. A border point often has the name of its county.
const placeName = (id) => {
  const place = PLACES.get(id);
  const name = known(`place.${id}`) ? say(`place.${id}`, POLICY) : (place?.name ?? id);
  return place?.kind === "border_point" && COUNTY_NAMES.has(name)
    ? `${name} (${say("name.border_point")})`
    : name;
};
const countryName = (id) => {
  const country = PLACES.get(id)?.country;
  return country === "KEN" ? "Kenya" : country ? placeName(country) : "";
};
const corridorName = (id) => id.split(">").map(placeName).join(" → ");

const monthName = (year, month) => `${say(`month.${Number(month)}`)} ${year}`;
// For ids such as year-2025, 2025-Q2, 2025-Q2-12m, 2025-07-12m and round-2020.
const periodName = (id) => {
  const [, year, quarter, month] = id.match(/^(?:year-)?(\d{4})(?:-Q(\d))?(?:-(\d\d))?(?:-12m)?$/) ?? [];
  const name = () => {
    if (id.endsWith("-12m")) return say("period.rolling_12_months", { month: monthName(year, month ?? quarter * 3) });
    if (quarter) return say("period.quarter", { year, quarter });
    if (id.startsWith("round-")) return say("period.round", { round: id.slice(6) });
    return year ?? id;
  };
  const period = PERIODS.get(id);
  if (period?.is_complete ?? true) return name();
  const months = period.months_reported ?? 0;
  return period.partial_reason === "begins_before_reporting" && id.startsWith("year-") && months
    ? `${name()} (${say(`month.${13 - months}`)}–${say("month.12")})`
    : say("period.partial", { period: name(), months });
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
