//! The one kind of failure that is nobody's wish: something inside went wrong.
//!
//! A rule that says no is not an error: it is a refusal, an enum of the operation. Everything else is an
//! [`InternalError`]: what was being done, and the cause. It is logged once, at the edge, and the visitor
//! gets a reference number.

use std::error::Error;
use std::fmt;

/// What was being done, and why it could not be.
#[derive(Debug)]
pub struct InternalError {
    doing: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    kind: Kind,
}

/// Whether waiting helps: decides between 500 and 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault in the program or in stored data: 500.
    Fault,
    /// The database or the hashing pool is overloaded or away for now: 503 with Retry-After.
    Busy,
}

impl InternalError {
    /// A fault met while `doing` something, with its cause.
    pub fn new(doing: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), cause: Some(cause.into()), kind: Kind::Fault }
    }

    /// A fault without an underlying error, said in one sentence.
    pub fn because(what: impl Into<String>) -> Self {
        Self { doing: what.into(), cause: None, kind: Kind::Fault }
    }

    /// Too much to do right now; the caller may come back.
    pub fn busy(what: impl Into<String>) -> Self {
        Self { doing: what.into(), cause: None, kind: Kind::Busy }
    }

    /// Whether waiting helps.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)?;
        let mut cause: Option<&(dyn Error + 'static)> = self.cause.as_deref().map(|c| c as _);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for InternalError {}

impl From<sqlx::Error> for InternalError {
    fn from(error: sqlx::Error) -> Self {
        let busy = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            // SQLITE_BUSY and its extended forms, SQLITE_FULL; PostgreSQL class 53 (out of something), 57 (shutting
            // down), 55P03 (lock not available), 40P01 and 40001 (two transactions waited for each other).
            sqlx::Error::Database(e) => e.code().is_some_and(|code| {
                matches!(code.as_ref(), "5" | "261" | "517" | "13" | "55P03" | "40P01" | "40001")
                    || code.starts_with("53")
                    || code.starts_with("57")
            }),
            _ => false,
        };
        Self {
            doing: "talking to the database".into(),
            cause: Some(Box::new(error)),
            kind: if busy { Kind::Busy } else { Kind::Fault },
        }
    }
}

/// What an operation that may say no answers when it did not go through.
#[derive(Debug)]
pub enum Failure<R> {
    /// The rule says no, and why.
    Refused(R),
    /// Something inside went wrong.
    Internal(InternalError),
}

impl<R> From<InternalError> for Failure<R> {
    fn from(error: InternalError) -> Self {
        Self::Internal(error)
    }
}

impl<R> From<sqlx::Error> for Failure<R> {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}
