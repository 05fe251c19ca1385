nav-policy = Policy
policy-title = Policy
policy-intro = What people need to sign in, for each role. Every change is checked with you before it is made.
policy-done = The policy changed for this role: { $role }.
policy-caption = Policy for: { $people }
policy-setting = Setting
policy-now = Now
policy-then = Then
policy-default = Default
policy-effect = What it changes for people
policy-change = Change the policy: { $people }
policy-changed = Changed on { $when } by { $name }.
policy-changed-why = Reason: { $reason }
policy-unchanged = Nobody changed it. The defaults hold.
policy-allowed = Ways that count
policy-allowed-patients = Besides the password. Text messages always count for patients.
policy-allowed-staff = Besides the password. Codes by email never count for staff.
policy-required = What one way of everybody must be
policy-required-any = Any way that counts
policy-required-not_by_phone = A passkey, a security key or an authenticator app
policy-required-resists_phishing = A passkey or a security key
policy-trust = Trusted browsers
policy-idle = Sign out without use
policy-longest = Longest session
policy-step_up = A proof stays fresh
policy-effect-allowed = People can use only these ways. Who holds none of them must add one at the next sign-in.
policy-effect-required = Who holds none must add one at the next sign-in. Until then only their own account is open.
policy-effect-trust = For so long a browser can be excused from the code, if the patient wishes.
policy-effect-idle = People are signed out when they do nothing for so long.
policy-effect-longest = After so long people sign in again, whatever they do.
policy-effect-step_up = After so long we ask for a code again before results, visits and changes.
policy-way-passkey = Passkey or security key
policy-way-passkey-hint = The strongest way: a page that looks like ours cannot use it.
policy-way-totp = Authenticator app
policy-way-sms = Code by text message
policy-way-voice = Code by phone call
policy-way-phone-hint = The weaker way: a phone number can be taken over.
policy-way-email = Code by email
policy-way-recovery = Recovery code
policy-way-recovery-hint = The way back in for who lost everything else.
policy-on = Counts
policy-off = Does not count
policy-days = { $n ->
    [0] None
    [one] 1 day
   *[other] { $n } days
}
policy-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
}
policy-minutes = { $n ->
    [one] 1 minute
   *[other] { $n } minutes
}
policy-hint-days = Days, { $least } to { $most }. With 0 no browser is trusted.
policy-hint-hours = Hours, { $least } to { $most }
policy-hint-minutes = Minutes, { $least } to { $most }
policy-flaw-number = Enter a number from { $least } to { $most }
policy-flaw-required = Choose what one way of everybody must be
policy-flaw-mail = Codes by email cannot count for staff. Untick them.
policy-flaw-texts = Text messages always count for patients. Every patient starts with them.
policy-flaw-calls = Calls go to the same phones as texts. Tick text messages too, or untick calls.
policy-flaw-nothing = Tick at least one way that people can use every day. Recovery codes are for once.
policy-flaw-unmet = No way that counts fits this. Tick one that does, or choose less.
policy-edit-intro = Nothing changes yet. The next page says whom your change touches.
policy-check = Check the change
policy-keep = Leave it as it is
policy-own = Open the security of your own account
policy-refused-same = Nothing is different. Change a setting first.
policy-refused-changed = Another admin changed this policy meanwhile. Below is what holds now. Make your change again.
policy-refused-oneself = You hold nothing that would count then. First add this to your own account: { $ways }.
policy-refused-acknowledge = Tick the box: people will have to add a way.
policy-check-title = Check the change of policy
policy-touched = Whom it touches
policy-touched-people = { $n ->
    [one] 1 person has this role and can sign in.
   *[other] { $n } people have this role and can sign in.
}
policy-touched-must_add = { $n ->
    [0] Nobody has to add a way to sign in.
    [one] 1 person holds nothing that counts then. They must add a way at their next sign-in.
   *[other] { $n } people hold nothing that counts then. They must add a way at their next sign-in.
}
policy-touched-already = { $n ->
    [one] Of them 1 person had to add one before this change too.
   *[other] Of them { $n } people had to add one before this change too.
}
policy-touched-calls = { $n ->
    [one] 1 person asked for calls first. They get texts then, where texts count.
   *[other] { $n } people asked for calls first. They get texts then, where texts count.
}
policy-touched-ending = { $n ->
    [0] Nobody is signed out at once.
    [one] 1 signed-in browser is signed out at once.
   *[other] { $n } signed-in browsers are signed out at once.
}
policy-touched-idle = { $n ->
    [0] No browser is signed in now. Later ones are signed out after { $minutes } minutes without use.
    [one] 1 signed-in browser is signed out after { $minutes } minutes without use.
   *[other] { $n } signed-in browsers are signed out after { $minutes } minutes without use.
}
policy-touched-browsers = { $n ->
    [one] 1 trusted browser is trusted for a shorter time, or no longer.
   *[other] { $n } trusted browsers are trusted for a shorter time, or no longer.
}
policy-touched-staff = Who must add a way
policy-touched-more = { $n ->
    [one] And 1 more person
   *[other] And { $n } more people
}
policy-acknowledge = { $n ->
    [one] I know that 1 person must add a way to sign in
   *[other] I know that { $n } people must add a way to sign in
}
policy-acknowledge-hint = Tell them before. They sign in once more as now, and only their own account is open.
policy-reason-hint = Why, and who decided it. Name no patient. It stands in the audit trail.
policy-confirm = Change the policy
policy-sms-title = Who depends on text messages alone
policy-sms-why = A phone number can be taken over, and a false page can ask for a texted code. Passkeys stop both. An authenticator app stops the first.
policy-sms-caption = People who can sign in, by their strongest way
policy-sms-people = People
policy-sms-alone = Texts and calls alone
policy-sms-codes = Texts and recovery codes
policy-sms-app = Authenticator app
policy-sms-resists = Passkey or security key
policy-sms-staff = Staff without an app or a passkey
policy-sms-staff-none = All staff have an app or a passkey.
policy-sms-staff-count = { $n ->
    [one] 1 member of staff signs in by phone only.
   *[other] { $n } members of staff sign in by phone only.
}
policy-sms-staff-caption = Admins first, then doctors
security-add_first = The clinic asks for a stronger way to sign in. Add one here. Then all your pages open again.
