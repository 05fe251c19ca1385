//! Values that are sealed as text.

use zeroize::Zeroizing;

/// A value with one textual form that it can be read back from.
pub trait TextValue: Sized {
    /// The text to seal.
    fn to_text(&self) -> Zeroizing<String>;
    /// The value of an opened text; None when it is not one.
    fn from_text(text: &str) -> Option<Self>;
}

impl TextValue for String {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.clone())
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}
