// The views in the order of their tabs; a table without rows has none.
const ALL_VIEWS = [corridorsView, placesView, hotspotsView, shiftsView, alertsView, riskView, roundsView];
const VIEWS = ALL_VIEWS.filter((view) => view.source().length > 0);
const viewOf = (shown) => VIEWS.find((view) => view.id === shown.view) ?? VIEWS[0];

const PERIOD_KINDS = ["year", "rolling_12_months", "quarter", "round"];
const ORDERS = {
  people: ["all", "children"],
  role: ["origin", "transit", "any", "exploitation", "intended_destination"],
  list: [...Object.keys(COUNTED), "corridor", "corridor_via", "start", "end", "passing", "border_point", "new"],
};
// Years first, and of each comparison the newest.
const byWindows = (a, b) => {
  const [one, other] = [a.split("|"), b.split("|")];
  return COMPARISONS.indexOf(one[0]) - COMPARISONS.indexOf(other[0]) || (one[2] < other[2] ? 1 : -1);
};
const inOrder = (key, values) =>
  key === "windows"
    ? values.sort(byWindows)
    : values.sort((a, b) => ORDERS[key].indexOf(a) - ORDERS[key].indexOf(b));
const byEnd = (a, b) => (PERIODS.get(a).period_to < PERIODS.get(b).period_to ? -1 : 1);
const wished = (wish, offered, otherwise = offered[0]) => (offered.includes(wish) ? wish : (otherwise ?? ""));
// The newest complete period.
const newestOf = (periods) => periods.filter((id) => PERIODS.get(id).is_complete).at(-1) ?? periods.at(-1);

// Returns a state that is published, and the options for each choice. Each choice narrows the next.
const settle = (wish) => {
  const view = viewOf(wish);
  const settled = {
    ...stateOfNothing(),
    lang: LANGUAGES.includes(wish.lang) ? wish.lang : "en",
    view: view.id,
    find: wish.find.slice(0, 80),
    pick: wish.pick,
    most: view.isCut ? wish.most : "",
  };
  const offers = {};
  let left = view.source();
  const choose = (key, column, value) => {
    settled[key] = value;
    left = left.filter((row) => row[column] === value);
  };
  for (const choice of view.choices) {
    if (choice === "period") {
      const periods = distinct(left, "period_id").sort(byEnd);
      const kindOf = (id) => PERIODS.get(id).period_kind;
      offers.kind = PERIOD_KINDS.filter((kind) => periods.some((id) => kindOf(id) === kind));
      const asked = periods.includes(wish.period) ? kindOf(wish.period) : "";
      settled.kind = wished(wish.kind || asked, offers.kind);
      offers.period = periods.filter((id) => kindOf(id) === settled.kind);
      choose("period", "period_id", wished(wish.period, offers.period, newestOf(offers.period)));
    } else {
      const [key, column] = choice;
      offers[key] = inOrder(key, distinct(left, column));
      choose(key, column, wished(wish[key], offers[key]));
    }
  }
  return { view, offers, settled };
};

// The first view shows the strongest corridors; readers can show all.
const FIRST_MOST = 80;
const mostOf = (shown, all) => (shown.most === "all" ? all : Math.min(all, Number(shown.most) || FIRST_MOST));

// The sentence above the map: what is published, what the choices keep, and what stands out.
const summaryOf = (view, shown, fitting, rows) => {
  const find = shown.find.trim();
  return [
    view.summary(shown, find ? view.rows({ ...shown, find: "" }) : fitting),
    find ? say("summary.kept", { find, count: count(fitting.length) }) : "",
    rows.length < fitting.length ? say("summary.most", { count: count(rows.filter(isDrawable).length) }) : "",
    ...(view.highlights?.(shown, rows) ?? []),
  ]
    .filter(Boolean)
    .join(" ");
};
