// What is shown, as texts. The address holds it, so that a link leads to the same picture.
const VIEWS = ["corridors", "places", "changes"];
const ROLES = ["from", "through", "to", "border"];
const KEYS = ["lang", "view", "period", "role", "via", "new", "hide", "most", "pick"];
const IS_EMBEDDED = new URLSearchParams(location.search).has("embed");

const periodsOf = (...tables) => tables.flatMap((table) => rowsOf(table).map((row) => row.period_id));
const OFFERED = {
    corridors: new Set(periodsOf("corridors", "mentions")),
    places: new Set(periodsOf("starts", "passings", "ends", "border_points", "hotspots", "mentions")),
    changes: new Set([
        ...periodsOf("shifts", "novelty"),
        ...COUNTED_IDS.filter((id) => where("corridors", { period_id: id }).some((row) => row.change)),
    ]),
};
const endOf = (id) => {
    const [, year, quarter, month] = partsOf(id);
    return `${kindOf(id) === "round" ? 0 : 1}${year}${String(month ?? (quarter ? quarter * 3 : 12)).padStart(2, "0")}`;
};
const PERIOD_IDS = [...new Set(Object.values(OFFERED).flatMap((ids) => [...ids]))]
    .filter((id) => kindOf(id) !== "quarter" || PERIODS.get(id)?.months_reported)
    .sort((a, b) => endOf(b).localeCompare(endOf(a)));
const newest = (ids) => ids.find((id) => kindOf(id) === "year" && isComplete(id)) ?? ids[0];

let state = Object.fromEntries(KEYS.map((key) => [key, ""]));

const placeNamed = (text) => {
    const plain = (one) =>
        one
            .normalize("NFD")
            .replaceAll(/[\u0300-\u036f]/g, "")
            .trim()
            .toLowerCase();
    return [...PLACES.keys()].find((id) => id === text || plain(placeName(id)) === plain(text));
};

const stateOfAddress = () => {
    const given = new URLSearchParams(location.search);
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) given.set(key, value);
    const wish = Object.fromEntries(KEYS.map((key) => [key, given.get(key) ?? ""]));
    wish.pick ||= placeNamed(given.get("place") ?? "") ?? "";
    return settled(wish);
};
// The nearest state that this edition can show.
const settled = (wish) => {
    const view = VIEWS.includes(wish.view) ? wish.view : "corridors";
    const period = PERIOD_IDS.includes(wish.period) ? wish.period : newest(PERIOD_IDS);
    return {
        ...wish,
        lang: LANGUAGES.includes(wish.lang) ? wish.lang : language,
        period,
        view: OFFERED[view].has(period) ? view : VIEWS.find((one) => OFFERED[one].has(period)),
        role: ROLES.includes(wish.role) ? wish.role : "from",
        pick: wish.pick.split(">").every((stop) => PLACES.has(stop)) ? wish.pick : "",
    };
};
const addressOf = (shown) => {
    const kept = KEYS.filter((key) => shown[key] !== "").map((key) => [key, shown[key]]);
    return `#${new URLSearchParams(kept)}`;
};
const isHidden = (direction) => state.hide.split(",").includes(direction);
