// Draws the state, and changes the state on input.
let now = { rows: [], title: "", note: "" };

const change = (part) => show(settled({ ...state, ...part }));
const pick = (id) => change({ pick: state.pick === id ? "" : id });
const show = (wish) => {
    if (state.view !== wish.view) sorting = { id: "", isDown: false };
    if (state.view !== wish.view || state.period !== wish.period) isWhole = false;
    state = wish;
    language = state.lang;
    history.replaceState(null, "", addressOf(state));
    draw();
};
const draw = () => {
    const rows = rowsShown(state);
    now = { rows, ...headlineOf(rows, state) };
    drawFrame();
    drawControls();
    byId("title").textContent = now.title;
    byId("note").textContent = now.note;
    drawList(rows, state);
    drawCard(state);
    redrawMap();
    drawTableNow();
    drawNotes();
    stage.dataset.drawn = String(Number(stage.dataset.drawn ?? 0) + 1);
    stage.dataset.drawnAt = String(performance.now());
};
const redrawMap = () => drawMap(now.rows, state);
const drawTableNow = () => drawTable(now.rows, say("table.caption", { what: whatOf(state), count: count(now.rows.length) }), drawTableNow);
const whatOf = ({ view, period, role, via }) =>
    [say(`view.${view}`), periodName(period), view === "places" ? say(`role.${role}`) : via ? say("list.corridors_via") : ""]
        .filter(Boolean)
        .join(" · ");

// What the map says, in one sentence, and how to read its marks.
const names = (rows) => {
    const direct = rows.filter((row) => row.stops.length < 3);
    const named = (direct.length ? direct : rows)
        .slice(0, 3)
        .map((row) => row.title)
        .join(", ");
    return rows.length > 3 ? say("title.more", { names: named, count: count(rows.length - Math.min(3, direct.length || 3)) }) : named;
};
// Whether the first row is larger than the second by more than the noise of both.
const leading = ([first, second]) => first?.value && first.value - (second?.value ?? LEAST - 1) > Math.SQRT2 * noiseOf(first.value);
const headlineOf = (rows, shown) => {
    const { view, period, role } = shown;
    const drawable = rows.filter((row) => row.isDrawable);
    const named = {
        period: periodName(period),
        before: isCounted(period) ? periodName(yearBefore(period)) : "",
        count: count(drawable.length),
        least: LEAST,
    };
    const part = isComplete(period) || !isCounted(period) ? "" : say(`partial.${partialOf(period)}`);
    const all = (keys) =>
        [named.period, part, ...keys.map((key) => say(`hint.${key}`, named))].filter(Boolean).join(". ").replaceAll(/\.\. /g, ". ");
    const [first] = drawable;
    if (view === "changes" && kindOf(period) !== "round") {
        const [rose, fell] = ["▲", "▼"].map((mark) => rows.filter((row) => row.mark === mark && !row.alert && row.stops.length < 3));
        const held = rows.filter((row) => row.shift?.status === "stable" && row.stops.length < 3 && row.isDrawable);
        // Of quarters the tables judge no share: the counts of the same partners are more or fewer.
        const counted = ["more", "fewer"].map((code) => rows.filter((row) => row.data.change === code && !row.alert));
        const found = { rose, fell, ...(kindOf(period) === "quarter" ? { more_cases: counted[0], fewer_cases: counted[1] } : {}) };
        const parts = Object.entries(found)
            .filter(([, list]) => list.length)
            .map(([key, list]) => say(`title.${key}`, { names: names(list) }));
        const title = [...parts, held.length ? say("title.held", { count: count(held.length) }) : ""].filter(Boolean).join(" ");
        return {
            title: title || say("title.none"),
            note: all([
                "changes",
                ...(rows.some((row) => row.isDashed) ? ["dashed"] : []),
                ...(rows.some((row) => row.alert) ? ["alerts"] : []),
            ]),
        };
    }
    if (view === "places") {
        const found = rows.filter((row) => row.hotspot?.label === "hotspot");
        const leads = leading(drawable)
            ? say(`title.leads.${role}`, { name: first.title, count: count(first.value) })
            : say("title.places", named);
        return {
            title: found.length ? say(`title.stand_out.${role}`, { names: names(found) }) : leads,
            note: all([...(rows.some((row) => row.hotspot) ? ["labels"] : []), ...(rows.some((row) => row.value) ? ["circles"] : [])]),
        };
    }
    if (shown.new && tellsNew(shown))
        return {
            title: say(kindOf(period) === "round" ? "title.new_round" : "title.new", named),
            note: all(kindOf(period) === "round" ? [] : ["new"]),
        };
    if (kindOf(period) === "round")
        return {
            title: say(view === "changes" ? "title.new_round" : "title.round", named),
            note: all(view === "changes" ? [] : ["round"]),
        };
    const title = leading(drawable)
        ? say("title.corridor", { ...named, name: first.title, most: count(first.value) })
        : say(first ? "title.corridors" : "table.empty", named);
    return { title, note: all(["corridors", ...(rows.some((row) => row.isDashed) ? ["dashed"] : [])]) };
};
const legendOf = (shown) => {
    if (shown.view === "places") {
        const breaks = shown.role === "from" ? breaksOf(now.rows) : [];
        const range = (at) => (at === 0 ? `<${breaks[0]}` : at === breaks.length ? `${breaks.at(-1)}+` : `${breaks[at - 1]}–${breaks[at]}`);
        return breaks.length
            ? [
                  { word: say("legend.per_100000") },
                  ...CLASSES.map((fill, at) => ({ fill, word: range(at) })),
                  { fill: "#F0F1F0", word: say("legend.few", { least: POLICY.public_least_label_count }) },
              ]
            : [];
    }
    const present = new Set(
        ROWS[shown.view](shown)
            .filter((row) => row.isDrawable)
            .map((row) => row.group),
    );
    const lines = shown.view === "changes" ? [] : DIRECTIONS.filter((direction) => present.has(direction));
    return lines.map((direction) => ({
        colour: colourOf(direction),
        direction,
        word: say(direction === "other" ? "legend.other" : `legend.${direction}`),
    }));
};

const drawFrame = () => {
    document.documentElement.lang = language;
    document.title = `${say(`view.${state.view ?? "corridors"}`)} · ${say("page.title")}`;
    for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
    for (const element of document.querySelectorAll("[data-say-label]")) element.setAttribute("aria-label", say(element.dataset.sayLabel));
    byId("find").placeholder = say("choose.find");
    for (const button of document.querySelectorAll("[data-lang]"))
        button.setAttribute("aria-pressed", String(button.dataset.lang === language));
    byId("edition").textContent = say(`edition.${PAGE.edition}`);
    byId("made").textContent = say("page.made", { release: PAGE.release, day: PAGE.as_of });
    byId("policy").textContent = say(`page.policy.${PAGE.edition}`, POLICY);
    byId("credits").textContent = say("page.credits", { credits: PAGE.credits });
};
const choices = (id, key, list, isOffered = () => true) => {
    const focused = document.activeElement?.closest(`#${id}`) && document.activeElement.dataset.value;
    byId(id).replaceChildren(
        ...list.map(([value, word]) => {
            const about = { "data-key": key, "data-value": value, "aria-pressed": String(state[key] === value) };
            return make("button", { type: "button", ...about, disabled: !isOffered(value) }, word);
        }),
    );
    if (focused) byId(id).querySelector(`[data-value="${focused}"]`)?.focus();
};
const drawControls = () => {
    const views = VIEWS.map((view) => [view, say(`view.${view}`)]);
    choices("views", "view", views, (view) => OFFERED[view].has(state.period));
    // Years are buttons; where there are quarters, all periods are one list.
    const years = PERIOD_IDS.some((id) => kindOf(id) === "quarter") ? [] : PERIOD_IDS.filter((id) => kindOf(id) === "year").reverse();
    const nameOf = (id) => periodName(id, "period.part");
    choices("periods", "period", years.map((id) => [id, nameOf(id)]));
    byId("periods").hidden = !years.length;
    const option = (id) => make("option", { value: id, selected: id === state.period }, nameOf(id));
    const others = PERIOD_IDS.filter((id) => !years.includes(id));
    const groups = KINDS.map((kind) => [kind, others.filter((id) => kindOf(id) === kind)]).filter(([, ids]) => ids.length);
    byId("others").hidden = !others.length;
    byId("others").replaceChildren(
        ...(years.length ? [make("option", { value: "" }, say("period.more"))] : []),
        ...groups.map(([kind, ids]) => make("optgroup", { label: say(`period_kind.${kind}`) }, ids.map(option))),
    );
    const roles = state.view === "places" ? ROLES.filter((role) => allRows({ ...state, role }).length) : [];
    choices("roles", "role", roles.map((role) => [role, say(`role.${role}`)]));
    byId("roles").hidden = !roles.length;
    for (const [id, offered, key, word] of [
        [
            "new",
            tellsNew(state),
            "new",
            kindOf(state.period) === "round"
                ? say("rounds.new_in")
                : say("choose.new", { period: isCounted(state.period) ? periodName(yearBefore(state.period)) : "" }),
        ],
        ["via", hasVia(state), "via", say("list.corridors_via")],
        [
            "all",
            state.view !== "places" && now.rows.filter((row) => row.isDrawable).length > MOST,
            "most",
            say("choose.all", { count: count(now.rows.filter((row) => row.isDrawable).length) }),
        ],
    ]) {
        byId(id).hidden = !offered;
        byId(id).textContent = word;
        byId(id).setAttribute("aria-pressed", String(Boolean(state[key])));
    }
    const focused = document.activeElement?.dataset?.direction;
    const entries = legendOf(state).map(({ colour, fill, direction, word }) => {
        if (!fill && !colour) return make("b", {}, word);
        const size = fill ? { y: 0.5, height: 11, fill, stroke: C.rule } : { y: 4, height: 4, fill: colour };
        const swatch = shape("svg", { width: 16, height: 12, "aria-hidden": "true" }, shape("rect", { x: 0.5, width: 15, ...size }));
        return direction
            ? make("button", { type: "button", "data-direction": direction, "aria-pressed": String(!isHidden(direction)) }, swatch, word)
            : make("span", {}, swatch, word);
    });
    byId("keys").replaceChildren(...entries);
    if (focused) byId("keys").querySelector(`[data-direction="${focused}"]`)?.focus();
    byId("keys").hidden = !byId("keys").children.length;
    byId("places").replaceChildren(...[...PLACES.keys()].filter(isPlaced).map((id) => make("option", { value: placeName(id) })));
    stage.setAttribute("aria-label", `${say("map.name")}: ${whatOf(state)}. ${say("map.keys")}`);
};
const drawNotes = () => {
    byId("how").textContent = say(`how.${kindOf(state.period) === "round" ? "rounds" : state.view}`);
    const risks = state.view === "places" && rowsOf("risk").length;
    byId("how-more").textContent = [
        state.view === "places" && rowsOf("hotspots").length ? say("how.hotspots") : "",
        risks ? say("how.risk") : "",
    ]
        .filter(Boolean)
        .join(" ");
    const [network] = where("coverage", { period_id: state.period });
    const fields = where("completeness", { period_id: state.period })
        .sort((a, b) => b.known_share - a.known_share)
        .map((row) => `${sayCode("field", row.field)} ${percent(row.known_share)}`.toLowerCase());
    const [round] = where("mentions", { period_id: state.period, subject: "round" });
    const period = periodName(state.period);
    const notes = {
        coverage:
            network &&
            say("page.coverage", {
                period,
                partners: network.partner_count,
                counties: network.county_count,
                share: percent(network.one_partner_share),
            }),
        known:
            (fields.length && say("page.known", { period, fields: fields.join(", ") })) ||
            (round?.mention_count && say("summary.reports", { count: count(round.mention_count) })),
    };
    for (const [id, text] of Object.entries(notes)) {
        byId(id).hidden = !text;
        byId(id).textContent = text || "";
    }
    const cases = now.rows.filter((row) => row.data.movement_count !== undefined);
    byId("sum").textContent =
        cases.length && state.view !== "changes"
            ? say("summary.cases", { count: count(cases.reduce((sum, row) => sum + row.value, 0)) })
            : "";
};

const fileName = (ending) =>
    ["njia", PAGE.edition, PAGE.release, state.view, state.period, state.view === "places" ? state.role : ""]
        .filter(Boolean)
        .join("_")
        .replaceAll(/[^\w.-]+/g, "-") + ending;
const sourceText = () =>
    [
        byId("made-up")?.textContent,
        say(`edition.${PAGE.edition}`),
        say("page.made", { release: PAGE.release, day: PAGE.as_of }),
        say("map.schematic"),
        PAGE.credits,
    ]
        .filter(Boolean)
        .join(" · ");
const svgNow = () => svgOf(`${now.title} (${periodName(state.period)})`, sourceText());
const SAVED = {
    csv: () => save(fileName(".csv"), "text/csv;charset=utf-8", csvOf(now.rows)),
    svg: () => save(fileName(".svg"), "image/svg+xml", svgNow()),
    png: () => savePng(fileName(".png"), svgNow()),
    embed: () => openShare(),
};
const isOnline = () => location.protocol.startsWith("http");
const pageAddress = (isEmbedded) =>
    `${isOnline() ? location.href.split(/[?#]/)[0] : "map.html"}${isEmbedded ? "?embed=1" : ""}${addressOf(state)}`;
const openShare = () => {
    const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
    byId("link").value = pageAddress(false);
    byId("code").value =
        `<iframe src="${escaped(pageAddress(true))}" width="600" height="450" title="${escaped(`${say("page.title")}: ${whatOf(state)}`)}" loading="lazy"></iframe>`;
    byId("share").showModal();
    byId("code").select();
};

const unpick = () => {
    const place = state.pick;
    change({ pick: "" });
    (document.querySelector(`#map .place[data-pick="${place}"]`) ?? document.querySelector(`#list [data-pick="${place}"]`) ?? stage).focus({
        preventScroll: true,
    });
};
const onClick = (event) => {
    const target = event.target.closest(
        "[data-pick], [data-key][data-value], [data-direction], [data-lang], [data-save], #new, #via, #all",
    );
    if (!target || stage.dataset.dragged) return;
    const { pick: picked, key, value, direction, lang, save: kind } = target.dataset;
    if (picked) pick(picked);
    else if (value) change({ [key]: value });
    else if (direction) change({ hide: DIRECTIONS.filter((one) => isHidden(one) !== (one === direction)).join(",") });
    else if (lang) change({ lang });
    else if (kind) SAVED[kind]();
    else change(target.id === "all" ? { most: state.most ? "" : "all" } : { [target.id]: state[target.id] ? "" : "1" });
    if (picked && state.pick && !event.target.closest("#map")) byId("close").focus({ preventScroll: true });
};
const onMapKey = (event) => {
    const focused = event.target.closest(".place");
    if (event.key in WAYS && focused) nextPlace(focused, WAYS[event.key])?.focus({ preventScroll: true });
    else if (["Enter", " "].includes(event.key) && focused) pick(focused.dataset.pick);
    else if (event.key === "+" || event.key === "=") zoomTo(camera.zoom * 1.5, redrawMap);
    else if (event.key === "-") zoomTo(camera.zoom / 1.5, redrawMap);
    else if (event.key === "0") zoomTo(1, redrawMap);
    else return;
    for (const one of stage.querySelectorAll(".place")) one.setAttribute("tabindex", one === document.activeElement ? 0 : -1);
    event.preventDefault();
};

const start = () => {
    document.body.append(HATCH);
    document.body.classList.toggle("embed", IS_EMBEDDED);
    byId("to-report").hidden = !PAGE.has_report || IS_EMBEDDED;
    if (!PERIOD_IDS.length) {
        byId("nothing").hidden = false;
        byId("app").hidden = true;
        byId("below").hidden = true;
        for (const button of document.querySelectorAll("[data-lang]"))
            button.addEventListener("click", () => ((language = button.dataset.lang), drawFrame()));
        drawFrame();
        return;
    }
    document.addEventListener("click", onClick);
    stage.addEventListener("keydown", onMapKey);
    startDragging(redrawMap);
    byId("others").addEventListener("change", (event) => event.target.value && change({ period: event.target.value }));
    byId("find").addEventListener("change", (event) => {
        const found = placeNamed(event.target.value);
        byId("find").setAttribute("aria-invalid", String(!found && event.target.value !== ""));
        if (found) change({ pick: found });
    });
    byId("close").addEventListener("click", unpick);
    byId("share-close").addEventListener("click", () => byId("share").close());
    byId("full").addEventListener("click", () => byId("full").setAttribute("href", pageAddress(false)));
    byId("more").addEventListener("click", () => {
        isWhole = true;
        drawTableNow();
        byId("table-title").focus();
    });
    for (const [id, by] of [
        ["zoom-in", 1.5],
        ["zoom-out", 1 / 1.5],
        ["zoom-back", 0],
    ])
        byId(id).addEventListener("click", () => zoomTo(by ? camera.zoom * by : 1, redrawMap));
    document.addEventListener("keydown", (event) => event.key === "Escape" && state.pick && !byId("share").open && unpick());
    addEventListener("hashchange", () => show(stateOfAddress()));
    new ResizeObserver(() => stage.dataset.size === sizeNow() || redrawMap()).observe(stage);
    show(stateOfAddress());
    if (document.fonts.status !== "loaded") document.fonts.ready.then(redrawMap);
};
start();
