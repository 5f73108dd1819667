//! Small things about text.

/// The beginning of a text, at a character's boundary, at most this many bytes long.
#[must_use]
pub fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, most, expected) in
            [("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "abc"), ("aäb", 2, "a"), ("ä", 0, "")]
        {
            assert_eq!(cut(text, most), expected, "{text} {most}");
        }
    }
}
