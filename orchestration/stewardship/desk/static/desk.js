// Nothing here is needed: without it every page works.

// Mark all rows of a page at once.
for (const all of document.querySelectorAll("input[data-marks]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${all.dataset.marks}"]`)) one.checked = all.checked;
  });
}

// On a phone the views stand in one row: bring the current one into sight.
const row = document.querySelector("nav.top ul");
const current = row?.querySelector("[aria-current]");
if (current) row.scrollLeft = current.offsetLeft - row.offsetLeft - 16;

// Keys. A page of an item goes on in the list that was open before it, in this tab.
const links = [...document.querySelectorAll(".list tbody tr")].map((one) => one.querySelector("td a")).filter(Boolean);
const kept = JSON.parse(sessionStorage.getItem("list") ?? "[]");
const at = (address) => kept.findIndex((one) => one === address || one === address.split("?")[0]);
const here = at(location.pathname + location.search);
if (document.querySelector("form[action='/login']")) sessionStorage.clear();
else if (links.length) sessionStorage.setItem("list", JSON.stringify(links.map((one) => one.getAttribute("href"))));
if (here >= 0) sessionStorage.setItem("at", here);

function step(by) {
  if (links.length) {
    const next = links.indexOf(document.activeElement.closest("tr")?.querySelector("td a")) + by;
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
  } else {
    const next = kept[Number(sessionStorage.getItem("at") ?? -1) + by];
    if (next) location.assign(next);
  }
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
  j: () => step(1),
  k: () => step(-1),
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
