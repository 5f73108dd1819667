//! The trace directory: the only contract between the recorder and the explorer.
