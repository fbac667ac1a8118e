// Nothing here is needed: without it every page works. It marks all rows of a page at once.
for (const all of document.querySelectorAll("input[data-marks]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${all.dataset.marks}"]`)) one.checked = all.checked;
  });
}
