//! User configuration, keymap and themes, as data.
