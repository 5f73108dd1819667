//! Placeholder until the nested recorder build lands.
fn main() {}
