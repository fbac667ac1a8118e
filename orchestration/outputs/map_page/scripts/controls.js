// Every choice is an ordinary form element, and offers what the edition prints.
const CHOICE_WORDS = {
  grain: (value) => sayCode("grain", value),
  kind: (value) => say(`kind.${value}`),
  lines: (value) => say(`lines.${value}`),
  people: (value) => say(`people.${value}`),
  role: (value) => say(`role.${value}`),
  most: (value) => (value === "all" ? say("most.all") : say("most.some", { count: value })),
  novelty: (value) => (value ? say("novelty.new") : say("filter.any")),
  moment: (value) => say(`moment.${value}`),
  windows: (value) => sayWindows(value, state.grain).join(" → "),
  ...Object.fromEntries(
    DOMAINS.map((domain) => [
      domain,
      (value) => (value ? sayCode(`code.${domain}`, value) : say("filter.any")),
    ]),
  ),
};
const CHOICES = ["people", "grain", "kind", "windows", "moment", "lines", "role", "novelty", ...DOMAINS, "most"];
const MOST_PROPOSED = 300;
const control = (name) => document.getElementById(`choose-${name}`);

const startControls = (change) => {
  document.getElementById("filters").open = innerWidth >= TALL_BELOW;
  for (const name of CHOICES)
    control(name).addEventListener("change", (event) => change({ [name]: event.target.value, pick: "" }));
  control("period").addEventListener("input", (event) =>
    change({ period: event.target.dataset.periods.split(" ")[Number(event.target.value)], pick: "" }),
  );
  for (const [id, step] of [
    ["period-before", -1],
    ["period-after", 1],
  ]) {
    document.getElementById(id).addEventListener("click", () => {
      const slider = control("period");
      slider.value = String(Number(slider.value) + step);
      slider.dispatchEvent(new Event("input"));
    });
  }
  let waiting = 0;
  control("find").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change({ find: event.target.value }), 150);
  });
  control("unprinted").addEventListener("change", (event) =>
    change({ unprinted: event.target.checked ? "yes" : "" }),
  );
};

const drawControls = (view, offers, shown, rows) => {
  for (const name of CHOICES) {
    const offered = offers[name] ?? [];
    const select = control(name);
    // One choice is none, unless it tells what is counted.
    select.closest(".choice").hidden = offered.length < (["grain", "windows"].includes(name) ? 1 : 2);
    select.replaceChildren(
      ...offered.map((value) =>
        make("option", { value, selected: value === shown[name] }, CHOICE_WORDS[name](value)),
      ),
    );
  }
  const periods = offers.period ?? [];
  const slider = control("period");
  const at = periods.indexOf(shown.period);
  slider.closest(".choice").hidden = periods.length === 0;
  slider.max = String(Math.max(periods.length - 1, 0));
  slider.value = String(at);
  slider.disabled = periods.length < 2;
  slider.dataset.periods = periods.join(" ");
  const named = shown.period ? periodName(shown.period, shown.grain) : "";
  slider.setAttribute("aria-valuetext", named);
  document.getElementById("period-now").textContent = named;
  document.getElementById("period-before").disabled = at <= 0;
  document.getElementById("period-after").disabled = at >= periods.length - 1;
  const find = control("find");
  if (document.activeElement !== find || find.value.trim() === shown.find.trim()) find.value = shown.find;
  const names = rows.flatMap((row) =>
    row.from ? [placeName(row.from), placeName(row.to), row.title] : [row.title],
  );
  document
    .getElementById("found")
    .replaceChildren(
      ...[...new Set(names)].slice(0, MOST_PROPOSED).map((value) => make("option", { value })),
    );
  control("unprinted").checked = shown.unprinted === "yes";
  control("unprinted").closest(".choice").hidden = !offers.unprinted || shown.lines === "ways";
  if (shown.lines === "ways") control("most").closest(".choice").hidden = true;
  document.getElementById("filters").hidden = !document.querySelector("#filters .choice:not([hidden])");
};

// Made once, so that the one that was pressed keeps the focus.
const startTabs = (change) => {
  document.getElementById("views").replaceChildren(
    ...VIEWS.map((view) => {
      const button = make("button", { type: "button", "data-view": view.id });
      button.addEventListener("click", () => change({ view: view.id, role: "", novelty: "", pick: "", find: "" }));
      return make("li", {}, button);
    }),
  );
};
const drawTabs = (shown) => {
  for (const button of document.querySelectorAll("[data-view]")) {
    button.textContent = say(`view.${button.dataset.view}`);
    if (button.dataset.view === shown.view) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
};
