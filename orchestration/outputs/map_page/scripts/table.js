// The same rows as a table, and as a file.
const FIRST_ROWS = 100;
let sorting = { column: "", isDown: false };
let isWhole = false;

// Counts that are not stated sort lowest; cells without text sort after all texts.
const sortable = (value) => value ?? -1;
const sorted = (rows, columns) => {
  const column = columns.find((one) => one.id === sorting.column);
  if (!column) return rows;
  const order = (a, b) => {
    const [one, other] = column.isNumber
      ? [sortable(column.value(a)), sortable(column.value(b))]
      : [a, b].map((row) => column.show(row) || "\uffff");
    return one < other ? -1 : one > other ? 1 : 0;
  };
  return [...rows].sort((a, b) => (sorting.isDown ? order(b, a) : order(a, b)));
};

const drawTable = (columns, rows, caption, onPick, redraw) => {
  const shown = sorted(rows, columns);
  const visible = isWhole ? shown : shown.slice(0, FIRST_ROWS);
  const heading = (column) => {
    const isSorted = sorting.column === column.id;
    const button = make(
      "button",
      { type: "button", class: "sort" },
      say(`column.${column.id}`),
      make("span", { "aria-hidden": "true" }, isSorted ? (sorting.isDown ? " ▼" : " ▲") : ""),
    );
    button.addEventListener("click", () => {
      sorting = { column: column.id, isDown: isSorted ? !sorting.isDown : Boolean(column.isNumber) };
      redraw();
      document.querySelector(`th[data-column="${column.id}"] button`)?.focus();
    });
    return make(
      "th",
      {
        scope: "col",
        "data-column": column.id,
        class: column.isNumber ? "number" : "",
        "aria-sort": isSorted ? (sorting.isDown ? "descending" : "ascending") : false,
      },
      button,
    );
  };
  const cell = (row) => (column, at) =>
    make(
      at ? "td" : "th",
      { scope: at ? false : "row", class: column.isNumber ? "number" : false },
      column.show(row),
    );
  const table = document.getElementById("table");
  table.replaceChildren(
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...columns.map(heading))),
    make(
      "tbody",
      {},
      ...visible.map((row) => make("tr", { "data-key": row.key }, ...columns.map(cell(row)))),
    ),
  );
  const more = document.getElementById("more");
  more.hidden = visible.length === shown.length;
  more.textContent = say("table.more", { count: count(shown.length) });
  document.getElementById("empty").hidden = shown.length > 0;
  table.hidden = shown.length === 0;
};

// A spreadsheet must not run a cell as a formula.
const safeText = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const csvCell = (text) => `"${safeText(text).replaceAll('"', '""')}"`;
const csvOf = (columns, rows) => {
  const value = (column, row) =>
    column.isNumber && typeof column.value(row) === "number" && column.show(row).includes(",")
      ? String(column.value(row))
      : column.show(row);
  const lines = [
    columns.map((column) => csvCell(say(`column.${column.id}`))),
    ...sorted(rows, columns).map((row) => columns.map((column) => csvCell(value(column, row)))),
  ];
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
};
const saveCsv = (name, text) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};
