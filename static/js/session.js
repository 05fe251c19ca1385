// Asks before the session ends whether to go on, and leaves the page at the end so that nothing private stays on it.
// Every open tab counts by the same clock: a page load or "Stay signed in" in one puts the end off in all.

// Seconds before the end at which the time left is said again.
const REMINDERS = [[60, 'minute'], [20, 'seconds']];

export default function session(dialog) {
  const { idle, warn, end } = dialog.dataset;
  const said = dialog.querySelector('[data-said]');
  const live = dialog.querySelector('[data-live]');
  const form = dialog.querySelector('[data-stay]');
  const opening = said.textContent;
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('salus-session') : null;
  let endsAt;
  let reminders;

  const say = (sentence) => {
    said.textContent = sentence;
    live.textContent = sentence;
  };

  const restart = () => {
    endsAt = Date.now() + Number(idle) * 1000;
    reminders = [...REMINDERS];
    live.textContent = '';
    if (dialog.open) dialog.close();
  };

  const leave = () => location.replace(end);

  const stay = async () => {
    try {
      const answer = await fetch(form.action, {
        method: 'POST',
        body: new URLSearchParams(new FormData(form)),
        redirect: 'manual',
      });
      if (!answer.ok) return leave();
      restart();
      tabs?.postMessage('stay');
    } catch {
      say(dialog.dataset.failed);
    }
  };

  const look = () => {
    const left = (endsAt - Date.now()) / 1000;
    if (left <= 0) return leave();
    if (left > Number(warn)) return;
    if (!dialog.open) {
      said.textContent = opening;
      dialog.showModal();
      live.textContent = opening;
    }
    // A tab that slept may wake past several reminders: only the latest is said.
    let due = null;
    while (reminders.length && left <= reminders[0][0]) due = reminders.shift();
    if (due) say(dialog.dataset[due[1]]);
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    stay();
  });
  // Escape answers the question as well: the person is there.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    stay();
  });
  tabs?.addEventListener('message', (event) => {
    if (event.data === 'stay') restart();
    // Signed out in another tab: a moment later, when the server has heard of it, this one shows nothing either.
    else setTimeout(() => location.replace('/login'), 1000);
  });
  for (const other of document.querySelectorAll('form[action="/logout"]')) {
    other.addEventListener('submit', () => tabs?.postMessage('leave'));
  }
  document.addEventListener('visibilitychange', look);
  // A page kept by the browser and shown again may be long out of time.
  window.addEventListener('pageshow', look);

  restart();
  tabs?.postMessage('stay');
  setInterval(look, 1000);
}
