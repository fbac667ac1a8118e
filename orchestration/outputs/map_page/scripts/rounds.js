// Survey rounds: routes and places in the reports of a round, and those named for the first time.
const NEW = ["panel_confirmed", "single_partner", "new_source"];
const NAMED_DASH = [6, 3];
// Kinds and roles of novelty, by the kind of the place and by what a mention is about.
const NOVELTY_KINDS = { county: "county", country: "country" };
const NOVELTY_ROLES = { start: "origin", end: "destination", passing: "transit", border_point: "any" };
const noveltyOf = (data) => {
  const { period_id, subject, place_id } = data;
  const wanted = place_id
    ? { item: place_id, item_kind: NOVELTY_KINDS[PLACES.get(place_id)?.kind] ?? "place", role: NOVELTY_ROLES[subject] }
    : { item: stopsOf(data).join(">"), item_kind: "corridor", role: "any" };
  return rowsWhere("novelty", { period_id, ...wanted })[0]?.evidence_class ?? null;
};
const isNew = (row) => NEW.includes(row.data.evidence_class);

const roundsView = {
  id: "rounds",
  kept: null,
  source() {
    this.kept ??= [
      ...rowsOf("mentions")
        .filter((row) => row.subject !== "round")
        .map((row) => ({ ...row, list: row.subject, evidence_class: noveltyOf(row) })),
      ...rowsOf("novelty")
        .filter((row) => NEW.includes(row.evidence_class) && row.role === "any")
        .map((row) => ({ ...row, list: "new", mention_count: null })),
    ];
    return this.kept;
  },
  choices: ["period", ["list", "list"]],
  frame: "around",
  rows(shown) {
    const rowOf = (data) => {
      if (data.item_kind === "corridor") return corridorRow(data, data.item, null);
      if (data.item) return { ...placeRow({ ...data, place_id: data.item }, null), key: `${data.item_kind}:${data.item}` };
      return data.place_id
        ? placeRow(data, data.mention_count)
        : corridorRow(data, stopsOf(data).join(">"), data.mention_count);
    };
    return this.source()
      .filter((data) => data.period_id === shown.period && data.list === shown.list)
      .map(rowOf)
      .filter((row) => fits(shown.find, row))
      .sort(
        (a, b) =>
          (b.value ?? 0) - (a.value ?? 0) ||
          isNew(b) - isNew(a) ||
          Boolean(b.stops) - Boolean(a.stops) ||
          byTitle(a, b),
      );
  },
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("name", (row) => row.title),
        columnOf("item_kind", (row) => (shown.list === "new" ? sayCode("kind_of_item", row.data.item_kind) : "")),
        numberColumn("reports", (row) => row.value, blankCount),
        codeColumn("novelty", "evidence_class", "evidence_class"),
      ],
      rows,
    ),
  summary: (shown, rows) =>
    say("summary.listed", {
      period: periodName(shown.period),
      what: say(`list.${shown.list}`),
      count: count(rows.length),
    }),
  highlights(shown, rows) {
    const found = shown.list === "new" ? 0 : rows.filter(isNew).length;
    const [round] = rowsWhere("mentions", { period_id: shown.period, subject: "round" });
    return [
      found ? say("summary.new", { count: count(found) }) : "",
      sayUndrawn(rows),
      round?.mention_count ? say("summary.reports", { count: count(round.mention_count) }) : "",
    ];
  },
  meanings: (row) => [["evidence_class", row.data.evidence_class]],
  figure: (row) =>
    [blankCount(row.value), isNew(row) ? say("rounds.new") : ""].filter(Boolean).join(" · "),
  scene(shown, rows) {
    const largest = Math.max(1, ...rows.map((row) => row.value ?? 1));
    const width = (row) => (row.value === null ? 2.4 : 1.2 + 4 * Math.sqrt(row.value / largest));
    const corridors = rows.filter((row) => row.stops);
    return {
      lines: corridors.flatMap((row) =>
        linesOfRow(row, { colour: isNew(row) ? "new" : "named", width: width(row), dash: isNew(row) ? undefined : NAMED_DASH }),
      ),
      points: [
        ...spotsOfRows(corridors),
        ...rows
          .filter((row) => row.place)
          .map((row) => ({
            key: row.key,
            place: row.place,
            colour: isNew(row) ? "new" : "named",
            shape: isNew(row) ? "diamond" : "circle",
            size: row.value === null ? 11 : 7 + 26 * Math.sqrt(row.value / largest),
            isNamed: true,
            isBubble: true,
          })),
      ],
      largest,
    };
  },
  legend(shown, rows) {
    const areLines = rows.some((row) => row.stops);
    const entry = (kind, dash, point) =>
      areLines ? { line: kind, dash, word: `legend.${kind}` } : { point, colour: kind, word: `legend.${kind}` };
    return [
      ...(rows.some(isNew) ? [entry("new", undefined, "diamond")] : []),
      ...(rows.every(isNew) ? [] : [entry("named", NAMED_DASH, "circle")]),
    ];
  },
};
