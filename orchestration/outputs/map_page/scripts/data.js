// The published tables of this edition as rows, names of places and periods, and texts in the chosen language.
const PAGE = JSON.parse(document.getElementById("payload").textContent);
const { policy: POLICY, colours: COLOURS, sheets: SHEETS } = PAGE;
const PUBLIC = PAGE.edition === "public";
const decoded = new Map();
const grouped = new Map();

const rowsOf = (table) => {
    if (!decoded.has(table)) {
        const columns = Object.entries(PAGE.tables[table] ?? {}).map(([name, column]) => [
            name,
            Array.isArray(column) ? column : column.at.map((at) => column.of[at] ?? null),
        ]);
        const rows = (columns[0]?.[1] ?? []).map((_, at) =>
            Object.fromEntries([["table", table], ...columns.map(([name, column]) => [name, column[at]])]),
        );
        decoded.set(table, rows);
    }
    return decoded.get(table);
};
// Rows of a table whose columns have these values.
const where = (table, wanted) => {
    const columns = Object.keys(wanted);
    const name = [table, ...columns].join();
    if (!grouped.has(name)) {
        const groups = new Map();
        for (const row of rowsOf(table)) {
            const key = columns.map((column) => row[column]).join("|");
            if (!groups.has(key)) groups.set(key, []);
            groups.get(key).push(row);
        }
        grouped.set(name, groups);
    }
    return grouped.get(name).get(Object.values(wanted).join("|")) ?? [];
};

const LANGUAGES = Object.keys(PAGE.texts);
let language = "en";
const known = (key) => key in PAGE.texts[language] || key in PAGE.texts.en;
// A text in the chosen language; in English where it lacks one.
const say = (key, named = {}) =>
    (PAGE.texts[language][key] ?? PAGE.texts.en[key] ?? key).replaceAll(/\{(\w+)\}/g, (_, name) => named[name]);
// The text of a code of the tables, such as a label; the code itself where it has none.
const sayCode = (kind, code) => (known(`${kind}.${code}`) ? say(`${kind}.${code}`) : String(code));
const count = (value) => value.toLocaleString("en");
const percent = (share) => `${Math.round(100 * share)} %`;
const LEAST = `<${POLICY.least}`;
const countOrLeast = (value) => (value === null || value === undefined ? LEAST : count(value));

const PLACES = new Map(Object.entries(PAGE.places).map(([id, [name, kind, country, parent]]) => [id, { name, kind, country, parent }]));
const COUNTIES = new Set([...PLACES.values()].filter(({ kind }) => kind === "county").map(({ name }) => name));
// Kenya as a place means that the county is not known. A border point often has the name of its county.
const placeName = (id) => {
    const place = PLACES.get(id);
    const name = known(`place.${id}`) ? say(`place.${id}`, POLICY) : (place?.name ?? id);
    return place?.kind === "border_point" && COUNTIES.has(name) ? `${name} (${say("name.border_point")})` : name;
};
const corridorName = (id) => id.split(">").map(placeName).join(" → ");
const isKenyan = (place) => PLACES.get(place)?.country === "KEN";
const isCounty = (place) => place in SHEETS.kenya.counties;
// Whether a place lies on one of the drawings. Kenya alone, an unknown place and a sum of small rows do not.
const isPlaced = (place) => place in SHEETS.kenya.points || (place !== "KEN" && place in SHEETS.abroad.points);

const PERIODS = new Map(rowsOf("periods").map((period) => [period.period_id, period]));
const isComplete = (id) => PERIODS.get(id)?.is_complete ?? true;
const monthName = (year, month) => `${say(`month.${Number(month)}`)} ${year}`;
const sayMonth = (day) => (day ? monthName(...day.split("-")) : "");
// Parts of ids such as year-2025, 2025-Q2, 2025-Q2-12m, 2025-07-12m and round-2020.
const partsOf = (id) => id.match(/^(?:year-|round-)?(\d{4})(?:-Q(\d))?(?:-(\d\d))?(?:-12m)?$/) ?? [];
const KINDS = ["year", "quarter", "rolling", "round"];
const kindOf = (id) => (id.startsWith("year-") ? "year" : id.endsWith("-12m") ? "rolling" : id.includes("-Q") ? "quarter" : "round");
// Whether the tables count cases of the period.
const isCounted = (id) => ["year", "quarter"].includes(kindOf(id));
// Why a period is not complete: one that is over may still grow.
const partialOf = (id) => {
    const { partial_reason: reason, period_to: last } = PERIODS.get(id);
    return reason ?? (last < PAGE.as_of ? "grows" : "running");
};
const mayGrow = (id) => !isComplete(id) && partialOf(id) === "grows";
const periodName = (id, part = "period.partial") => {
    const [, year, quarter, month] = partsOf(id);
    if (id.endsWith("-12m")) return say("period.rolling_12_months", { month: monthName(year, month ?? quarter * 3) });
    if (id.startsWith("round-")) return say("period.round", { round: id.slice(6) });
    if (quarter) return `${say(`month.${quarter * 3 - 2}`)}–${say(`month.${quarter * 3}`)} ${year}${mayGrow(id) ? " ○" : ""}`;
    if (isComplete(id)) return year ?? id;
    const { months_reported: months, partial_reason: reason } = PERIODS.get(id);
    return reason === "begins_before_reporting" && months
        ? `${say(`month.${13 - months}`)}–${say("month.12")} ${year}`
        : say(part, { period: year, months: months ?? 0 });
};
// The same period of the year before.
const yearBefore = (id) => id.replace(/\d{4}/, (year) => year - 1);
const COUNTED_IDS = [...new Set(["corridors", "starts", "ends"].flatMap((table) => rowsOf(table).map((row) => row.period_id)))].sort();
const periodsLike = (id) => COUNTED_IDS.filter((one) => kindOf(one) === kindOf(id) && PERIODS.get(one)?.months_reported !== 0);

// Two standard deviations of the noise that protection added to a public count.
const noiseOf = (value) => {
    const row = value >= POLICY.noise_row_3_from ? 3 : value >= POLICY.noise_row_2_from ? 2 : 1;
    return PUBLIC ? 2 * Math.sqrt(POLICY[`noise_row_${row}_variance`]) : 0;
};
