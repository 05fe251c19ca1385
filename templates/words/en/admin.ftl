overview-title = Overview
overview-locked = Locked now
overview-locked-some = Waiting for a look
overview-locked-link = Open lockouts
overview-failed = Failed sign-ins
overview-failed-hint = Wrong passwords and wrong codes in the last hour
overview-failed-link = Open the audit trail
overview-texts = Text messages in the last hour
overview-texts-sent = Sent
overview-texts-failed = Failed
overview-texts-waiting = On their way
overview-people = People
overview-patients = Patients
overview-doctors = Doctors
overview-admins = Admins
overview-people-link = Find a person
lockouts-title = Lockouts
lockouts-none = No accounts are locked.
lockouts-none-next = Does somebody say they cannot get in?
lockouts-count = { $n ->
    [one] 1 account is locked now.
   *[other] { $n } accounts are locked now.
}
lockouts-caption = Locked now
lockouts-person = Person
lockouts-locks = Locks in a row
lockouts-place = Tries from
lockouts-at = Locked at
lockouts-until = Opens by itself at
lockouts-review = Review, { $initials }
lockouts-more = { $n ->
    [one] 1 more browser is locked.
   *[other] { $n } more browsers are locked.
}
lockouts-why-password = Wrong passwords, { $n } in a row
lockouts-why-code = Wrong codes, { $n } in a row
lockouts-why-other = Wrong answers, { $n } in a row
lockouts-oneself = Nobody can unlock themselves. Ask another admin.
review-title = Review lockout
review-done = Unlocked at { $time }. We told the person by email.
review-locked = Locked for now
review-open = Not locked
review-not_locked = This account is not locked now. If its email is paused after wrong passwords, unlocking lifts that too.
review-where = Locked in
review-strangers = All unknown browsers
review-known = One known browser
review-unlock = Unlock now
review-person = About this person
unlock-title = Unlock account
unlock-body = This clears the wrong tries. The person still needs their password and a code.
unlock-reason-hint = How you checked the caller, the date and the ticket. Write nothing about their health.
unlock-submit = Unlock
unlock-keep = Keep it locked
checks-title = Recent sign-in checks
checks-hint = Each sign-in with the right password or a passkey, what we wanted of it, and why. Who has no stronger factor is asked for what they have.
checks-none = No sign-in was checked in 90 days.
checks-caption = Sign-ins with the right password or a passkey, newest first
checks-when = When
checks-place = Where
checks-in-country = { $network }, { $country }
checks-outcome = Wanted
checks-reasons = Why
checks-ended = What became of it
checks-ended-signed_in = Signed in
checks-ended-refused = Not let in
checks-ended-open = Not finished
checks-no-reason = Nothing unusual
checks-points = { $n ->
    [one] { $n } point
   *[other] { $n } points
}
risk-outcome-allow = No code
risk-outcome-code = A code
risk-outcome-stronger = A stronger factor
risk-outcome-hold = Held
risk-reason-unknown_browser = Unknown browser
risk-reason-new_network = New network
risk-reason-new_country = New country
risk-reason-too_fast = Too far from the last sign-in for the time between
risk-reason-some_failures = Some wrong passwords or codes in 24 hours
risk-reason-many_failures = Many wrong passwords or codes in 24 hours
risk-reason-stuffing = Many wrong passwords at all accounts
risk-reason-new_number = The phone number is new
risk-reason-failing_number = Codes to the phone number did not arrive
reason-label = Reason
reason-empty = Enter a reason
reason-long = Enter a reason of at most { $most } characters
people-title = People
people-tab = Accounts
people-find = Find by email
people-find-hint = Enter the whole address.
people-find-submit = Find
people-find-none = No account uses this email. Check the spelling.
people-role = Show
people-role-hint = Choose whom the list shows.
people-role-any = Everybody
people-role-submit = Show
people-none = There are no accounts here.
people-count = { $n ->
    [one] 1 account.
   *[other] { $n } accounts.
}
people-caption = Newest first
people-phone = Phone
people-opened = Opened
people-state = State
people-on = Can sign in
people-off = Turned off
people-off-since = Turned off since { $when }
people-mail = Email
people-mail-returns = Email comes back
people-mail-no_mailbox = Came back on { $when }: no such mailbox
people-mail-full = Came back on { $when }: the mailbox is full
people-mail-blocked = Came back on { $when }: their mail server blocks our mail
people-mail-refused = Came back on { $when }: their mail server refused it
people-mail-hint = The person sees that our emails come back. The note goes by itself three days after an email was taken. Do you know that emails reach them again? Then take it away now.
people-mail-works = Email works again
people-mail-done = The note is gone. We write emails as before.
people-language = Language
people-sessions = Signed in now
people-sessions-count = { $n ->
    [0] Nowhere
    [one] In 1 browser
   *[other] In { $n } browsers
}
people-id = Account id
people-lockout = Lockout and sign-in history
people-lockout-hint = What happened in 30 days, and unlocking
people-trail = What this person did
people-trail-hint = Their events in the audit trail
turn-off-link = Turn off the account
turn-on-link = Turn on the account
turn-off-title = Turn off account
turn-on-title = Turn on account
turn-off-body = Nobody can sign in with this account then, and its sessions end at once. Nothing is deleted. We tell the person by email.
turn-off-booked = { $n ->
    [one] 1 coming appointment with this doctor is cancelled. We tell the patient by email.
   *[other] { $n } coming appointments with this doctor are cancelled. We tell the patients by email.
}
turn-on-body = The person can sign in again then, with their password and a code.
turn-reason-hint = Why, and who asked for it. Write nothing about their health.
turn-off-submit = Turn off
turn-on-submit = Turn on
turn-keep = Leave it as it is
turn-oneself = Nobody can turn their own account off. Ask another admin.
turn-last_admin = This is the last admin who can sign in. Invite another admin first.
turn-done-off = The account is turned off. All its sessions have ended.
turn-done-on = The account is turned on.
invite-title = Invite staff
invite-body = We mail a link that works for 7 days, once. Through it the person chooses a password and confirms their phone.
invite-role-empty = Choose what the person will be
invite-specialty = Specialty of a doctor
invite-specialty-hint = As patients read it, for example General practice. Leave it empty for an admin.
invite-specialty-empty = Enter what the doctor does, for example General practice
invite-specialty-long = Enter a specialty of at most { $most } characters
invite-has_account = This email has an account already. Enter another one.
invite-submit = Mail the invitation
invite-done = We mailed the invitation. The link works for 7 days.
invite-withdrawn = The invitation is taken back. Its link no longer works.
invitations-title = Invitations
invitations-tab = Invitations
invitations-none = No invitation is open.
invitations-caption = Open invitations
invitations-until = Works until
invitations-withdraw = Take back, { $name }
audit-title = Audit trail
audit-linked = The chain was last linked on { $when } and holds { $n ->
    [one] 1 event.
   *[other] { $n } events.
}
audit-unlinked = The chain is empty.
audit-waiting = { $n ->
    [0] No event waits for its link.
    [one] 1 event waits for its link.
   *[other] { $n } events wait for their link.
}
audit-verify = Check the whole chain
audit-whole = { $n ->
    [one] The chain is whole: 1 event, unchanged.
   *[other] The chain is whole: { $n } events, unchanged and in order.
}
audit-broken = { $seq ->
    [0] The chain is broken.
   *[other] The chain is broken at event { $seq }.
}
audit-broken-next = Do not change anything. Tell the portal's operator, who compares it with the log and the backups.
audit-filter = Filter
audit-filter-submit = Show
audit-filter-none = Show everything
audit-actor = Done by
audit-actor-hint = An email address or an account id
audit-actor-none = No account uses this email or id. Check the spelling.
audit-deed = What
audit-deed-any = Everything
audit-day = Day
audit-day-hint = For example 2026-11-03
audit-day-malformed = Enter a day like 2026-11-03
audit-whom = Whom or what
audit-record = Patient record
audit-no_account = An email without an account
audit-none = Nothing fits. Change the filter.
audit-newest = Newest
audit-older = Older
delivery-title = Delivery
delivery-about = What became of text messages and calls. Arrived counts what the phone networks told us, and calls that read the code out.
delivery-chart-caption = Texts and calls of the last 24 hours. The numbers: arrived / not told / failed
delivery-not_told = Not told
delivery-chart = A bar for each gateway and country. The table of the last 24 hours has the same numbers.
delivery-hour = In the last hour
delivery-day = In the last 24 hours
delivery-none = No text message was sent and nobody was called.
delivery-gateway = Gateway
delivery-by_call = { $gateway } (call)
delivery-country = Country
delivery-country-unknown = Unknown
delivery-tried = Tried
delivery-sent = Sent
delivery-arrived = Arrived
delivery-failed = Failed
delivery-median = Half arrived within
delivery-p95 = 95 of 100 arrived within
delivery-seconds = { $n } s
delivery-untold = Not known
delivery-test-title = Send a test
delivery-test-body = We text your own phone. The message holds no code. It then stands in the list below.
delivery-test-submit = Send a test to my phone
delivery-test-sent = We are sending a test to your phone. Load this page again to see what became of it.
delivery-test-wait = You sent many tests. You can send another one at { $time }.
delivery-texts = Newest text messages
delivery-texts-none = No text message was queued yet.
delivery-texts-caption = At most 50, newest first
delivery-queued = Queued
delivery-what = What
delivery-code = Code
delivery-notice = Notice
delivery-test = Test
delivery-phone = Phone
delivery-state = State
delivery-attempts = Attempts
delivery-attempts-none = No gateway was asked
delivery-on_network = With the phone network
delivery-not_delivered = Not delivered
delivery-waiting = On its way
delivery-later = Put off
delivery-refused = Refused
delivery-no_answer = No answer
delivery-dropped = No longer needed
delivery-opted_out = The phone asked for no texts
delivery-gateways = Gateways
delivery-gateways-about = A gateway that fails five times in a row is left alone for a while. Codes then go through another one, where there is one.
delivery-gateway-works = Works
delivery-gateway-failures = { $n ->
    [one] Failed once, the last time
   *[other] Failed { $n } times in a row
}
delivery-gateway-open = Left alone since { $since }. Tried again from { $next }.
delivery-find-hint = We look for this whole address and show that person’s texts
delivery-find-submit = Show their texts
delivery-person = Texts to { $name }
delivery-silent = Taken, and nothing heard since
delivery-late = Too late
delivery-conversion = Codes entered
delivery-conversion-none = No codes
delivery-conversion-some = { $entered } of { $codes } ({ $percent } %)
delivery-cost = Cost
delivery-country-all = All countries
delivery-money = Money today
delivery-money-caption = What texts and calls cost today, against each ceiling. Set aside is what codes on their way are expected to cost
delivery-spent = Spent
delivery-set_aside = Set aside
delivery-ceiling = Ceiling
delivery-ceiling-free = Below the ceiling
delivery-ceiling-near = Near the ceiling
delivery-ceiling-holds = No codes are texted today
delivery-pauses = Paused numbers
delivery-pauses-about = Hardly anybody entered the codes that we texted to these prefixes. Only people with an account get texts there now. A tag stands for the first seven digits of a number, which we do not keep readable. The same tag means the same digits.
delivery-pauses-caption = Prefixes that are paused, newest first
delivery-tag = Tag
delivery-paused = Paused
delivery-pause-ends = Ends by itself
delivery-pause-lift = Lift the pause, { $tag }
delivery-pause-lifted = The pause is lifted. Texts go there again.
