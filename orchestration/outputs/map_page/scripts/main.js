// Draws the state, and changes the state on input.
let now = null;

const change = (part) => show({ ...state, ...part });
const pick = (key) => change({ pick: state.pick === key ? "" : key });

// Returns the focus to the row in the list, or to the map.
const unpick = () => {
  const row = [...document.querySelectorAll("#list button")].find(
    (button) => button.dataset.key === state.pick,
  );
  (row ?? stage).focus();
  change({ pick: "" });
};

const show = (wish) => {
  const { view, offers, settled } = settle(wish);
  const isOther = now?.view.id !== view.id || state.period !== settled.period;
  state = settled;
  language = settled.lang;
  const fitting = view.rows(settled);
  // Rows that stand for no place on the map are last, and in the table whatever the choice.
  const placed = fitting.filter(isDrawable).length;
  const rows = view.isCut ? [...fitting.slice(0, mostOf(settled, placed)), ...fitting.slice(placed)] : fitting;
  const columns = view.columns(settled, rows);
  if (!rows.some((row) => row.key === settled.pick)) state.pick = "";
  if (now?.view.id !== view.id) sorting = { column: "", isDown: false };
  if (isOther) isWhole = false;
  now = { view, rows, columns, byKey: new Map(rows.map((row) => [row.key, row])) };
  history.replaceState(null, "", addressOf(state));
  drawFrame();
  drawTabs(settled);
  drawControls(view, offers, settled, fitting, placed);
  drawText(view, fitting, rows);
  const scene = view.scene(settled, rows);
  now.scene = scene;
  const picked = now.byKey.get(state.pick);
  drawMap(view, scene, new Set(picked ? (view.together?.(picked, rows) ?? [picked.key]) : []));
  drawLegend(view, settled, rows, scene);
  drawList(view, rows, state.pick, pick);
  drawDetails(view, columns, picked);
  drawTableNow();
};

const captionNow = () =>
  [
    say(`view.${state.view}`),
    state.period ? periodName(state.period) : state.windows && CHOICE_WORDS.windows(state.windows),
    ...["role", "list"].map((key) => state[key] && CHOICE_WORDS[key](state[key])),
  ]
    .filter(Boolean)
    .join(" · ");
const drawTableNow = () =>
  drawTable(
    now.columns,
    now.rows,
    say("table.caption", { what: captionNow(), count: count(now.rows.length) }),
    pick,
    drawTableNow,
  );

// The parts that all views share.
const drawFrame = () => {
  sayAll();
  document.getElementById("edition").textContent = say(`edition.${PAYLOAD.edition}`);
  document.getElementById("made").textContent = say("page.made", { release: PAYLOAD.release, day: PAYLOAD.as_of });
  document.getElementById("policy").textContent = say(`page.policy.${PAYLOAD.edition}`, POLICY);
  document.getElementById("credits").textContent = say("page.credits", { credits: PAYLOAD.credits });
  const missing = ALL_VIEWS.filter((view) => !VIEWS.includes(view)).map((view) => say(`view.${view.id}`));
  const line = document.getElementById("missing");
  line.hidden = missing.length === 0;
  line.textContent = say("page.missing", { names: missing.join(", ") });
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  }
};

const drawText = (view, fitting, rows) => {
  const summary = summaryOf(view, state, fitting, rows);
  const said = document.getElementById("summary");
  if (said.textContent !== summary) said.textContent = summary;
  drawNotes(state.period || state.windows.split("|")[2]);
  document.getElementById("unplaced").textContent = view.unplaced?.(state, rows) ?? "";
  document.title = `${say(`view.${view.id}`)} · ${say("page.title")}`;
  document.getElementById("lead").textContent = say(`lead.${view.id}`);
  document.getElementById("how").textContent = say(`how.${view.id}`);
  stage.setAttribute("aria-label", `${say("map.name")}: ${captionNow()}`);
};

const fileName = () =>
  ["njia", PAYLOAD.edition, PAYLOAD.release, ...["view", "people", "period", "windows", "role", "list"].map((key) => state[key])]
    .filter(Boolean)
    .join("_")
    .replaceAll(/[^\w.-]+/g, "-");

const showNothing = (lang) => {
  language = lang;
  document.getElementById("nothing").hidden = false;
  document.getElementById("content").hidden = true;
  document.getElementById("how").hidden = true;
  drawFrame();
};

const start = () => {
  document.getElementById("to-report").hidden = !PAYLOAD.has_report;
  document.getElementById("elsewhere").hidden = !PAYLOAD.has_report;
  if (!VIEWS.length) {
    for (const button of document.querySelectorAll("[data-lang]")) {
      button.addEventListener("click", () => showNothing(button.dataset.lang));
    }
    showNothing("en");
    return;
  }
  startMap(
    pick,
    (key) => (now.byKey.has(key) ? tipOf(now.columns, now.byKey.get(key)) : ""),
    () => {
      if (frameOf(now.view, now.scene) !== drawn.frame) show(state);
    },
  );
  startTabs(change);
  startControls(change);
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => change({ lang: button.dataset.lang }));
  }
  document
    .getElementById("save")
    .addEventListener("click", () => saveCsv(`${fileName()}.csv`, csvOf(now.columns, now.rows)));
  document.getElementById("more").addEventListener("click", () => {
    isWhole = true;
    drawTableNow();
    document.getElementById("table-title").focus();
  });
  document.getElementById("details-close").addEventListener("click", unpick);
  document
    .getElementById("clear")
    .addEventListener("click", () => show({ ...stateOfNothing(), lang: state.lang, view: state.view }));
  document.getElementById("zoom-in").addEventListener("click", () => zoomBy(1.5));
  document.getElementById("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
  document.getElementById("zoom-back").addEventListener("click", zoomBack);
  stage.addEventListener("keydown", moveByKey);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.pick) unpick();
  });
  addEventListener("hashchange", () => show(stateOfAddress()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetColours();
    show(state);
  });
  show(stateOfAddress());
};
start();
