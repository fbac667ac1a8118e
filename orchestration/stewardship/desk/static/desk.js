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
