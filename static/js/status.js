// Follows where the text message is: each event carries a whole sentence; one named `done` is the last.
export default function status(line) {
  const events = new EventSource(line.dataset.source);
  const say = (event) => {
    if (event.data && event.data !== line.textContent) line.textContent = event.data;
  };
  events.addEventListener('message', say);
  events.addEventListener('done', (event) => {
    say(event);
    events.close();
  });
}
