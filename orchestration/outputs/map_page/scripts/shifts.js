// Shifts: how a corridor's share changed from one span of time to the next; and both spans side by side.
// In the order of the list: what changed comes first.
const STATUSES = ["emerging", "growing", "abandoned", "fading", "new_source", "stable", "too_few"];
const sayWindows = (windows, grain) => windows.split("..").map((period) => periodName(period, grain));
const windowsOf = (row) => `${row.baseline_window}..${row.current_window}`;
const countIn = (grain, period, from, to) => {
  const [cell] = rowsWhere("corridors", {
    record_grain: grain,
    period_id: period,
    origin_place_id: from,
    destination_place_id: to,
  });
  return cell ? cell.person_count : undefined;
};
const isCounted = (grain, period) =>
  rowsWhere("corridors", { record_grain: grain, period_id: period }).length > 0;

const shiftsView = {
  id: "shifts",
  isPrinted: () => rowsOf("corridor_shifts").length > 0,
  frame: "around",
  offers(wish) {
    const grains = distinct(rowsOf("corridor_shifts"), "record_grain");
    const grain = firstOf(wish.grain, grains);
    const windows = [...new Set(rowsWhere("corridor_shifts", { record_grain: grain }).map(windowsOf))].sort();
    const [before, after] = lastOf(wish.windows, windows).split("..");
    const hasCounts = isCounted(grain, before) && isCounted(grain, after);
    return {
      grain: grains,
      windows,
      moment: hasCounts ? ["change", "before", "after"] : ["change"],
      find: "text",
    };
  },
  defaults: {},
  rows(shown) {
    return rowsWhere("corridor_shifts", { record_grain: shown.grain })
      .filter((row) => windowsOf(row) === shown.windows)
      .map((row) => {
        const [from, to] = [row.origin_place_id, row.destination_place_id];
        return {
          told: row,
          from,
          to,
          via: [],
          key: `${from}>${to}`,
          title: corridorName(from, to),
          weight: null,
          before: countIn(shown.grain, row.baseline_window, from, to),
          after: countIn(shown.grain, row.current_window, from, to),
        };
      })
      .filter((row) => findsCorridor(shown.find, "any", row))
      .sort(
        (a, b) =>
          STATUSES.indexOf(a.told.status) - STATUSES.indexOf(b.told.status) ||
          (b.told.share_odds_ratio ?? 0) - (a.told.share_odds_ratio ?? 0) ||
          (a.title < b.title ? -1 : 1),
      );
  },
  columns(shown) {
    const hasCounts = isCounted(shown.grain, shown.windows.split("..")[0]);
    const displaced = (row) =>
      (row.told.displaced_from ?? "")
        .split(/[ ,;]+/)
        .filter(Boolean)
        .map((pair) => pair.split(">").map(placeName).join(" → "))
        .join(", ");
    return [
      columnOf("from", (row) => placeName(row.from)),
      columnOf("to", (row) => placeName(row.to)),
      codeColumn("status", "status"),
      codeColumn("factor_band", "band"),
      ...(prints("corridor_shifts", "ratio_low")
        ? [
            numberColumn("odds_ratio", (row) => row.told.share_odds_ratio, decimal),
            rangeColumn("interval", "ratio_low", "ratio_high"),
            codeColumn("evidence", "evidence"),
            listColumn("displaced_from", displaced),
            codeColumn("reason", "reason"),
          ]
        : []),
      ...(hasCounts
        ? [
            numberColumn("before", (row) => row.before ?? null),
            numberColumn("after", (row) => row.after ?? null),
          ]
        : []),
    ];
  },
  summary(shown, rows) {
    const [before, after] = sayWindows(shown.windows, shown.grain);
    const told = STATUSES.map((status) => [status, rows.filter((row) => row.told.status === status).length]);
    const statuses = told
      .filter(([, found]) => found)
      .map(([status, found]) => `${count(found)} ${sayCode("status", status).toLowerCase()}`);
    return say("summary.shifts", {
      grain: sayCode("grain", shown.grain),
      before,
      after,
      count: count(rows.length),
      statuses: statuses.join(", ") || "–",
    });
  },
  meanings: (row) => [
    ["shift_status", row.told.status],
    ["shift_evidence", row.told.evidence],
    ["shift_reason", row.told.reason],
  ],
  figure: (row) => sayCode("status", row.told.status),
  scene(shown, rows) {
    const largest = Math.max(1, ...rows.flatMap((row) => [row.before ?? 0, row.after ?? 0]));
    const line = (row) => {
      const persons = row[shown.moment];
      const isCount = shown.moment !== "change";
      return {
        key: row.key,
        from: row.from,
        to: row.to,
        bend: row.told.bend,
        colour: isCount && !persons ? "hidden" : `status-${row.told.status}`,
        width: isCount
          ? persons
            ? 1.4 + 9 * Math.sqrt(persons / largest)
            : 1
          : row.told.status === "stable"
            ? 2
            : 3.6,
        isDotted: isCount
          ? !persons
          : ["fading", "abandoned", "too_few", "new_source"].includes(row.told.status),
      };
    };
    const ends = new Set(rows.flatMap(({ from, to }) => [from, to]));
    return {
      lines: rows.map(line),
      points: [...ends].map((place) => ({ place, size: 6, shape: "circle", isNamed: true })),
      largest,
    };
  },
  legend: (shown, rows) =>
    STATUSES.filter((status) => rows.some((row) => row.told.status === status)).map((status) => ({
      line: `status-${status}`,
      word: `status.${status}`,
      isDotted: ["fading", "abandoned", "too_few", "new_source"].includes(status),
    })),
};
