mail-help = Questions? Call { $phone } ({ $hours }). We never ask for your password or a code.
mail-open = Open the portal
mail-reset = Choose a new password
mail-not-you = Was this not you? Choose a new password now, and call us.
mail-welcome-subject = { $clinic }: your account is open
mail-welcome-body = Your portal account at { $clinic } is open. You sign in with your email, your password and a code that we text you.
mail-registration_taken-subject = { $clinic }: you already have an account
mail-registration_taken-body = Somebody filled in the form for a new account at { $clinic } with your email or your phone. You already have an account, so we did not open another.
mail-registration_taken-next = Was it you? Sign in as usual. If you forgot your password, choose a new one. Was it not you? You need to do nothing.
mail-locked-subject = { $clinic }: your account is locked for now
mail-locked-body = There were too many wrong tries to sign in. To keep your records safe, your account is locked until { $time }.
mail-locked-next = Your records are safe. Browsers that you have used before may still work. You can also call us.
mail-unlocked-subject = { $clinic }: your account is unlocked
mail-unlocked-body = Your care team unlocked your account at { $time }. You can sign in again with your password and a code.
mail-strange_codes-subject = { $clinic }: somebody typed wrong codes
mail-strange_codes-body = Somebody signed in with your password and then typed wrong codes, last at { $time }. If it was not you, your password is known to someone else. Choose a new one now.
mail-new_browser-subject = { $clinic }: a new browser signed in
mail-new_browser-body = Your account was opened at { $time } from a browser that was not used before: { $agent }.
mail-reset_link-subject = { $clinic }: choose a new password
mail-reset_link-body = You asked for a new password. Open this link within 30 minutes. We then text you a code.
mail-reset_link-ignore = Did you not ask for it? You need to do nothing. Your password stays as it is.
mail-password_changed-subject = { $clinic }: your password was changed
mail-password_changed-body = The password of your account was changed at { $time }. Every browser was signed out.
mail-invitation-subject = { $clinic }: your invitation to the portal
mail-invitation-body = { $name }, { $clinic } invites you to its patient portal as a member of staff. Open this link within 7 days, choose a password and confirm your mobile phone.
mail-invitation-open = Accept the invitation
mail-booked-subject = { $clinic }: your appointment is booked
mail-booked-body = Your appointment is booked for { $time }. You can see it, change it or cancel it in the portal.
mail-cancelled-subject = { $clinic }: your appointment is cancelled
mail-cancelled-body = Your appointment on { $time } is cancelled. You can book another in the portal.
mail-moved-subject = { $clinic }: your appointment was moved
mail-moved-body = Your appointment is now on { $time }. You can see it in the portal.
mail-reminder-subject = { $clinic }: your appointment is coming up
mail-reminder-body = Your appointment is on { $time }. You can see it, change it or cancel it in the portal.
mail-reminder-choice = On your account page you choose how we remind you.
mail-news-subject = { $clinic }: something new in the portal
mail-news-body = There is something new to read in the portal.
mail-turned_off-subject = { $clinic }: your account was turned off
mail-turned_off-body = Your portal account was turned off by the clinic. Call us if you have questions.
mail-delivery-open = Look at delivery
mail-spend-all = Text messages cost { $spent } today. The day's ceiling is { $ceiling }.
mail-spend-country = Text messages to this country cost { $spent } today: { $country }. Its ceiling for the day is { $ceiling }.
mail-spend_near-subject = { $clinic }: text messages are near the day's ceiling
mail-spend_near-next = At the ceiling no codes are texted until { $time }. Look whether the messages are wanted. The portal's operator can raise the ceiling.
mail-spend_reached-subject = { $clinic }: the day's ceiling for text messages is reached
mail-spend_reached-next = Codes are not texted until { $time }. People are told to choose another way to get in, or to call. The portal's operator can raise the ceiling.
mail-prefix_paused-subject = { $clinic }: text messages to some numbers are paused
mail-prefix_paused-body = Hardly anybody enters the codes that we text to one prefix: { $entered } of { $codes } in a day. Country: { $country }. Tag: { $tag }. This can be fraud that makes the clinic pay for messages.
mail-prefix_paused-next = Until { $time } only people with an account get texts there. If it is a mistake, an admin can lift the pause.
mail-code-subject = { $clinic }: your code
mail-code-body = Your code for the portal is { $code }. It works for { $minutes } minutes.
mail-code-share = Do not share it. We never call to ask for it. Did you not ask for it? Choose a new password.
mail-factor_added-subject = { $clinic }: a way to sign in was added
mail-factor_added-body = { $kind ->
    [passkey] A passkey or security key was added to your account at { $time }.
   *[other] A new way to confirm who you are was added to your account at { $time }.
}
mail-factor_removed-subject = { $clinic }: a way to sign in was removed
mail-factor_removed-body = { $kind ->
    [passkey] A passkey or security key was removed from your account at { $time }.
   *[other] A way to confirm who you are was removed from your account at { $time }.
}
