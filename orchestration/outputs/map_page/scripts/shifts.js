// Shifts: corridors whose share rose or fell between two periods, and pairs where one may have replaced the other.
const STATUSES = ["emerging", "growing", "abandoned", "fading", "stable"];
const SIGNS = { emerging: "▲", growing: "▲", abandoned: "▼", fading: "▼" };
const DASHES = { fading: [9, 4], abandoned: [2, 4] };
const sayStatus = (status) => [SIGNS[status], sayCode("status", status)].filter(Boolean).join(" ");
const sayWindows = (windows) => {
  const [, baseline, current] = windows.split("|");
  return [baseline, current].map(periodName);
};
const COMPARISONS = ["years", "months", "quarters", "rounds"];
const leftBehind = (data) => (data.displaced_from ?? "").split(";").map((id) => id.trim()).filter(Boolean);
// "Half or less" would say too little of a corridor with no record left.
const sayBand = ({ data: { factor_band: band, status } }) =>
  band === null || status === "abandoned" ? "" : sayCode("band", band);
const sayLeft = (row) => leftBehind(row.data).map((id) => corridorName(id)).join(", ");

const shiftsView = {
  id: "shifts",
  kept: null,
  source() {
    this.kept ??= rowsOf("shifts").map((row) => ({
      ...row,
      windows: [row.compared, row.earlier_period_id, row.period_id].join("|"),
      list: row.corridor_id.split(">").length > 2 ? "corridors_via" : "corridors",
    }));
    return this.kept;
  },
  choices: [["windows", "windows"], ["list", "list"]],
  frame: "around",
  rows(shown) {
    const rows = this.source()
      .filter((data) => data.windows === shown.windows && data.list === shown.list)
      .map((data) => ({ ...corridorRow(data, data.corridor_id, null), left: leftBehind(data) }));
    const fallen = new Set(rows.flatMap((row) => row.left));
    return rows
      .map((row) => ({ ...row, isPaired: row.left.length > 0 || fallen.has(row.key) }))
      .filter((row) => fits(shown.find, row))
      .sort(
        (a, b) =>
          b.isPaired - a.isPaired ||
          STATUSES.indexOf(a.data.status) - STATUSES.indexOf(b.data.status) ||
          byTitle(a, b),
      );
  },
  columns: (shown, rows) =>
    columnsWith(
      [
        columnOf("from", (row) => placeName(row.stops[0])),
        columnOf("via", (row) => row.stops.slice(1, -1).map(placeName).join(", ")),
        columnOf("to", (row) => placeName(row.stops.at(-1))),
        columnOf("status", (row) => row.data.status, (row) => sayStatus(row.data.status)),
        columnOf("factor_band", sayBand),
        columnOf("displaced_from", sayLeft),
        codeColumn("evidence", "evidence"),
      ],
      rows,
    ),
  summary(shown, rows) {
    const [before, after] = sayWindows(shown.windows);
    const statuses = STATUSES.map((status) => [status, rows.filter((row) => row.data.status === status).length])
      .filter(([, found]) => found)
      .map(([status, found]) => `${found} ${sayCode("status", status).toLowerCase()}`);
    return say("summary.shifts", { before, after, statuses: statuses.join(", ") });
  },
  highlights: (shown, rows) => [
    ...rows
      .filter((row) => row.left.length)
      .map((row) => say("meaning.claim.pair", shiftsView.named(row))),
    sayUndrawn(rows),
  ],
  meanings: (row) => [
    ["claim", row.data.claim],
    ...(row.left.length ? [["claim", "pair"]] : []),
  ],
  named: ({ title, data, left }) => ({
    earlier: periodName(data.earlier_period_id),
    period: periodName(data.period_id),
    riser: title,
    faller: left.map((id) => corridorName(id)).join(", "),
  }),
  figure: (row) =>
    row.left.length
      ? `${sayStatus(row.data.status)} · ${say("shift.moved", { name: sayLeft(row) })}`
      : sayStatus(row.data.status),
  // Picking one corridor of a pair highlights both.
  together: (row, rows) => [row.key, ...row.left, ...rows.filter((one) => one.left.includes(row.key)).map((one) => one.key)],
  scene(shown, rows) {
    const byKey = new Map(rows.map((row) => [row.key, row]));
    const lastLine = (row) => linesOfRow(row, {}).at(-1);
    const changed = rows.filter((row) => row.data.status in SIGNS);
    const named = new Set((changed.length ? changed : rows).flatMap((row) => row.stops));
    const pairs = rows.flatMap((risen) =>
      risen.left
        .filter((key) => byKey.has(key))
        .map((key) => ({ risen, fallen: byKey.get(key) })),
    );
    return {
      lines: [
        ...rows
          .filter((row) => row.isPaired)
          .flatMap((row) => linesOfRow(row, { colour: "pair", width: 13, isHalo: true })),
        ...rows.flatMap((row) =>
          linesOfRow(row, {
            colour: `status-${row.data.status}`,
            width: row.data.status === "stable" ? 1.2 : 4,
            dash: DASHES[row.data.status],
          }),
        ),
        ...pairs.map(({ risen, fallen }) => ({
          key: risen.key,
          middles: [lastLine(fallen), lastLine(risen)],
          bend: 0,
          colour: "ink",
          width: 1.6,
          dash: [3, 3],
        })),
      ],
      points: [
        // Only places of changed corridors have names: those of stable ones would hide them.
        ...spotsOfRows(rows).map((spot) => ({ ...spot, isNamed: named.has(spot.place) })),
        ...changed.map((row) => ({
          key: row.key,
          middle: lastLine(row),
          shape: "triangle",
          size: 14,
          isMark: true,
          isDown: SIGNS[row.data.status] === "▼",
          colour: `status-${row.data.status}`,
          name: row.left.length ? say("shift.moved", { name: sayLeft(row) }) : "",
        })),
      ],
    };
  },
  legend: (shown, rows) => [
    ...STATUSES.filter((status) => rows.some((row) => row.data.status === status)).map((status) => ({
      line: `status-${status}`,
      width: status === "stable" ? 1.2 : 4,
      dash: DASHES[status],
      text: sayStatus(status),
    })),
    ...(rows.some((row) => row.isPaired) ? [{ line: "pair", width: 11, word: "legend.pair" }] : []),
  ],
};
