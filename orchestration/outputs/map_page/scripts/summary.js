// The sentence above the map: what is printed, what the reader's choices keep of it, and what stands out in that.
const keptBy = (shown) => {
  const find = shown.find.trim();
  const hasRole = shown.view === "corridors" && shown.role !== "any" && !SEPARATORS.test(find);
  const found = hasRole
    ? say("summary.find_role", { find, role: say(`role.${shown.role}`) })
    : say("summary.find", { find });
  const codes = DOMAINS.filter((domain) => shown[domain]).map(
    (domain) => `${say(`choose.${domain}`)}: ${sayCode(`code.${domain}`, shown[domain])}`,
  );
  const isNew = shown.novelty ? [say("summary.new")] : [];
  return [...(find ? [found] : []), ...isNew, ...codes];
};

const summaryOf = (view, shown, rows) => {
  const kept = keptBy(shown);
  const uncut = { ...shown, most: "all", unprinted: "" };
  const fitting = view.rows(uncut);
  const asked = Object.fromEntries(["find", "novelty", ...DOMAINS].map((choice) => [choice, ""]));
  const printed = kept.length ? view.rows({ ...uncut, ...asked }) : fitting;
  const unprinted = shown.unprinted && shown.lines !== "ways" ? rows.filter((row) => row.weight === null) : [];
  const drawn = rows.length - unprinted.length;
  return [
    view.summary(shown, printed),
    kept.length ? say("summary.kept", { what: kept.join("; "), count: count(fitting.length) }) : "",
    drawn < fitting.length ? say("summary.most", { count: count(drawn) }) : "",
    unprinted.length ? say("summary.unprinted", { count: count(unprinted.length) }) : "",
    view.highlights?.(shown, rows) ?? "",
  ]
    .filter(Boolean)
    .join(" ");
};
