//! One file per subcommand; the only place that wires the parts together.
