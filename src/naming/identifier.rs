//! What Python calls an identifier and what it calls blank. Both differ a little from what Rust's standard library
//! calls alphanumeric and whitespace, and names must be judged as the interpreter judges them.

/// `str.isidentifier()`: XID_Start or `_`, then XID_Continue. Keywords count, and nothing is normalised: the name of a
/// file is compared as it is spelled.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}

/// Identifiers joined by single dots: `pkg`, `pkg.mod`, `__main__`.
#[must_use]
pub fn is_dotted_identifier(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// `str.strip()`. Python also strips the four separator control characters, which Unicode does not call White_Space.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}
