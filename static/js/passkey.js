// Asks this device for a passkey when the form's button is pressed, and posts what it says: a new one where the form is
// marked `data-new`, else one that proves who somebody is.
export default function passkey(form) {
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const { options, failed } = form.dataset;
  if (!options || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  part('ask').hidden = false;
  part('without').hidden = true;
  form.addEventListener('submit', async (event) => {
    if (form.elements.passkey.value) return;
    event.preventDefault();
    part('said').hidden = true;
    try {
      const asked = JSON.parse(options);
      const credential = 'new' in form.dataset
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      form.elements.passkey.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      part('said').textContent = failed;
      part('said').hidden = false;
    }
  });
}
