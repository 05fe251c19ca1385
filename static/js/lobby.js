// Keeps the waiting room's sentence true. When the state itself changes, what may be pressed changes: load the page anew.

// Milliseconds between two questions; a doctor's "come in" is seen within them.
const PAUSE = 5000;

export default function lobby(room) {
  const line = room.querySelector('[role="status"]');

  const ask = async () => {
    try {
      const answer = await fetch(room.dataset.source, { headers: { accept: 'application/json' }, redirect: 'manual' });
      if (answer.type === 'opaqueredirect') return location.reload();
      if (answer.ok) {
        const { state, sentence } = await answer.json();
        if (state !== room.dataset.state) return location.reload();
        if (sentence !== line.textContent) line.textContent = sentence;
      }
    } catch {
      // No network just now: the next question may get through.
    }
    setTimeout(ask, PAUSE);
  };
  setTimeout(ask, PAUSE);
}
