//! Navigation over block summaries, profiles and search. Nothing here keeps per-call memory.
