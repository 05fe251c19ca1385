//! A lab report as its patient reads it: plain words first, then the number, the line and the range. The doctor is shown
//! the same before it is released.

mod value;

use crate::care::labs::{Progress, Report, ReportStatus, Standing};
use crate::clock::Timestamp;
use crate::web::care::doctor_named;
use crate::web::layout::Layout;

pub(in crate::web) use value::{Named, Usual, Value};

/// How far a report is, with its doctor as patients read them.
pub(in crate::web) enum Said {
    Pending,
    Waiting,
    Reviewed { doctor: String, on: String },
}

impl Said {
    /// Reads it out in the page's language.
    pub(in crate::web) fn new(layout: &Layout, progress: &Progress) -> Self {
        match progress {
            Progress::Pending => Self::Pending,
            Progress::Waiting => Self::Waiting,
            Progress::Reviewed { doctor, at } => Self::Reviewed {
                doctor: doctor_named(&layout.words, doctor),
                on: layout.words.short_day(*at, &layout.zone),
            },
        }
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Next {
    Call,
    Pending,
    Waiting,
    Noted,
    Seen,
}

/// A doctor's note.
pub(in crate::web) struct Note {
    pub(in crate::web) doctor: String,
    pub(in crate::web) on: String,
    pub(in crate::web) text: String,
}

/// A report, read out.
pub(in crate::web) struct Shown {
    pub(in crate::web) name: Named,
    pub(in crate::web) values: Vec<Value>,
    pub(in crate::web) outside: usize,
    pub(in crate::web) all_in: bool,
    pub(in crate::web) critical: bool,
    pub(in crate::web) progress: Said,
    pub(in crate::web) note: Option<Note>,
    pub(in crate::web) next: Next,
    pub(in crate::web) corrected_on: Option<String>,
    pub(in crate::web) collected_on: String,
    pub(in crate::web) collected_at: Timestamp,
    pub(in crate::web) issued_at: Option<Timestamp>,
    pub(in crate::web) panel: String,
    pub(in crate::web) performer: String,
}

impl Shown {
    /// Reads a report out in the page's language.
    pub(in crate::web) fn new(layout: &Layout, report: &Report) -> Self {
        let words = &layout.words;
        let critical = report.is_critical();
        let note = report.review.as_ref().and_then(|review| {
            let text = review.note.clone()?;
            let on = words.short_day(review.at, &layout.zone);
            Some(Note { doctor: doctor_named(words, &review.doctor), on, text })
        });
        let next = match &report.progress {
            _ if critical => Next::Call,
            Progress::Pending => Next::Pending,
            Progress::Waiting => Next::Waiting,
            Progress::Reviewed { .. } if note.is_some() => Next::Noted,
            Progress::Reviewed { .. } => Next::Seen,
        };
        let corrected = report.status == ReportStatus::Corrected;
        let name = match report.observations.as_slice() {
            [only] => Named::of_test(words, only),
            _ => Named::of_panel(words, report),
        };
        Self {
            name,
            values: report.observations.iter().enumerate().map(|(n, one)| Value::new(words, n + 1, one)).collect(),
            outside: report.outside(),
            all_in: report.observations.iter().all(|one| one.reading.standing == Standing::InRange),
            critical,
            progress: Said::new(layout, &report.progress),
            note,
            next,
            corrected_on: corrected.then(|| words.short_day(report.issued_at.unwrap_or(report.added_at), &layout.zone)),
            collected_on: words.short_day(report.collected_at, &layout.zone),
            collected_at: report.collected_at,
            issued_at: report.issued_at,
            panel: report.panel.clone(),
            performer: report.performer.clone(),
        }
    }

    /// Whether some values stand where our own comparison put them.
    pub(in crate::web) fn is_compared(&self) -> bool {
        self.values.iter().any(|value| value.by_range)
    }
}
