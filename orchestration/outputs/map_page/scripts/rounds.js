// Survey rounds: routes and places in the reports of a round, and those named for the first time.
const NEW = ["panel_confirmed", "single_partner", "new_source"];
const NAMED_DASH = [6, 3];
// Kinds of novelty by the kind of place that a row shows.
const NOVELTY_KINDS = { county: "county", country: "country" };
const noveltyOf = (row) => {
  const { period_id, role, place_id } = row;
  const wanted =
    row.line === "corridor"
      ? { item: row.line_id.split("|")[1], item_kind: "corridor", role: "any" }
      : { item: place_id, item_kind: NOVELTY_KINDS[PLACES.get(place_id)?.kind] ?? "place", role };
  return rowsWhere("novelty", { period_id, ...wanted })[0]?.evidence_class ?? null;
};
// Lists of routes are named after their level.
const listName = (list) => sayCode(known(`list.${list}`) ? "list" : "level", list);
const isNew = (row) => NEW.includes(row.data.evidence_class);

const roundsView = {
  id: "rounds",
  kept: null,
  source() {
    this.kept ??= [
      ...rowsOf("routes")
        .filter((row) => row.line !== "round")
        .map((row) => ({ ...row, list: row.level ?? row.role, evidence_class: noveltyOf(row) })),
      ...rowsOf("novelty")
        .filter((row) => NEW.includes(row.evidence_class) && row.role === "any")
        .map((row) => ({ ...row, list: "new", level: "od", report_count: null })),
    ];
    return this.kept;
  },
  choices: ["period", ["list", "list"]],
  frame: "around",
  rows(shown) {
    const rowOf = (data) => {
      if (data.item_kind === "corridor") return corridorRow(data, data.item, null);
      if (data.item) return { ...placeRow({ ...data, place_id: data.item }, null), key: `${data.item_kind}:${data.item}` };
      if (data.line === "corridor") return corridorRow(data, data.line_id.split("|")[1], data.report_count);
      return placeRow(data, data.report_count);
    };
    return this.source()
      .filter((data) => data.period_id === shown.period && data.list === shown.list)
      .map(rowOf)
      .filter((row) => fits(shown.find, row))
      .sort(
        (a, b) =>
          (b.weight ?? 0) - (a.weight ?? 0) ||
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
    say("summary.rounds", {
      period: periodName(shown.period),
      list: listName(shown.list),
      count: count(rows.length),
    }),
  highlights(shown, rows) {
    const found = shown.list === "new" ? 0 : rows.filter(isNew).length;
    const [round] = rowsWhere("routes", { period_id: shown.period, line: "round" });
    return [
      found ? say("summary.new", { count: count(found) }) : "",
      sayUndrawn(rows),
      round?.report_count ? say("summary.reports", { count: count(round.report_count) }) : "",
    ];
  },
  meanings: (row) => [["evidence_class", row.data.evidence_class]],
  figure: (row) =>
    [blankCount(row.value), isNew(row) ? say("rounds.new") : ""].filter(Boolean).join(" · "),
  scene(shown, rows) {
    const largest = Math.max(1, ...rows.map((row) => row.weight ?? 1));
    const width = (row) => (row.value === null ? 2.4 : 1.2 + 4 * Math.sqrt((row.weight ?? 0) / largest));
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
            size: row.weight === null ? 11 : 7 + 26 * Math.sqrt(row.weight / largest),
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
