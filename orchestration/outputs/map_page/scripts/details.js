// The first rows as a list of buttons, and the details of the picked row.
const LISTED = 12;

const IN_THE_TITLE = ["place", "from", "via", "to", "name"];

const factsOf = (columns, row) => {
  const facts = columns
    .filter((column) => !IN_THE_TITLE.includes(column.id))
    .map((column) => [say(`column.${column.id}`), column.show(row)])
    .filter(([, text]) => text !== "");
  return make("dl", {}, ...facts.flatMap(([word, text]) => [make("dt", {}, word), make("dd", {}, text)]));
};
const tipOf = (columns, row) =>
  make("div", { class: "tip" }, make("strong", {}, row.title), factsOf(columns, row));

const drawList = (view, rows, pick, onPick) => {
  const largest = Math.max(1, ...rows.map((row) => row.value ?? 0));
  const listed = rows.slice(0, LISTED);
  const focused = document.activeElement.closest("#list button")?.dataset.key;
  document.getElementById("list").replaceChildren(
    ...listed.map((row) => {
      const figure = view.figure(row);
      const button = make(
        "button",
        { type: "button", "data-key": row.key, "aria-pressed": String(row.key === pick) },
        make("span", { class: "name" }, row.title),
        make("span", { class: "figure" }, figure),
      );
      if (row.value !== null) {
        const bar = make("span", { class: "bar", "aria-hidden": "true" });
        bar.style.width = `${(100 * row.value) / largest}%`;
        button.append(bar);
      }
      button.addEventListener("click", () => onPick(row.key));
      return make("li", {}, button);
    }),
  );
  if (focused)
    [...document.querySelectorAll("#list button")].find((button) => button.dataset.key === focused)?.focus();
  document.getElementById("list-rest").textContent =
    rows.length > listed.length ? say("list.rest", { count: count(rows.length - listed.length) }) : "";
};

const meaningsOf = (view, row) =>
  (view.meanings?.(row) ?? [])
    .map(([kind, code]) => `meaning.${kind}.${code}`)
    .filter(known)
    .map((key) => make("p", { class: "small" }, say(key, { name: row.title, ...view.named?.(row) })));

const drawDetails = (view, columns, row) => {
  document.getElementById("details").hidden = !row;
  document
    .getElementById("details-body")
    .replaceChildren(
      ...(row ? [make("h2", {}, row.title), factsOf(columns, row), ...meaningsOf(view, row)] : []),
    );
};
