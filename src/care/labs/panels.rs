//! The tests and panels that the portal knows: their codes, and by key their plain names and explanations.
//!
//! A report may hold any other test: it is then shown by the lab's name alone. The ranges prefill a form and make up the
//! demonstration; on a page the laboratory's own range always stands. Sources of the figures: Merck Manual (blood count),
//! Scripps Medical Laboratory (chemistry), MSD Manual (creatinine), general references (fats, thyroid); a clinician
//! confirms them before any real use.

/// A range as a form takes it: one or both ends, or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The low end; empty when there is none.
    pub low: &'static str,
    /// The high end; empty when there is none.
    pub high: &'static str,
    /// The range as one text, like `<200`; empty when the ends are given.
    pub text: &'static str,
}

const fn ends(low: &'static str, high: &'static str) -> Ends {
    Ends { low, high, text: "" }
}

const fn ends_text(text: &'static str) -> Ends {
    Ends { low: "", high: "", text }
}

/// What is usual in adults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// The same range for all.
    All(Ends),
    /// A range for women and one for men.
    BySex {
        /// Women's.
        female: Ends,
        /// Men's.
        male: Ends,
    },
    /// Laboratories differ too much: only theirs counts.
    LabOnly,
}

/// A test of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its LOINC.
    pub loinc: &'static str,
    /// What its words are found by.
    pub key: &'static str,
    /// The name that laboratories print.
    pub lab_name: &'static str,
    /// The unit (UCUM).
    pub unit: &'static str,
    /// The adult range.
    pub usual: Usual,
}

impl Test {
    /// The key of its plain name: `labs-name-…`.
    pub fn name_key(&self) -> String {
        format!("labs-name-{}", self.key)
    }

    /// The key of the sentences about it: `labs-about-…`.
    pub fn about_key(&self) -> String {
        format!("labs-about-{}", self.key)
    }
}

/// Tests that are asked for together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// Its LOINC.
    pub loinc: &'static str,
    /// What its words are found by.
    pub key: &'static str,
    /// The name that laboratories print.
    pub lab_name: &'static str,
    /// Its tests in the lab's order.
    pub tests: &'static [Test],
}

impl Panel {
    /// The key of its plain name: `labs-panel-…`.
    pub fn name_key(&self) -> String {
        format!("labs-panel-{}", self.key)
    }
}

/// The test of a LOINC.
pub fn test(loinc: &str) -> Option<&'static Test> {
    PANELS.iter().flat_map(|panel| panel.tests).find(|test| test.loinc == loinc)
}

/// The panel of a LOINC.
pub fn panel(loinc: &str) -> Option<&'static Panel> {
    PANELS.iter().find(|panel| panel.loinc == loinc)
}

const fn test_of(
    loinc: &'static str,
    key: &'static str,
    lab_name: &'static str,
    unit: &'static str,
    usual: Usual,
) -> Test {
    Test { loinc, key, lab_name, unit, usual }
}

/// Tests of Complete blood count.
const BLOOD_COUNT: &[Test] = &[
    test_of("6690-2", "white_cells", "Leukocytes", "10*3/uL", Usual::All(ends("4.5", "11"))),
    test_of(
        "789-8",
        "red_cells",
        "Erythrocytes",
        "10*6/uL",
        Usual::BySex { female: ends("4.0", "5.2"), male: ends("4.5", "5.9") },
    ),
    test_of(
        "718-7",
        "haemoglobin",
        "Hemoglobin",
        "g/dL",
        Usual::BySex { female: ends("12", "16"), male: ends("14", "17") },
    ),
    test_of(
        "4544-3",
        "haematocrit",
        "Hematocrit",
        "%",
        Usual::BySex { female: ends("36", "47"), male: ends("41", "51") },
    ),
    test_of("787-2", "red_cell_size", "MCV", "fL", Usual::All(ends("80", "100"))),
    test_of("785-6", "red_cell_load", "MCH", "pg", Usual::All(ends("28", "32"))),
    test_of("786-4", "red_cell_density", "MCHC", "g/dL", Usual::All(ends("32", "36"))),
    test_of("788-0", "red_cell_variety", "RDW", "%", Usual::All(ends("11.5", "14.5"))),
    test_of("777-3", "platelets", "Platelets", "10*3/uL", Usual::All(ends("140", "450"))),
];

/// Tests of Comprehensive metabolic panel.
const METABOLIC: &[Test] = &[
    test_of("2345-7", "glucose", "Fasting glucose", "mg/dL", Usual::All(ends("70", "99"))),
    test_of("3094-0", "urea", "Urea nitrogen", "mg/dL", Usual::All(ends("7", "21"))),
    test_of("2160-0", "creatinine", "Creatinine", "mg/dL", Usual::All(ends("0.6", "1.2"))),
    test_of("98979-8", "kidney_filter", "eGFR (CKD-EPI 2021)", "mL/min/{1.73_m2}", Usual::All(ends("60", ""))),
    test_of("2951-2", "sodium", "Sodium", "mmol/L", Usual::All(ends("136", "146"))),
    test_of("2823-3", "potassium", "Potassium", "mmol/L", Usual::All(ends("3.5", "5.1"))),
    test_of("2075-0", "chloride", "Chloride", "mmol/L", Usual::All(ends("98", "107"))),
    test_of("2028-9", "bicarbonate", "Carbon dioxide, total", "mmol/L", Usual::All(ends("22", "32"))),
    test_of("17861-6", "calcium", "Calcium", "mg/dL", Usual::All(ends("8.4", "10.3"))),
    test_of("2885-2", "protein", "Total protein", "g/dL", Usual::All(ends("6.3", "8.2"))),
    test_of("1751-7", "albumin", "Albumin", "g/dL", Usual::All(ends("3.5", "5.5"))),
    test_of("1975-2", "bilirubin", "Bilirubin, total", "mg/dL", Usual::All(ends("0.1", "1.2"))),
    test_of("6768-6", "alkaline_phosphatase", "Alkaline phosphatase (ALP)", "U/L", Usual::All(ends("38", "126"))),
    test_of("1742-6", "liver_alt", "ALT", "U/L", Usual::All(ends("7", "56"))),
    test_of("1920-8", "liver_ast", "AST", "U/L", Usual::All(ends("10", "40"))),
];

/// Tests of Lipid panel.
const LIPIDS: &[Test] = &[
    test_of("2093-3", "cholesterol", "Cholesterol, total", "mg/dL", Usual::All(ends_text("<200"))),
    test_of("2571-8", "triglycerides", "Triglycerides", "mg/dL", Usual::All(ends_text("<150"))),
    test_of(
        "2085-9",
        "hdl",
        "HDL cholesterol",
        "mg/dL",
        Usual::BySex { female: ends_text(">50"), male: ends_text(">40") },
    ),
    test_of("13457-7", "ldl", "LDL cholesterol, calculated", "mg/dL", Usual::All(ends_text("<100"))),
    test_of("2089-1", "ldl_direct", "LDL cholesterol, direct", "mg/dL", Usual::All(ends_text("<100"))),
    test_of("43396-1", "non_hdl", "Non-HDL cholesterol", "mg/dL", Usual::All(ends_text("<130"))),
];

/// Tests of Hemoglobin A1c.
const LONG_SUGAR: &[Test] = &[test_of("4548-4", "hba1c", "Hemoglobin A1c", "%", Usual::All(ends_text("<5.7")))];

/// Tests of Thyroid panel.
const THYROID: &[Test] = &[
    test_of("3016-3", "tsh", "TSH", "m[IU]/L", Usual::All(ends("0.4", "4.0"))),
    test_of("3024-7", "free_t4", "Free T4", "ng/dL", Usual::LabOnly),
];

/// Every panel of the catalogue.
pub const PANELS: [Panel; 5] = [
    Panel { loinc: "58410-2", key: "blood_count", lab_name: "Complete blood count", tests: BLOOD_COUNT },
    Panel { loinc: "24323-8", key: "metabolic", lab_name: "Comprehensive metabolic panel", tests: METABOLIC },
    Panel { loinc: "24331-1", key: "lipids", lab_name: "Lipid panel", tests: LIPIDS },
    Panel { loinc: "55454-3", key: "long_sugar", lab_name: "Hemoglobin A1c", tests: LONG_SUGAR },
    Panel { loinc: "24348-5", key: "thyroid", lab_name: "Thyroid panel", tests: THYROID },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::care::labs::quantity::Range;
    use crate::types::locale::Locale;
    use crate::words::Words;

    #[test]
    fn every_test_has_its_words_in_every_language_and_a_range_that_is_read() {
        let mut seen = HashSet::new();
        for panel in PANELS {
            for locale in Locale::ALL {
                assert!(!Words::new(locale).of(&panel.name_key()).starts_with('['), "{}", panel.key);
            }
            for test in panel.tests {
                assert!(seen.insert(test.loinc) && seen.insert(test.key), "{} is there once", test.key);
                for locale in Locale::ALL {
                    let words = Words::new(locale);
                    assert!(!words.of(&test.name_key()).starts_with('['), "{}", test.key);
                    let about = words.of(&test.about_key());
                    let sentences = about.matches(". ").count() + 1;
                    assert!(about.ends_with('.') && (2..=3).contains(&sentences), "{}: {about}", test.key);
                }
                let ranges = match test.usual {
                    Usual::All(ends) => vec![ends],
                    Usual::BySex { female, male } => vec![female, male],
                    Usual::LabOnly => vec![],
                };
                for ends in ranges {
                    assert!(Range::read(ends.low, ends.high, ends.text).unwrap().is_some(), "{}", test.key);
                }
            }
        }
        assert_eq!(test("2345-7").map(|test| test.key), Some("glucose"));
        assert_eq!(panel("24331-1").map(|panel| panel.tests.len()), Some(6));
        assert_eq!((test("1-8"), panel("1-8")), (None, None));
    }
}
