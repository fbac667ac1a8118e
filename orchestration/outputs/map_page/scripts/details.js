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
  const largest = Math.max(1, ...rows.map((row) => row.weight ?? 0));
  const listed = rows.slice(0, LISTED);
  const focused = document.activeElement.closest("#list button")?.dataset.key;
  document.getElementById("list").replaceChildren(
    ...listed.map((row) => {
      const figure = view.figure?.(row) || (row.value === null ? "" : countText(row.value));
      const button = make(
        "button",
        { type: "button", "data-key": row.key, "aria-pressed": String(row.key === pick) },
        make("span", { class: "name" }, row.title),
        make("span", { class: "figure" }, figure),
      );
      if (row.weight !== null) {
        const bar = make("span", { class: "bar", "aria-hidden": "true" });
        bar.style.width = `${(100 * row.weight) / largest}%`;
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

// Breakdown of the movements of a corridor or place by year, for members.
const DOMAINS = ["exploitation_type", "transport_mode", "recruitment_method"];
const breakdownOf = (shown, row) => {
  const isCorridor = shown.view === "corridors" && shown.level === "od";
  if (!isCorridor && shown.view !== "places") return null;
  const subject = isCorridor
    ? { subject: "corridor", corridor_id: row.key }
    : { subject: "place", place_id: row.key, role: shown.role };
  const facts = DOMAINS.flatMap((domain) => {
    const found = rowsWhere("codes", { ...atOf(shown), ...subject, domain })
      .sort((a, b) => (weightOf(b.movement_count) ?? 0) - (weightOf(a.movement_count) ?? 0))
      .map((code) => `${sayCode(`code.${domain}`, code.code)} ${countText(code.movement_count)}`);
    return found.length ? [make("dt", {}, say(`domain.${domain}`)), make("dd", {}, found.join(", "))] : [];
  });
  return facts.length ? make("dl", {}, ...facts) : null;
};

const drawDetails = (view, shown, columns, row) => {
  document.getElementById("details").hidden = !row;
  document
    .getElementById("details-body")
    .replaceChildren(
      ...(row
        ? [make("h2", {}, row.title), factsOf(columns, row), breakdownOf(shown, row), ...meaningsOf(view, row)]
        : []
      ).filter(Boolean),
    );
};
