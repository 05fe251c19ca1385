sms-register = { $clinic }: your code to confirm this phone is { $code }. It works for 5 minutes. Did not ask? Do not share it.
sms-sign_in = { $clinic }: your sign-in code is { $code }. It works for 5 minutes. Do not share it. We never call to ask for it.
sms-reset_password = { $clinic }: your password reset code is { $code }. It works for 5 minutes. Did not ask? Do not share it.
sms-step_up = { $clinic }: your code to open your visit or records is { $code }. It works for 5 minutes. Do not share it.
sms-test = { $clinic }: this is a test of text messages. You asked for it in the portal. You need not answer.
sms-locked = { $clinic }: too many wrong tries. Your account is locked until { $time }. Browsers you used before may still work.
sms-password_changed = { $clinic }: the password of your portal account was changed. Was it not you? Call { $phone }.
sms-registration_taken = { $clinic }: somebody asked for a new portal account with this phone. It has accounts already. Questions? Call { $phone }.
