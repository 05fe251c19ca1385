// Chooses the browser's own time zone in a form that still shows the clinic's.
export default function zone(form) {
  const select = form.elements.time_zone;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const untouched = select && select.selectedOptions[0]?.defaultSelected && !form.querySelector('[aria-invalid]');
  const option = untouched && [...select.options].find((known) => known.value === own);
  if (option) option.selected = true;
}
