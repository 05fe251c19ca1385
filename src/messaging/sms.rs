//! Text messages on the wire: which letters a segment holds, and how many segments a text takes.
//!
//! GSM 03.38 holds 160 characters a segment (153 when split); any other letter makes it UCS-2 with 70 (67).

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// These take two places.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

/// Whether every letter is of the GSM alphabet.
pub fn is_gsm(text: &str) -> bool {
    text.chars().all(|c| BASIC.contains(c) || EXTENDED.contains(c))
}

/// How many segments a text takes.
pub fn segments(text: &str) -> usize {
    let gsm = is_gsm(text);
    let width = |c: char| if gsm { 1 + usize::from(EXTENDED.contains(c)) } else { c.len_utf16() };
    let (whole, part) = if gsm { (160, 153) } else { (70, 67) };
    let total: usize = text.chars().map(width).sum();
    if total <= whole {
        return 1;
    }
    // A letter of two places does not stand across two segments.
    let (mut segments, mut used) = (1, 0);
    for c in text.chars() {
        let width = width(c);
        if used + width > part {
            segments += 1;
            used = 0;
        }
        used += width;
    }
    segments
}

/// Replaces typographic marks and the accents outside the alphabet, which would triple the segments, by plain letters.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '`' | '\u{b4}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{ab}' | '\u{bb}' => '"',
            '\u{2010}'..='\u{2015}' => '-',
            '\u{a0}' | '\u{202f}' => ' ',
            'á' => 'a',
            'í' => 'i',
            'ó' => 'o',
            'ú' => 'u',
            'Á' => 'A',
            'Í' => 'I',
            'Ó' => 'O',
            'Ú' => 'U',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_the_networks_count_them() {
        for (letter, count, expected) in [
            ('a', 160, 1),
            ('a', 161, 2),
            ('a', 306, 2),
            ('a', 307, 3),
            ('ñ', 160, 1),
            ('ó', 70, 1),
            ('ó', 71, 2),
            ('ó', 134, 2),
            ('ó', 135, 3),
            ('€', 80, 1),
            ('€', 81, 2),
            ('€', 152, 2),
            ('€', 153, 3),
            ('😀', 35, 1),
            ('😀', 36, 2),
            ('😀', 66, 2),
            ('😀', 67, 3),
            ('[', 81, 2),
        ] {
            let text: String = std::iter::repeat_n(letter, count).collect();
            assert_eq!(segments(&text), expected, "{count} × {letter}");
        }
        assert!(!is_gsm("`") && is_gsm(&fold("‘`—“")));
        assert_eq!(fold("sábado, miércoles y año: Ángel, ¿sí?"), "sabado, miércoles y año: Angel, ¿si?");
    }
}
