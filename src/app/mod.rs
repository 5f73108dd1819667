//! The explorer's state without a terminal: messages in, state and effects out.
pub mod lab;
