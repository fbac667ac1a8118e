// Choices are ordinary form elements that offer what the edition publishes.
const CHOICE_WORDS = {
  people: (value) => say(`people.${value}`),
  kind: (value) => say(`kind.${value}`),
  windows: (value) => sayWindows(value).join(" → "),
  role: (value) => sayCode("role", value),
  list: (value) => say(`list.${value}`),
};
const CHOICES = Object.keys(CHOICE_WORDS);
const MOST_PROPOSED = 300;
const control = (name) => document.getElementById(`choose-${name}`);

const startControls = (change) => {
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
  control("most").addEventListener("input", ({ target }) =>
    change({ most: target.value === target.max ? "all" : target.value }),
  );
};

const drawControls = (view, offers, shown, fitting, placed) => {
  for (const name of CHOICES) {
    const offered = offers[name] ?? [];
    const select = control(name);
    // A single option is hidden, unless it says what is compared.
    select.closest(".choice").hidden = offered.length < (name === "windows" ? 1 : 2);
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
  const named = shown.period ? periodName(shown.period) : "";
  slider.setAttribute("aria-valuetext", named);
  document.getElementById("period-now").textContent = named;
  document.getElementById("period-before").disabled = at <= 0;
  document.getElementById("period-after").disabled = at >= periods.length - 1;
  const find = control("find");
  if (document.activeElement !== find || find.value.trim() === shown.find.trim()) find.value = shown.find;
  const names = fitting.flatMap((row) => [...(row.stops ?? []).map(placeName), row.title]);
  document
    .getElementById("found")
    .replaceChildren(
      ...[...new Set(names)].slice(0, MOST_PROPOSED).map((value) => make("option", { value })),
    );
  const most = control("most");
  most.closest(".choice").hidden = !view.isCut;
  most.min = String(Math.min(10, placed));
  most.max = String(placed);
  most.value = String(mostOf(shown, placed));
  most.disabled = placed <= 10;
  const strongest = say("most.of", { most: count(mostOf(shown, placed)), all: count(placed) });
  most.setAttribute("aria-valuetext", strongest);
  document.getElementById("most-now").textContent = strongest;
};

// Made once, so that the pressed tab keeps the focus.
const startTabs = (change) => {
  document.getElementById("views").replaceChildren(
    ...VIEWS.map((view) => {
      const button = make("button", { type: "button", "data-view": view.id });
      button.addEventListener("click", () => change({ view: view.id, role: "", pick: "", find: "" }));
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
