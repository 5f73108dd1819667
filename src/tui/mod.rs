//! The terminal: input to messages, state to picture. The only place that knows ratatui and crossterm.
