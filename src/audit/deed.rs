//! What can be done, in the trail's words.

/// One kind of deed. Its word is stored; a word never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A registration was started.
    RegistrationStarted,
    /// Somebody registered with an email or a phone that is taken; the owner was told.
    RegistrationOfTaken,
    /// The phone was proved and the account opened.
    AccountOpened,
    /// The password was right and a code is asked for.
    PasswordAccepted,
    /// The password was wrong, or no such account.
    PasswordRefused,
    /// A code was sent or sent again.
    CodeRequested,
    /// A code was wrong, expired or used.
    CodeRefused,
    /// Both factors were proved.
    SignedIn,
    /// A known browser was excused from the code.
    SignedInTrusted,
    /// The session was ended by its person.
    SignedOut,
    /// A fresh code was proved inside a session.
    SteppedUp,
    /// Too many wrong answers.
    AccountLocked,
    /// An admin lifted a lock.
    LockoutReset,
    /// A link to choose a new password was asked for.
    ResetRequested,
    /// A new password was set through it.
    PasswordReset,
    /// A browser was trusted for some days.
    DeviceTrusted,
    /// A session was ended by its owner or an admin.
    SessionEnded,
    /// Staff were invited.
    Invited,
    /// An invitation was taken back.
    InvitationWithdrawn,
    /// An invitation was accepted and the account opened.
    InvitationAccepted,
    /// An account was turned off.
    AccountTurnedOff,
    /// An account was turned on again.
    AccountTurnedOn,
    /// An account's own profile was changed.
    ProfileChanged,
    /// An appointment was booked.
    AppointmentBooked,
    /// An appointment was cancelled.
    AppointmentCancelled,
    /// An appointment was moved.
    AppointmentMoved,
    /// Appointments were listed.
    AppointmentsRead,
    /// One appointment was read.
    AppointmentRead,
    /// The calendar file was taken.
    CalendarTaken,
    /// Weekly hours were changed.
    HoursChanged,
    /// A patient's page was opened by staff.
    RecordOpened,
    /// Lab reports were listed.
    LabsRead,
    /// One lab report was read.
    LabReportRead,
    /// A lab report was added.
    LabReportAdded,
    /// A lab report was released to its patient.
    LabReportReleased,
    /// The visit's lobby was opened.
    LobbyOpened,
    /// The visit was joined.
    VisitJoined,
    /// The list of locked accounts was read.
    LockoutsRead,
    /// The audit trail was read.
    TrailRead,
    /// The list of people was read.
    PeopleRead,
    /// The patient's home page was read.
    HomeRead,
    /// The doctor's list of the day was read.
    TodayRead,
    /// The whole database was copied into a backup file.
    BackupMade,
    /// The database was put back from a backup file.
    BackupRestored,
    /// Data keys were wrapped anew with the ring's active key.
    KeysRotated,
}

impl Deed {
    /// The word in the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegistrationStarted => "registration_started",
            Self::RegistrationOfTaken => "registration_of_taken",
            Self::AccountOpened => "account_opened",
            Self::PasswordAccepted => "password_accepted",
            Self::PasswordRefused => "password_refused",
            Self::CodeRequested => "code_requested",
            Self::CodeRefused => "code_refused",
            Self::SignedIn => "signed_in",
            Self::SignedInTrusted => "signed_in_trusted",
            Self::SignedOut => "signed_out",
            Self::SteppedUp => "stepped_up",
            Self::AccountLocked => "account_locked",
            Self::LockoutReset => "lockout_reset",
            Self::ResetRequested => "reset_requested",
            Self::PasswordReset => "password_reset",
            Self::DeviceTrusted => "device_trusted",
            Self::SessionEnded => "session_ended",
            Self::Invited => "invited",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::InvitationAccepted => "invitation_accepted",
            Self::AccountTurnedOff => "account_turned_off",
            Self::AccountTurnedOn => "account_turned_on",
            Self::ProfileChanged => "profile_changed",
            Self::AppointmentBooked => "appointment_booked",
            Self::AppointmentCancelled => "appointment_cancelled",
            Self::AppointmentMoved => "appointment_moved",
            Self::AppointmentsRead => "appointments_read",
            Self::AppointmentRead => "appointment_read",
            Self::CalendarTaken => "calendar_taken",
            Self::HoursChanged => "hours_changed",
            Self::RecordOpened => "record_opened",
            Self::LabsRead => "labs_read",
            Self::LabReportRead => "lab_report_read",
            Self::LabReportAdded => "lab_report_added",
            Self::LabReportReleased => "lab_report_released",
            Self::LobbyOpened => "lobby_opened",
            Self::VisitJoined => "visit_joined",
            Self::LockoutsRead => "lockouts_read",
            Self::TrailRead => "trail_read",
            Self::PeopleRead => "people_read",
            Self::HomeRead => "home_read",
            Self::TodayRead => "today_read",
            Self::BackupMade => "backup_made",
            Self::BackupRestored => "backup_restored",
            Self::KeysRotated => "keys_rotated",
        }
    }
}
