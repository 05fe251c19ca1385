//! What a page says when changes to the account are paused.

use askama::Template;

use crate::identity::accounts::Frozen;
use crate::web::layout::{Layout, refused};
use crate::web::problem::PageResult;
use crate::words::Words;

#[derive(Template)]
#[template(path = "account/frozen.html")]
struct FrozenPage {
    layout: Layout,
    sentence: String,
}

/// That changes are paused, until when, and whom to call.
pub(in crate::web) fn sentence(layout: &Layout, frozen: &Frozen) -> String {
    let (words, phone): (&Words, _) = (&layout.words, layout.clinic.phone.as_str());
    match frozen.until {
        Some(until) => words.with("frozen-until").arg("when", layout.day_time(&until)).arg("phone", phone).to_string(),
        None => words.with("frozen-body").arg("phone", phone).to_string(),
    }
}

/// The page that stands in the place of a change: 422.
///
/// # Errors
/// When the template fails.
pub(in crate::web) fn page(layout: Layout, frozen: &Frozen) -> PageResult {
    let sentence = sentence(&layout, frozen);
    refused(&FrozenPage { layout, sentence })
}
