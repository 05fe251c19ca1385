//! A clinic for one story, and how many browsers may be open at once.

use std::ops::Deref;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::support::server::{Someone, TestPortal};

/// Browsers at once, over all stories: each takes a core and some 300 MB.
static BROWSERS: Semaphore = Semaphore::const_new(2);

pub struct Story {
    pub clinic: TestPortal,
    _browsers: SemaphorePermit<'static>,
}

impl Deref for Story {
    type Target = TestPortal;

    fn deref(&self) -> &TestPortal {
        &self.clinic
    }
}

impl Story {
    /// An empty clinic, and leave for so many browsers at once.
    pub async fn begin(browsers: u32) -> Self {
        let permit = BROWSERS.acquire_many(browsers).await.unwrap();
        let clinic = TestPortal::start_in_public(&[("SALUS_CLINIC_NAME", "Lakeside Clinic")]).await;
        Self { clinic, _browsers: permit }
    }

    /// Where people go.
    pub fn origin(&self) -> String {
        self.portal.config.public_origin()
    }
}
