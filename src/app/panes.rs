//! All panes, by name and by [`PaneId`].

use super::calls::Calls;
use super::details::Details;
use super::filters::Filters;
use super::functions::Functions;
use super::lines::Lines;
use super::names::Names;
use super::output::Output;
use super::pane::{Pane, PaneId};
use super::tasks::Tasks;
use super::test_list::TestList;
use super::traces::Traces;

/// The state of every pane. Fields, so that `tui/` can draw each by its own type.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Panes {
    pub calls: Calls,
    pub details: Details,
    pub output: Output,
    pub filters: Filters,
    pub names: Names,
    pub functions: Functions,
    pub lines: Lines,
    pub tasks: Tasks,
    pub test_list: TestList,
    pub traces: Traces,
}

impl Panes {
    /// Gives the lines of a call the source that the details read for it.
    pub fn share_source(&mut self) {
        let source = self.lines.shown().place.as_ref().and_then(|(path, _)| self.details.source(path));
        self.lines.has_source(source);
    }

    /// A pane by its name.
    #[must_use]
    pub fn get(&self, id: PaneId) -> &dyn Pane {
        match id {
            PaneId::Calls => &self.calls,
            PaneId::Details => &self.details,
            PaneId::Output => &self.output,
            PaneId::Filters => &self.filters,
            PaneId::Names => &self.names,
            PaneId::Functions => &self.functions,
            PaneId::Lines => &self.lines,
            PaneId::Tasks => &self.tasks,
            PaneId::Tests => &self.test_list,
            PaneId::Traces => &self.traces,
        }
    }

    /// A pane by its name, to change it.
    pub fn get_mut(&mut self, id: PaneId) -> &mut dyn Pane {
        match id {
            PaneId::Calls => &mut self.calls,
            PaneId::Details => &mut self.details,
            PaneId::Output => &mut self.output,
            PaneId::Filters => &mut self.filters,
            PaneId::Names => &mut self.names,
            PaneId::Functions => &mut self.functions,
            PaneId::Lines => &mut self.lines,
            PaneId::Tasks => &mut self.tasks,
            PaneId::Tests => &mut self.test_list,
            PaneId::Traces => &mut self.traces,
        }
    }

    /// Every pane of the explorer; the list of saved traces is not one of them.
    pub const EXPLORER: [PaneId; 6] =
        [PaneId::Calls, PaneId::Details, PaneId::Output, PaneId::Filters, PaneId::Names, PaneId::Functions];
}
