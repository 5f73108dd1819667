//! From evidence to a module name, with the trail of what was tried (semantics section 4). Pure over gathered facts.
