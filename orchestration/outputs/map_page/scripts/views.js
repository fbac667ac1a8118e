// The views in the order of their tabs; what an edition does not print has none.
const ALL_VIEWS = [corridorsView, placesView, hotspotsView, riskView, shiftsView, coverageView];
const VIEWS = ALL_VIEWS.filter((view) => view.isPrinted());
// In this order the report looks for the newest, too.
const PERIOD_KINDS = ["year", "rolling_12_months", "round", "quarter"];
const viewOf = (shown) => VIEWS.find((view) => view.id === shown.view) ?? VIEWS[0];

// A state that only asks for what the edition prints, and what can be chosen in it.
const settle = (wish) => {
  const view = viewOf(wish);
  const asked = { ...wish, view: view.id };
  const offers = view.offers(asked);
  const settled = {
    ...Object.fromEntries(STATE_KEYS.map((key) => [key, ""])),
    lang: LANGUAGES.includes(wish.lang) ? wish.lang : "en",
    view: view.id,
    pick: wish.pick,
  };
  for (const [key, offered] of Object.entries(offers)) {
    const asked = wish[key] || view.defaults[key] || "";
    if (offered === "text") settled[key] = wish[key].slice(0, 80);
    else if (key === "windows") settled[key] = lastOf(asked, offered);
    else if (key !== "period") settled[key] = firstOf(asked, offered);
  }
  if (offers.period) {
    const kinds = PERIOD_KINDS.filter((kind) =>
      offers.period.some((id) => PERIODS.get(id).period_kind === kind),
    );
    const wished = offers.period.includes(wish.period) ? PERIODS.get(wish.period).period_kind : wish.kind;
    settled.kind = firstOf(kinds.includes(wish.kind) ? wish.kind : wished, kinds);
    offers.kind = kinds;
    offers.period = offers.period.filter((id) => PERIODS.get(id).period_kind === settled.kind);
    settled.period = newestOf(wish.period, offers.period, settled.grain);
  }
  // What can be chosen may hang on the period that has just been settled.
  const now = view.offers(settled);
  for (const [key, offered] of Object.entries(now)) {
    if (Array.isArray(offered) && key !== "period") {
      offers[key] = offered;
      settled[key] = firstOf(settled[key], offered);
    }
  }
  return { view, offers, settled };
};
