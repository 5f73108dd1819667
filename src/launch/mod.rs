//! Finds an interpreter, unpacks the recorder, starts the target and stays in touch with it.
