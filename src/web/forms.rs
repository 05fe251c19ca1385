//! What forms show: errors beside their fields, and choices.

use std::borrow::Cow;

/// One thing wrong with a form.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// The input's id.
    pub field: Cow<'static, str>,
    /// What to do, in a sentence.
    pub text: String,
}

/// Everything wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Nothing wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing wrong.
    pub fn one(field: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        let mut errors = Self::none();
        errors.add(field, text);
        errors
    }

    /// Notes one more.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), text: text.into() });
    }

    /// Whether the form is fine.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// What is wrong with one field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }
}

/// One of several answers to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A word more.
    pub hint: Option<String>,
    /// Whether it is chosen.
    pub checked: bool,
}

impl Choice {
    /// A choice without a hint.
    pub fn new(value: impl Into<String>, label: impl Into<String>, checked: bool) -> Self {
        Self { value: value.into(), label: label.into(), hint: None, checked }
    }
}
