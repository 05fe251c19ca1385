// Adds a button that shows what is typed; on submit it is hidden again, so that browsers keep it as a password.
export default function password(box) {
  const input = box.querySelector('input');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button button-secondary password-show';
  button.textContent = box.dataset.show;
  button.setAttribute('aria-label', box.dataset.name);
  button.setAttribute('aria-controls', input.id);

  const show = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.addEventListener('click', () => show(input.type === 'password'));
  input.form?.addEventListener('submit', () => show(false));
  show(false);
  box.append(button);
}
