// Fills in the code of a text that arrives on this phone, where the browser can; the person still presses the button.
export default async function webotp(input) {
  // On a large screen the text arrives on another device, and the browser would only ask about it.
  if (!('OTPCredential' in window) || !matchMedia('(max-width: 40rem)').matches) return;
  const asking = new AbortController();
  input.form?.addEventListener('submit', () => asking.abort());
  try {
    const credential = await navigator.credentials.get({ otp: { transport: ['sms'] }, signal: asking.signal });
    if (credential && !input.value) input.value = credential.code;
  } catch {
    // Refused, aborted or timed out: the code is typed by hand.
  }
}
