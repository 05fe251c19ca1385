//! What can be done, in the trail's words.

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// One kind of deed. Its word is stored; a word never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Deed {
            $($(#[$doc])* $name),+
        }

        impl Deed {
            /// All of them, for the admin's choice; each has a sentence `deed-` and its word.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in the trail.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word),+
                }
            }
        }
    };
}

deeds! {
    /// A registration was started.
    RegistrationStarted = "registration_started",
    /// Somebody registered with an email or a phone that is taken; the owner was told.
    RegistrationOfTaken = "registration_of_taken",
    /// The phone was proved and the account opened.
    AccountOpened = "account_opened",
    /// The password was right and a code is asked for.
    PasswordAccepted = "password_accepted",
    /// The password was wrong, or no such account.
    PasswordRefused = "password_refused",
    /// A code was sent or sent again.
    CodeRequested = "code_requested",
    /// A brake held a code's text back.
    CodeHeld = "code_held",
    /// A prefix whose codes hardly anybody enters was paused.
    PrefixPaused = "prefix_paused",
    /// An admin lifted such a pause.
    PrefixPauseLifted = "prefix_pause_lifted",
    /// A code was wrong, expired or used.
    CodeRefused = "code_refused",
    /// Both factors were proved.
    SignedIn = "signed_in",
    /// A passkey's answer was nobody's, or came too late.
    PasskeyRefused = "passkey_refused",
    /// A known browser was excused from the code.
    SignedInTrusted = "signed_in_trusted",
    /// The session was ended by its person.
    SignedOut = "signed_out",
    /// A fresh code was proved inside a session.
    SteppedUp = "stepped_up",
    /// Too many wrong answers.
    AccountLocked = "account_locked",
    /// An admin lifted a lock.
    LockoutReset = "lockout_reset",
    /// A link to choose a new password was asked for.
    ResetRequested = "reset_requested",
    /// A new password was set through it.
    PasswordReset = "password_reset",
    /// An admin changed what is asked of a role at sign-in.
    PolicyChanged = "policy_changed",
    /// The page about policies was read.
    PolicyRead = "policy_read",
    /// A browser was trusted for some days.
    DeviceTrusted = "device_trusted",
    /// A known browser's cookie was used twice, so it was copied: the browser was forgotten and its sessions ended.
    DeviceCopyUsed = "device_copy_used",
    /// A person had one of their known browsers forgotten.
    DeviceForgotten = "device_forgotten",
    /// A session was ended by its owner or an admin.
    SessionEnded = "session_ended",
    /// Staff were invited.
    Invited = "invited",
    /// An invitation was taken back.
    InvitationWithdrawn = "invitation_withdrawn",
    /// An invitation was accepted and the account opened.
    InvitationAccepted = "invitation_accepted",
    /// An account was turned off.
    AccountTurnedOff = "account_turned_off",
    /// An account was turned on again.
    AccountTurnedOn = "account_turned_on",
    /// An account's own profile was changed.
    ProfileChanged = "profile_changed",
    /// An appointment was booked.
    AppointmentBooked = "appointment_booked",
    /// An appointment was cancelled.
    AppointmentCancelled = "appointment_cancelled",
    /// An appointment was moved.
    AppointmentMoved = "appointment_moved",
    /// Appointments were listed.
    AppointmentsRead = "appointments_read",
    /// One appointment was read.
    AppointmentRead = "appointment_read",
    /// The calendar file was taken.
    CalendarTaken = "calendar_taken",
    /// Weekly hours were changed.
    HoursChanged = "hours_changed",
    /// A patient's page was opened by staff.
    RecordOpened = "record_opened",
    /// Lab reports were listed.
    LabsRead = "labs_read",
    /// One lab report was read.
    LabReportRead = "lab_report_read",
    /// A lab report was added.
    LabReportAdded = "lab_report_added",
    /// A lab report was released to its patient.
    LabReportReleased = "lab_report_released",
    /// The visit's lobby was opened.
    LobbyOpened = "lobby_opened",
    /// The visit was joined.
    VisitJoined = "visit_joined",
    /// The list of locked accounts was read.
    LockoutsRead = "lockouts_read",
    /// The audit trail was read.
    TrailRead = "trail_read",
    /// The list of people was read.
    PeopleRead = "people_read",
    /// The patient's home page was read.
    HomeRead = "home_read",
    /// The doctor's list of the day was read.
    TodayRead = "today_read",
    /// A person's own profile was read.
    ProfileRead = "profile_read",
    /// A person's own sessions, browsers and sign-ins were read.
    SecurityRead = "security_read",
    /// A person gave one of them another name.
    FactorRenamed = "factor_renamed",
    /// A person had all their known browsers forgotten.
    DevicesForgotten = "devices_forgotten",
    /// A patient read who opened their record.
    AccessLogRead = "access_log_read",
    /// The admin's overview was read.
    OverviewRead = "overview_read",
    /// The whole chain was checked by an admin.
    TrailVerified = "trail_verified",
    /// Somebody wrote STOP: their number gets no more texts.
    TextsStopped = "texts_stopped",
    /// Somebody wrote START: their number gets texts again.
    TextsStarted = "texts_started",
    /// Mail to an account came back: refused, or bounced.
    MailRefused = "mail_refused",
    /// An admin said that mail to an account works again.
    MailCleared = "mail_cleared",
    /// The page about delivery was read.
    DeliveryRead = "delivery_read",
    /// An admin sent a test to their own phone.
    TestTextSent = "test_text_sent",
    /// A second factor was added.
    FactorAdded = "factor_added",
    /// A second factor was removed.
    FactorRemoved = "factor_removed",
    /// A backup was made.
    BackupMade = "backup_made",
    /// A backup was restored.
    BackupRestored = "backup_restored",
    /// The key ring was rotated.
    KeysRotated = "keys_rotated",
    /// A mailed link said that something was not its owner.
    NotMeReported = "not_me_reported",
    /// The pause of sensitive acts was lifted.
    AccountUnfrozen = "account_unfrozen",
    /// A person changed their password, knowing the old one.
    PasswordChanged = "password_changed",
    /// A person asked to change their mail address.
    EmailChangeAsked = "email_change_asked",
    /// The new mail address was proved and holds.
    EmailChanged = "email_changed",
    /// A report put the former mail address back.
    EmailRestored = "email_restored",
    /// A person asked to add a phone or to change a number.
    PhoneChangeAsked = "phone_change_asked",
    /// A phone was added and proved.
    PhoneAdded = "phone_added",
    /// A number was changed, or another phone became the main one.
    PhoneChanged = "phone_changed",
    /// A phone was removed.
    PhoneRemoved = "phone_removed",
    /// A report put the phone from before back.
    PhonesRestored = "phones_restored",
    /// The password was right, and the sign-in was held for the looks of it.
    SignInHeld = "sign_in_held",
    /// Somebody with the password, or the mailed link, asked staff for a way back in.
    RecoveryAsked = "recovery_asked",
    /// They proved to hold the new number.
    RecoveryPhoneProved = "recovery_phone_proved",
    /// A member of staff checked who they are.
    RecoveryChecked = "recovery_checked",
    /// A second one approved, and the new number was bound.
    RecoveryApproved = "recovery_approved",
    /// Staff refused the request.
    RecoveryRefused = "recovery_refused",
    /// The new number was undone by mailed link.
    RecoveryUndone = "recovery_undone",
    /// The request was stopped before it was approved.
    RecoveryCancelled = "recovery_cancelled",
    /// Staff read the waiting requests, or one of them.
    RecoveryRead = "recovery_read",
}

#[cfg(test)]
mod tests {
    use super::Deed;
    use crate::types::locale::Locale;
    use crate::words::Words;

    #[test]
    fn every_deed_has_a_sentence_in_every_language() {
        for locale in Locale::ALL {
            for deed in Deed::ALL {
                let key = format!("deed-{}", deed.as_str());
                assert_ne!(Words::new(locale).of(&key), format!("[{key}]"));
            }
        }
        assert_ne!(Words::new(Locale::En).of("deed-signed_in"), Words::new(Locale::Es).of("deed-signed_in"));
    }
}
