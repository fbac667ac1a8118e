// Notes: how many partners reported, and how complete the records are.
const drawNotes = (period) => {
  const at = { period_id: period };
  const [network] = rowsWhere("coverage", at);
  const fields = rowsWhere("completeness", at)
    .sort((a, b) => b.known_share - a.known_share)
    .map((row) => `${sayCode("field", row.field)} ${percent(row.known_share)}`.toLowerCase());
  const notes = {
    coverage: network && {
      partners: network.partner_count,
      counties: network.county_count,
      share: percent(network.one_partner_share),
    },
    known: fields.length && { fields: fields.join(", ") },
  };
  for (const [name, said] of Object.entries(notes)) {
    const note = document.getElementById(name);
    note.hidden = !said;
    note.textContent = said ? say(`page.${name}`, { period: periodName(period), ...said }) : "";
  }
};
