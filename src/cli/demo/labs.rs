//! Lab reports of the made-up clinic: three that Maria can read, one that waits for Dr Chen, and one of James.
//!
//! All of them go through the form's rule and the release, as a doctor's would.

use super::{People, accepted, here};
use crate::auth::sessions::SignedIn;
use crate::care::labs::panels::{self, Ends, Usual};
use crate::care::labs::{self, NewObservation, NewReport, ReportStatus};
use crate::care::records;
use crate::clock::{Clock, SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::LabReportId;

/// A value: the test's LOINC, what the lab measured, and its flag where it set one.
type Value = (&'static str, &'static str, &'static str);

/// A report to make up.
struct Made<'a> {
    doctor: &'a SignedIn,
    patient: &'a SignedIn,
    /// Whose ranges count.
    is_woman: bool,
    panel: &'static str,
    days_ago: i64,
    values: &'static [Value],
    /// The doctor's note; None leaves the report unreleased.
    note: Option<&'static str>,
}

const LAB: &str = "Riverside Laboratory";

const BLOOD_COUNT: &[Value] = &[
    ("6690-2", "6.8", ""),
    ("789-8", "4.3", ""),
    ("718-7", "11.6", "L"),
    ("4544-3", "35.1", "L"),
    ("787-2", "81.6", ""),
    ("785-6", "27.0", "L"),
    ("786-4", "33.0", ""),
    ("788-0", "14.9", "H"),
    ("777-3", "312", ""),
];
const METABOLIC: &[Value] = &[
    ("2345-7", "104", "H"),
    ("3094-0", "14", ""),
    ("2160-0", "0.8", ""),
    ("98979-8", ">90", ""),
    ("2951-2", "140", ""),
    ("2823-3", "4.2", ""),
    ("2075-0", "103", ""),
    ("2028-9", "25", ""),
    ("17861-6", "9.4", ""),
    ("2885-2", "7.1", ""),
    ("1751-7", "4.4", ""),
    ("1975-2", "0.5", ""),
    ("6768-6", "71", ""),
    ("1742-6", "24", ""),
    ("1920-8", "21", ""),
];
const LIPIDS: &[Value] = &[
    ("2093-3", "214", "H"),
    ("2571-8", "128", ""),
    ("2085-9", "58", ""),
    ("13457-7", "130", "H"),
    ("43396-1", "156", "H"),
];
const LONG_SUGAR: &[Value] = &[("4548-4", "5.9", "H")];
const LIPIDS_OF_JAMES: &[Value] = &[
    ("2093-3", "162", ""),
    ("2571-8", "171", "H"),
    ("2085-9", "38", "L"),
    ("13457-7", "90", ""),
    ("43396-1", "124", ""),
];

fn row((loinc, value, flag): Value, is_woman: bool) -> NewObservation {
    let ends = panels::test(loinc).map_or(Usual::LabOnly, |test| test.usual);
    let ends = match ends {
        Usual::All(ends) => ends,
        Usual::BySex { female, male } => {
            if is_woman {
                female
            } else {
                male
            }
        }
        Usual::LabOnly => Ends { low: "", high: "", text: "" },
    };
    NewObservation {
        loinc: loinc.to_owned(),
        value: value.to_owned(),
        unit: panels::test(loinc).map_or("", |test| test.unit).to_owned(),
        low: ends.low.to_owned(),
        high: ends.high.to_owned(),
        range_text: ends.text.to_owned(),
        flag: flag.to_owned(),
        ..NewObservation::default()
    }
}

/// Adds the reports and releases them; the appointments come first, for they make the two the doctors' patients.
///
/// # Errors
/// When the database fails.
pub async fn make(portal: &Portal, people: &People) -> Result<(), InternalError> {
    let People { maria, james, chen, okafor } = people;
    let of_maria = |panel, days_ago, values, note| Made {
        doctor: chen,
        patient: maria,
        is_woman: true,
        panel,
        days_ago,
        values,
        note,
    };
    let made = [
        of_maria(
            "58410-2",
            707,
            BLOOD_COUNT,
            Some(
                "You have a little less iron in your blood than usual. This is common and not dangerous. Take the iron tablets for 3 months. Then we test again.",
            ),
        ),
        of_maria(
            "24323-8",
            343,
            METABOLIC,
            Some(
                "Kidneys and liver work well. Your sugar is above the usual range. Try to walk 30 minutes on most days.",
            ),
        ),
        of_maria(
            "24331-1",
            26,
            LIPIDS,
            Some("Your cholesterol is above the usual range. You need no tablets. Let us look again in 6 months."),
        ),
        of_maria("55454-3", 2, LONG_SUGAR, None),
        Made {
            doctor: okafor,
            patient: james,
            is_woman: false,
            panel: "24331-1",
            days_ago: 18,
            values: LIPIDS_OF_JAMES,
            note: Some("Your tablets work. Keep taking them each evening."),
        },
    ];
    for one in &made {
        if one.note.is_none() {
            add(portal, one, portal.clock.now()).await?;
            continue;
        }
        // Released when it was new, two days after the sample: the same rules at a clock of that day.
        let at = portal.clock.now() - SignedDuration::from_hours(24 * (one.days_ago - 2));
        let then = Portal::open(portal.config.clone(), Clock::by_hand(at), false).await?;
        add(&then, one, portal.clock.now()).await?;
        then.db.close().await;
    }
    Ok(())
}

async fn add(portal: &Portal, made: &Made<'_>, today: Timestamp) -> Result<(), InternalError> {
    let patient = made.patient.patient.ok_or_else(|| InternalError::because("the demo's patient has no record"))?;
    let cared = records::open_for(portal, made.doctor, patient, &here())
        .await?
        .ok_or_else(|| InternalError::because("the demo's patient is not the doctor's"))?;
    let collected_at = today - SignedDuration::from_hours(24 * made.days_ago);
    let report = NewReport {
        id: LabReportId::new(),
        panel: String::new(),
        panel_loinc: made.panel.to_owned(),
        performer: LAB.to_owned(),
        status: ReportStatus::Final,
        collected_at,
        issued_at: Some(collected_at + SignedDuration::from_hours(30)),
        observations: made.values.iter().map(|value| row(*value, made.is_woman)).collect(),
    };
    let added = accepted(labs::add_by_form(portal, made.doctor, &cared, &report, &here()).await)?;
    if let Some(note) = made.note {
        accepted(labs::release(portal, made.doctor, &cared, added.id, note, &here()).await)?;
    }
    Ok(())
}
