// Asks this device for a passkey when the form's button is pressed, and posts what it says: a new one where the form is
// marked `data-new`, else one that proves who somebody is. What it cannot do is said in the form's status line.

// Errors of the browser that trying again will not cure.
const UNABLE = ['NotSupportedError', 'ConstraintError', 'SecurityError'];

export default function passkey(form) {
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const isNew = 'new' in form.dataset;
  const read = isNew ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
  if (!form.dataset.options || !window.PublicKeyCredential?.[read]) return;
  part('ask').hidden = false;
  part('without').hidden = true;

  const say = (name) => {
    const said = part('said');
    said.textContent = said.dataset[name];
    said.className = name === 'waiting' ? 'hint' : 'error';
  };
  const why = (error) => {
    if (isNew && error.name === 'InvalidStateError') return 'known';
    return UNABLE.includes(error.name) ? 'unable' : 'failed';
  };

  // The question that the device is being asked; a second press does not ask it twice.
  let asking = null;
  const ask = async () => {
    asking = new AbortController();
    const { signal } = asking;
    say('waiting');
    try {
      const publicKey = PublicKeyCredential[read](JSON.parse(form.dataset.options));
      const credential = await navigator.credentials[isNew ? 'create' : 'get']({ publicKey, signal });
      form.elements.passkey.value = JSON.stringify(credential);
      form.submit();
    } catch (error) {
      asking = null;
      if (!signal.aborted) say(why(error));
    }
  };

  form.addEventListener('submit', (event) => {
    // A name that will not do is told by the server before the device makes anything.
    if (!form.checkValidity()) return;
    event.preventDefault();
    if (!asking) ask();
  });
  // Left while the device asks: the question goes. Come back to by "Back": what was answered once is not posted again.
  window.addEventListener('pagehide', () => asking?.abort());
  window.addEventListener('pageshow', (event) => {
    form.elements.passkey.value = '';
    if (!event.persisted) return;
    asking = null;
    part('said').textContent = '';
  });
}
