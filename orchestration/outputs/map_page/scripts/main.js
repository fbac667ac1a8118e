// From the state to what is seen, and back from what is done to the state.
let now = null;

const change = (part) => show({ ...state, ...part });
const pick = (key) => change({ pick: state.pick === key ? "" : key });

// Back to where the row was picked, or to the map.
const unpick = () => {
  const row = [...document.querySelectorAll("#list button")].find(
    (button) => button.dataset.key === state.pick,
  );
  (row ?? stage).focus();
  change({ pick: "" });
};

const show = (wish) => {
  const { view, offers, settled } = settle(wish);
  const isOther =
    now?.view.id !== settled.view || state.period !== settled.period || state.grain !== settled.grain;
  state = settled;
  language = settled.lang;
  const rows = view.rows(settled);
  const columns = view.columns(settled);
  if (!rows.some((row) => row.key === settled.pick)) state.pick = "";
  if (now?.view.id !== view.id) sorting = { column: "", isDown: false };
  if (isOther) isWhole = false;
  now = { view, rows, columns, byKey: new Map(rows.map((row) => [row.key, row])) };
  history.replaceState(null, "", addressOf(state));
  drawFrame();
  drawTabs(settled);
  drawControls(view, offers, settled, rows);
  drawText(view, rows);
  const scene = view.scene(settled, rows);
  now.scene = scene;
  drawMap(view, scene, state.pick);
  drawLegend(view, settled, rows, scene);
  drawList(view, rows, state.pick, pick);
  drawDetails(view, columns, now.byKey.get(state.pick));
  drawTableNow();
};

const captionNow = () =>
  [
    say(`view.${state.view}`),
    state.grain && sayCode("grain", state.grain),
    state.period ? periodName(state.period, state.grain) : state.windows && CHOICE_WORDS.windows(state.windows),
    state.role && state.view !== "corridors" && say(`role.${state.role}`),
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

// What is the same in all views.
const drawFrame = () => {
  sayAll();
  document.getElementById("edition").textContent = say(`edition.${TOLD.edition}`);
  document.getElementById("made").textContent = say("page.made", { release: TOLD.release, day: TOLD.as_of });
  document.getElementById("policy").textContent = say("page.policy", TOLD.policy);
  document.getElementById("credits").textContent = say("page.credits", { credits: TOLD.credits });
  const untold = ALL_VIEWS.filter((one) => !one.isPrinted() && !one.isUnjudged?.()).map((one) =>
    say(`view.${one.id}`),
  );
  document.getElementById("unjudged").hidden = !riskView.isUnjudged();
  const lacks = document.getElementById("untold");
  lacks.hidden = untold.length === 0;
  lacks.textContent = say("page.untold", { names: untold.join(", ") });
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  }
};

const drawText = (view, rows) => {
  const summary = summaryOf(view, state, rows);
  const said = document.getElementById("summary");
  if (said.textContent !== summary) said.textContent = summary;
  const periods = state.period ? [state.period] : state.windows.split("..");
  document.getElementById("partial").hidden = !periods.some((period) => isPartial(state.grain, period));
  drawKnown(state.grain, periods.at(-1));
  document.title = `${say(`view.${view.id}`)} · ${say("page.title")}`;
  document.getElementById("lead").textContent = say(`lead.${view.id}`);
  document.getElementById("how").textContent = say(`how.${view.id}`);
  stage.setAttribute("aria-label", `${say("map.name")}: ${captionNow()}`);
};

const fileName = () =>
  ["njia", TOLD.edition, TOLD.release, state.view, state.grain, state.period || state.windows, state.role]
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
  document.getElementById("to-report").hidden = !TOLD.has_report;
  document.getElementById("elsewhere").hidden = !TOLD.has_report;
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
const stateOfNothing = () => Object.fromEntries(STATE_KEYS.map((key) => [key, ""]));

start();
