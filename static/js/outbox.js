// Shows a new text, call or email as it is sent: an event says there is one, the page itself has it.
export default function outbox(list) {
  const events = new EventSource(list.dataset.source);
  events.addEventListener('message', async () => {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-module="outbox"]');
    if (fresh) list.replaceChildren(...fresh.childNodes);
  });
}
