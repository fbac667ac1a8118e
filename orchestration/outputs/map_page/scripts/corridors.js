// Corridors: persons from origin to destination, or the ways they took, of which only the places are printed.
const DOMAINS = ["exploitation_type", "transport_mode", "recruitment_method"];
const viaOf = (at, from, to) => {
  if (!prints("routes", "via_place_id")) return [];
  return rowsWhere("routes", { ...at, origin_place_id: from, destination_place_id: to }).map(
    (row) => row.via_place_id,
  );
};
const codesOf = (at, from, to, domain) => {
  if (!prints("corridor_codes", "code")) return [];
  return rowsWhere("corridor_codes", { ...at, origin_place_id: from, destination_place_id: to, domain }).map(
    (row) => row.code,
  );
};
const sayCodes = (domain, codes) =>
  codes
    .map((code) => sayCode(`code.${domain}`, code))
    .sort()
    .join(", ");

const corridorsView = {
  id: "corridors",
  isPrinted: () => rowsOf("corridors").length > 0,
  frame: "around",
  offers(wish) {
    const grains = distinct(rowsOf("corridors"), "record_grain");
    const grain = firstOf(wish.grain, grains);
    const periods = inOrder(distinct(rowsWhere("corridors", { record_grain: grain }), "period_id"));
    const period = lastOf(wish.period, periods);
    const at = { record_grain: grain, period_id: period };
    const ways = rowsWhere("routes", at).length > 0;
    const lines = ways ? ["persons", "ways"] : ["persons"];
    const coded = rowsWhere("corridor_codes", at);
    const codes = DOMAINS.map((domain) => [
      domain,
      distinct(
        coded.filter((row) => row.domain === domain),
        "code",
      ).sort(),
    ]);
    const roles = ways ? ["any", "origin", "transit", "destination"] : ["any", "origin", "destination"];
    return {
      grain: grains,
      period: periods,
      lines,
      role: roles,
      novelty: newChoices(at),
      find: "text",
      most: ["25", "60", "150", "all"],
      unprinted: ["", "yes"],
      ...Object.fromEntries(
        codes.filter(([, found]) => found.length).map(([domain, found]) => [domain, ["", ...found]]),
      ),
    };
  },
  defaults: { most: "60" },
  // Asked for twice in one drawing, for the rows and for the sentence above them.
  all(shown) {
    const asked = [shown.grain, shown.period, shown.lines, language].join(" ");
    if (this.kept?.asked !== asked) this.kept = { asked, rows: this.read(shown) };
    return this.kept.rows;
  },
  read(shown) {
    const at = { record_grain: shown.grain, period_id: shown.period };
    const told = shown.lines === "ways" ? rowsWhere("routes", at) : rowsWhere("corridors", at);
    return told.map((row) => {
      const [from, to] = [row.origin_place_id, row.destination_place_id];
      const via = shown.lines === "ways" ? [row.via_place_id] : viaOf(at, from, to);
      return {
        told: row,
        from,
        to,
        via,
        direction: directionOf(from, to),
        weight: row.person_count ?? null,
        novelty: shown.lines === "ways" ? "" : noveltyOf(at, `${from}>${to}`, "any"),
        codes: Object.fromEntries(DOMAINS.map((domain) => [domain, codesOf(at, from, to, domain)])),
        key: [from, ...(shown.lines === "ways" ? via : []), to].join(">"),
        title: [from, ...(shown.lines === "ways" ? via : []), to].map(placeName).join(" → "),
      };
    });
  },
  rows(shown) {
    const fits = (row) =>
      findsCorridor(shown.find, shown.role, row) &&
      isNewEnough(shown, row) &&
      DOMAINS.every((domain) => !shown[domain] || row.codes[domain].includes(shown[domain]));
    const found = this.all(shown).filter(fits).sort(byWeight);
    if (shown.lines === "ways") return found;
    const printed = found.filter((row) => row.weight !== null);
    const most = shown.most === "all" ? printed : printed.slice(0, Number(shown.most));
    return shown.unprinted ? [...most, ...found.filter((row) => row.weight === null)] : most;
  },
  columns(shown) {
    const ways = shown.lines === "ways";
    const via = listColumn("via", (row) => row.via.map(placeName).sort().join(", "));
    const codes = DOMAINS.filter((domain) => prints("corridor_codes", "code")).map((domain) =>
      listColumn(domain, (row) => sayCodes(domain, row.codes[domain])),
    );
    return [
      columnOf("from", (row) => placeName(row.from)),
      ...(ways ? [via] : []),
      columnOf("to", (row) => placeName(row.to)),
      columnOf("direction", (row) => say(`direction.${row.direction}`)),
      ...(ways ? [] : [numberColumn("persons", (row) => row.weight), ...noveltyColumns(shown)]),
      ...(!ways && prints("routes", "via_place_id") ? [via] : []),
      ...codes,
    ];
  },
  summary(shown, rows) {
    const where = whereOf(shown);
    if (shown.lines === "ways") return say("summary.ways", { ...where, count: count(rows.length) });
    return say("summary.corridors", {
      ...where,
      printed: count(rows.length),
      hidden: count(this.all(shown).length - rows.length),
    });
  },
  highlights: (shown, rows) => `${sayLargest(rows)} ${sayPlaceless(rows)}`.trim(),
  figure: (row) => (row.told.person_count === null ? HIDDEN : ""),
  scene(shown, rows) {
    const drawable = rowsWhere("corridors", { record_grain: shown.grain }).filter(
      (row) => !PLACELESS.has(row.origin_place_id) && !PLACELESS.has(row.destination_place_id),
    );
    const largest = Math.max(1, ...drawable.map((row) => row.person_count));
    const line = (row) => ({
      key: row.key,
      from: row.from,
      to: row.to,
      colour: row.weight === null ? "hidden" : row.direction,
      width: row.weight === null ? 1 : 1.4 + 9 * Math.sqrt(row.weight / largest),
      bend: row.told.bend,
      isDotted: row.weight === null,
    });
    const legs = (row) => {
      const isWithin = row.direction === "within";
      return [
        {
          key: row.key,
          from: row.from,
          to: row.via[0],
          colour: isWithin ? "within" : "first-leg",
          width: 2.6,
          bend: row.told.first_bend,
        },
        {
          key: row.key,
          from: row.via[0],
          to: row.to,
          colour: isWithin ? "within" : "last-leg",
          width: 2.6,
          bend: row.told.last_bend,
        },
      ];
    };
    const lines = shown.lines === "ways" ? rows.flatMap(legs) : rows.map(line);
    const transit = new Set(shown.lines === "ways" ? rows.flatMap((row) => row.via) : []);
    const ends = new Set(lines.flatMap(({ from, to }) => [from, to]));
    return {
      lines,
      points: [...ends].map((place) => ({
        place,
        size: transit.has(place) ? 9 : 6,
        shape: transit.has(place) ? "diamond" : "circle",
        isNamed: true,
      })),
      largest,
    };
  },
  // Of the colours those that are drawn.
  legend(shown, rows) {
    const placed = rows.filter((row) => !isPlaceless(row) && (row.weight !== null || shown.lines === "ways"));
    const drawn = new Set(placed.map((row) => row.direction));
    const legs = rows.some((row) => row.direction !== "within") ? ["first-leg", "last-leg"] : [];
    if (shown.lines === "ways")
      return [...legs, ...(drawn.has("within") ? ["within"] : [])].map((one) => ({ line: one }));
    const directions = ["into", "out_of", "within", "outside"]
      .filter((one) => drawn.has(one))
      .map((one) => ({ line: one }));
    return [
      ...directions,
      ...(shown.unprinted ? [{ line: "hidden", isDotted: true }] : []),
      { widths: true },
    ];
  },
};
