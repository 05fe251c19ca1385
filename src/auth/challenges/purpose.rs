//! What a challenge is for.

use crate::messaging::texts::Notice;

/// What is done once it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens an account.
    Register,
    /// Opens a session.
    SignIn,
    /// Lets a new password be chosen.
    ResetPassword,
    /// Renews the proof inside a session.
    StepUp,
    /// Binds a phone to the account.
    ChangePhone,
    /// Proves the number that staff are asked to bind to an account whose phone is lost. Opens nothing.
    Recover,
}

impl Purpose {
    /// The stored word, also bound into the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::ResetPassword => "reset_password",
            Self::StepUp => "step_up",
            Self::ChangePhone => "change_phone",
            Self::Recover => "recover",
        }
    }

    /// Whether a code by mail will do. Not where mail has proved something already, nor where a phone is to be proved.
    pub fn takes_mail(self) -> bool {
        matches!(self, Self::SignIn | Self::StepUp)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Register, Self::SignIn, Self::ResetPassword, Self::StepUp, Self::ChangePhone, Self::Recover]
            .into_iter()
            .find(|purpose| purpose.as_str() == word)
    }

    pub(super) fn notice(self) -> Notice {
        match self {
            Self::Register => Notice::CodeRegister,
            Self::SignIn => Notice::CodeSignIn,
            Self::ResetPassword => Notice::CodeResetPassword,
            Self::StepUp => Notice::CodeStepUp,
            Self::ChangePhone | Self::Recover => Notice::CodeChangePhone,
        }
    }
}
