//! Spanned messages with stable codes and caret text: one shape for every problem found in something a person wrote.
