// Nothing here is needed: without it every page works.

// Mark all rows of a page at once.
for (const all of document.querySelectorAll("input[data-marks]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${all.dataset.marks}"]`)) one.checked = all.checked;
  });
}

// All that match include the rows shown; they are not sent beside them.
for (const all of document.querySelectorAll('.choose input[name="all"]')) {
  all.addEventListener("change", () => {
    for (const one of all.form.querySelectorAll("td input[type=checkbox]")) one.checked = one.disabled = all.checked;
  });
}

// Keys. A page of an item goes on in the list from which it was opened in this tab.
const links = [...document.querySelectorAll(".list tbody tr")].map((one) => one.querySelector("td a")).filter(Boolean);
const here = [location.pathname + location.search, location.pathname];
const kept = (name) => JSON.parse(sessionStorage.getItem(name) ?? "[]");
const from = ["rows", "list"].map(kept).find((list) => here.some((one) => list.includes(one)));
if (document.querySelector("form[action='/login']")) sessionStorage.clear();
else if (from) sessionStorage.setItem("from", JSON.stringify([from, from.findIndex((one) => here.includes(one))]));
if (links.length) {
  const name = location.pathname.startsWith("/items/") ? "rows" : "list";
  sessionStorage.setItem(name, JSON.stringify(links.map((one) => one.getAttribute("href"))));
}

function toRow(by) {
  const next = links.indexOf(document.activeElement.closest("tr")?.querySelector("td a")) + by;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}
function toItem(by) {
  const [list, at] = kept("from");
  if (list?.[at + by]) location.assign(list[at + by]);
}

const dialog = document.getElementById("keys");
const areOn = dialog?.querySelector("input");
if (dialog) {
  document.querySelector("footer a[href='#keys']").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.showModal();
  });
  dialog.querySelector("a").addEventListener("click", () => dialog.close());
  areOn.closest("label").hidden = false;
  areOn.checked = localStorage.getItem("keys") !== "off";
  areOn.addEventListener("change", () => localStorage.setItem("keys", areOn.checked ? "on" : "off"));
}
const actions = {
  j: () => toRow(1),
  k: () => toRow(-1),
  J: () => toItem(1),
  K: () => toItem(-1),
  x: () => document.activeElement.closest("tr")?.querySelector(".pick input")?.click(),
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "?": () => dialog.showModal(),
};
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea, dialog");
  if (!areOn?.checked || isTyping || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
});

// Follow a refresh: show its steps, and load the page again when it begins or ends.
const follow = async () => {
  const shown = document.querySelector("#refresh[data-follow]");
  if (!shown) return;
  const answer = await fetch("/refresh").catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("#refresh");
    if (now?.dataset.follow !== shown.dataset.follow) return location.reload();
    if (now.innerHTML !== shown.innerHTML) shown.innerHTML = now.innerHTML;
  }
  setTimeout(follow, 3000);
};
setTimeout(follow, 3000);
