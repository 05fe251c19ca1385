//! The number line of a result: where its parts lie, in hundredths of its length, for an SVG drawn by a template.

use super::quantity::{Quantity, Range};

/// A scale with the range as a band and the value as a marker. All places run from 0 (left) to 100 (right), in every
/// writing direction, rounded to a tenth.
#[derive(Clone, PartialEq)]
pub struct NumberLine {
    /// Where the band begins; 0 when the range has no low end.
    pub band_start: f64,
    /// Where the band ends; 100 when the range has no high end.
    pub band_end: f64,
    /// The low end as the lab wrote it.
    pub low_label: Option<String>,
    /// The high end as the lab wrote it.
    pub high_label: Option<String>,
    /// Where the value stands; at an edge when it lies beyond the scale.
    pub marker: f64,
    /// The value lies beyond the scale on this side: an arrow is drawn.
    pub beyond: Option<Beyond>,
}

/// An edge of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Further left.
    Left,
    /// Further right.
    Right,
}

impl NumberLine {
    /// The band's width.
    pub fn band_width(&self) -> f64 {
        tenth(self.band_end - self.band_start)
    }
}

fn tenth(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// Draws a value on the scale of its range. A range of two ends takes the middle half of the line; one of a single end
/// takes the line from its edge.
pub(super) fn draw(quantity: &Quantity, range: &Range) -> NumberLine {
    let ends = (range.low.as_ref().map(|end| end.number), range.high.as_ref().map(|end| end.number));
    let (start, end) = match ends {
        (Some(low), Some(high)) => {
            let width = if high > low { high - low } else { low.abs().max(1.0) };
            (low - width / 2.0, high + width / 2.0)
        }
        (None, Some(high)) if high > 0.0 => (0.0, high * 1.5),
        (None, Some(high)) => (high - high.abs().max(1.0) * 2.0, high + high.abs().max(1.0)),
        (Some(low), None) if low > 0.0 => (0.0, low * 2.0),
        (Some(low), None) => (low - low.abs().max(1.0), low + low.abs().max(1.0) * 2.0),
        (None, None) => (0.0, 1.0),
    };
    // What is measured is seldom negative: a scale that would begin under zero for a range over it begins at zero.
    let start = if start < 0.0 && ends.0.is_some_and(|low| low >= 0.0) { 0.0 } else { start };
    let place = |number: f64| tenth(((number - start) / (end - start) * 100.0).clamp(0.0, 100.0));
    NumberLine {
        band_start: ends.0.map_or(0.0, place),
        band_end: ends.1.map_or(100.0, place),
        low_label: range.low.as_ref().map(|end| end.text.clone()),
        high_label: range.high.as_ref().map(|end| end.text.clone()),
        marker: place(quantity.number),
        beyond: match quantity.number {
            number if number < start => Some(Beyond::Left),
            number if number > end => Some(Beyond::Right),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(value: &str, low: &str, high: &str) -> NumberLine {
        draw(&Quantity::read(value).unwrap(), &Range::read(low, high, "").unwrap().unwrap())
    }

    #[test]
    fn a_range_of_two_ends_takes_the_middle_half() {
        let drawn = line("5.0", "4.0", "6.0");
        assert_eq!((drawn.band_start, drawn.marker, drawn.band_end), (25.0, 50.0, 75.0));
        assert_eq!((drawn.low_label.as_deref(), drawn.high_label.as_deref()), (Some("4.0"), Some("6.0")));
        assert_eq!((drawn.band_width(), drawn.beyond), (50.0, None));
    }

    #[test]
    fn a_range_of_one_end_starts_at_the_edge() {
        let under = line("150", "", "200");
        assert_eq!((under.band_start, under.marker, under.band_end), (0.0, 50.0, 66.7));
        let over = line("90", "60", "");
        assert_eq!((over.band_start, over.marker, over.band_end), (50.0, 75.0, 100.0));
    }

    #[test]
    fn a_value_beyond_the_scale_stands_at_the_edge_with_an_arrow() {
        let far = line("900", "4.0", "6.0");
        assert_eq!((far.marker, far.beyond), (100.0, Some(Beyond::Right)));
        let low = line("-1", "4.0", "6.0");
        assert_eq!((low.marker, low.beyond), (0.0, Some(Beyond::Left)));
        assert_eq!(line("1", "0", "8").band_start, 0.0, "no scale under zero for a range from zero");
    }

    proptest! {
        #[test]
        fn the_marker_and_the_band_stay_on_the_line(
            value in -1e12..1e12f64,
            low in proptest::option::of(-1e12..1e12f64),
            high in proptest::option::of(-1e12..1e12f64),
        ) {
            let text = |number: Option<f64>| number.map_or(String::new(), |number| format!("{number:.3}"));
            if let Ok(Some(range)) = Range::read(&text(low), &text(high), "") {
                let value = Quantity::read(&format!("{value:.3}")).unwrap();
                let drawn = draw(&value, &range);
                for place in [drawn.marker, drawn.band_start, drawn.band_end] {
                    prop_assert!((0.0..=100.0).contains(&place));
                }
                prop_assert!(drawn.band_start <= drawn.band_end);
            }
        }
    }
}
