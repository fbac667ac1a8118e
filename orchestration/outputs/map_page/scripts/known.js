// For how many records a field is known, among what is to be borne in mind.
const KNOWN_BANDS = ["under_half", "half_to_nine_tenths", "over_nine_tenths"];
const drawKnown = (grain, period) => {
  const told = rowsWhere("completeness", { record_grain: grain, period_id: period });
  const line = (band) => {
    const fields = told.filter((row) => row.known_share_band === band).map((row) => sayCode("field", row.field));
    return fields.length ? [make("li", {}, `${sayCode("known", band)}: ${fields.join(", ")}.`)] : [];
  };
  document.getElementById("known").hidden = !told.length;
  document.getElementById("known-lead").textContent = say("page.known", {
    grain: sayCode("grain", grain),
    period: periodName(period, grain),
  });
  document.getElementById("known-fields").replaceChildren(...KNOWN_BANDS.flatMap(line));
};
