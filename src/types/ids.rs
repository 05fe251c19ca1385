//! Ids: random enough that nobody guesses one (UUID v7, 74 random bits), ordered by time of making.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A fresh one.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// Someone who can sign in.
    AccountId,
    /// A clinical record.
    PatientId,
    /// A booked time.
    AppointmentId,
    /// A lab report.
    LabReportId,
    /// One value of a lab report.
    ObservationId,
    /// One request to prove possession of a factor.
    ChallengeId,
    /// A signed-in browser.
    SessionId,
    /// One message to one person.
    DispatchId,
    /// A person's data key.
    DataKeyId,
    /// A known browser.
    DeviceId,
    /// A phone of an account.
    PhoneId,
    /// A change of policy.
    PolicyId,
    /// An authenticator app, or a passkey.
    AuthenticatorId,
    /// An audit event.
    EventId,
    /// An invitation of staff.
    InvitationId,
    /// A registration whose phone is not proved yet.
    RegistrationId,
    /// A mailed link to choose a new password.
    ResetId,
    /// A stretch of a doctor's weekly hours.
    HoursId,
    /// One filled-in booking form: pressed twice, it books once.
    BookingKey,
    /// A pause of a prefix whose codes hardly anybody enters.
    PauseId,
    /// A form kept past the end of its session.
    KeptFormId,
    /// What an account's owner was told of.
    AlertId,
    /// A new mail address that waits for its link.
    EmailChangeId,
    /// A sign-in as it was judged.
    CheckId,
    /// A way back in for somebody whose phone is lost.
    RecoveryId,
}
