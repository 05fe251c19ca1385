// Follows where the message is: each event carries a whole sentence. One named `offer` also offers other ways, and one
// named `done` is the last.
export default function status(line) {
  const events = new EventSource(line.dataset.source);
  const offer = document.getElementById('offer');
  const say = (event) => {
    if (event.data && event.data !== line.textContent) line.textContent = event.data;
    offer.hidden = event.type !== 'offer';
  };
  events.addEventListener('message', say);
  events.addEventListener('offer', say);
  events.addEventListener('done', (event) => {
    say(event);
    events.close();
  });
}
