//! Everything that a key can do, in one table: the dispatcher, the help, the palette and the hints at the foot of the
//! screen are all read from [`TABLE`]. A new verb is one variant and one row.

use super::key::Key;

/// Where a binding holds. A pane's own context is asked first, then [`Context::Lists`] and [`Context::Global`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere, unless text is being typed.
    Global,
    /// Whatever has a cursor that moves over rows.
    Lists,
    /// The call tree.
    Calls,
    /// Details of the selected call.
    Details,
    /// The target's terminal.
    Output,
    /// The list of saved traces.
    Traces,
    /// The filter lab.
    Filters,
    /// Module names.
    Names,
    /// Totals per function.
    Functions,
    /// The lines of a call.
    Lines,
    /// Asyncio tasks.
    Tasks,
    /// Tests of pytest and unittest.
    Tests,
    /// While a line of text is typed.
    Text,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 13] = [
        Self::Calls,
        Self::Details,
        Self::Output,
        Self::Filters,
        Self::Names,
        Self::Functions,
        Self::Lines,
        Self::Tasks,
        Self::Tests,
        Self::Traces,
        Self::Lists,
        Self::Global,
        Self::Text,
    ];

    /// The name in the configuration: `[keys.calls]`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Lists => "lists",
            Self::Calls => "calls",
            Self::Details => "details",
            Self::Output => "output",
            Self::Traces => "traces",
            Self::Filters => "filters",
            Self::Names => "names",
            Self::Functions => "functions",
            Self::Lines => "lines",
            Self::Tasks => "tasks",
            Self::Tests => "tests",
            Self::Text => "text",
        }
    }

    /// The heading in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Lists => "Moving",
            Self::Calls => "Calls",
            Self::Details => "Details",
            Self::Output => "Output",
            Self::Traces => "Saved traces",
            Self::Filters => "Filters",
            Self::Names => "Names",
            Self::Functions => "Functions",
            Self::Lines => "Lines",
            Self::Tasks => "Tasks",
            Self::Tests => "Tests",
            Self::Text => "While typing",
        }
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $context:ident [$($key:literal),*] $help:literal $hint:literal;)+) => {
        /// What a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// One row per action, in the order of the help.
        pub const TABLE: &[Row] = &[
            $(Row {
                action: Action::$variant,
                name: $name,
                context: Context::$context,
                keys: &[$($key),*],
                help: $help,
                hint: $hint,
            },)+
        ];
    };
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// Where its keys hold.
    pub context: Context,
    /// The keys it has unless the user says otherwise.
    pub keys: &'static [&'static str],
    /// What it does, for the help and the palette.
    pub help: &'static str,
    /// One or two words for the foot of the screen; empty: never shown there.
    pub hint: &'static str,
}

impl Row {
    /// The keys it has unless the user says otherwise.
    ///
    /// # Panics
    ///
    /// Never: a test parses every key of the table.
    #[must_use]
    pub fn default_keys(&self) -> Vec<Key> {
        self.keys.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

actions! {
    /// Unfold the row, or step into it.
    Unfold "unfold" Calls ["right", "l"] "unfold, or step to the first call inside" "";
    /// Fold the row, or step out of it.
    Fold "fold" Calls ["left", "h"] "fold, or step to the caller" "";
    /// Fold or unfold.
    Toggle "toggle" Calls ["enter"] "fold or unfold; on a “more” row: show more" "open";
    /// Unfold the siblings of the row.
    UnfoldLevel "unfold_level" Calls ["e"] "unfold this level" "";
    /// Fold the siblings of the row.
    FoldLevel "fold_level" Calls ["c"] "fold this level" "";
    /// Unfold everything below.
    UnfoldSubtree "unfold_subtree" Calls ["E"] "unfold everything below" "";
    /// Fold everything below.
    FoldSubtree "fold_subtree" Calls ["C"] "fold everything below" "";
    /// To the previous sibling.
    PreviousSibling "previous_sibling" Calls ["["] "to the call before, on the same level" "";
    /// To the next sibling.
    NextSibling "next_sibling" Calls ["]"] "to the call after, on the same level" "";
    /// To the caller.
    Parent "parent" Calls ["u"] "to the caller" "";
    /// To the call that raised.
    Raiser "raiser" Calls ["x"] "to the call that raised the exception" "";
    /// To the call that caught.
    Catcher "catcher" Calls ["X"] "to the call that caught the exception" "";
    /// Show only this subtree.
    Root "root" Calls [">"] "show only this call and what is below" "";
    /// Show what was shown before.
    Unroot "unroot" Calls ["<"] "back to what was shown before" "";
    /// To the next call of the same function.
    NextSame "next_same" Calls ["*"] "to the next call of the same function" "";
    /// To the previous call of the same function.
    PreviousSame "previous_same" Calls ["#"] "to the previous call of the same function" "";
    /// To the segment in which a generator went on.
    NextSegment "next_segment" Calls [")"] "generator, coroutine: to where it went on" "";
    /// To the segment before.
    PreviousSegment "previous_segment" Calls ["("] "generator, coroutine: to where it ran before" "";
    /// To the last segment.
    LastSegment "last_segment" Calls ["}"] "generator, coroutine: to where it ran last" "";
    /// To the first segment.
    FirstSegment "first_segment" Calls ["{"] "generator, coroutine: to where it began" "";
    /// To the deepest running call.
    Running "running" Calls ["."] "to the call that runs now" "";
    /// Keep the running call in view.
    Follow "follow" Calls ["f"] "follow: keep the running call in view" "follow";
    /// To what the call wrote.
    ToOutput "to_output" Calls ["O"] "to what the call wrote to the terminal" "";
    /// Show values in the rows.
    ToggleValues "toggle_values" Calls ["v"] "values in the rows on and off" "";
    /// Unfold or fold a value.
    DetailsToggle "details_toggle" Details ["enter", "right", "left"] "fold or unfold a value" "open";
    /// Wrap long text.
    Wrap "wrap" Details ["z"] "wrap long text on and off" "wrap";

    /// Type into the target.
    Type "type" Output ["i"] "type into the program" "type";
    /// From a line to the call that wrote it.
    ToWriter "to_writer" Output ["enter"] "to the call that wrote the line; on the program's screen: type into it" "to call";
    /// Lines, or the screen.
    OutputLines "output_lines" Output ["l"] "line by line, with times and calls; back to the program's screen" "lines";
    /// Stop typing into the target.
    StopTyping "stop_typing" Text ["ctrl-]"] "back from typing into the program" "back from typing";

    /// Open a trace.
    OpenTrace "open_trace" Traces ["enter"] "open the trace" "open";
    /// Record the same command again.
    RecordAgain "record_again" Traces ["r"] "record the same program again" "record again";
    /// Delete a trace.
    DeleteTrace "delete_trace" Traces ["d", "delete"] "delete the trace, after asking" "delete…";

    /// Type a new rule.
    AddRule "add_rule" Filters ["a"] "type a rule below: each key shows what it matches, or why it matches nothing" "add";
    /// Type a rule anew.
    EditRule "edit_rule" Filters ["e", "enter"] "edit the rule; of one that matches nothing it shows why" "edit";
    /// Switch a rule off or on.
    ToggleRule "toggle_rule" Filters ["x"] "disable the rule, or all rules of a filter; enable them again" "disable";
    /// Delete a rule.
    DeleteRule "delete_rule" Filters ["d", "delete"] "delete the rule" "delete";
    /// Change what a rule does.
    CycleRule "cycle_rule" Filters ["t"] "trace, skip or inherit: what the rule does, or what the filter does by default" "";
    /// One place down.
    RuleDown "rule_down" Filters ["J"] "move the rule down: a later rule wins" "move";
    /// One place up.
    RuleUp "rule_up" Filters ["K"] "move the rule up" "";
    /// Into another filter.
    MoveRule "move_rule" Filters ["m"] "move the rule to another filter" "";
    /// Why a rule is there.
    RuleReason "rule_reason" Filters ["r"] "say why the rule is there" "";
    /// Type a value pattern.
    AddPattern "add_pattern" Filters ["v"] "add a value pattern to the rule: which values are kept, redacted, dropped" "";
    /// Take back.
    Undo "undo" Filters ["u"] "undo" "undo";
    /// Do again.
    Redo "redo" Filters ["U", "ctrl-r"] "redo what was undone" "";
    /// Send to the target.
    Apply "apply" Filters ["A"] "apply the filters to the running program" "apply";
    /// Write to a file.
    SaveFilters "save_filters" Filters ["S"] "save to a filter file, after showing the difference" "save";
    /// Take a file that changed.
    TakeFile "take_file" Filters ["R"] "take what the filter file says now, and drop the edits of it" "";
    /// Selectors for a function.
    OfferSelectors "offer_selectors" Filters ["s"] "selectors for the function under the cursor" "";
    /// Explain a function.
    ExplainFunction "explain_function" Filters ["w"] "why: evidence of the function, each rule's verdict" "why";

    /// Unfold a group, or show the whole trail of a function.
    OpenName "open_name" Names ["enter", "right", "l"] "unfold; on a function: the whole trail of its name" "open";
    /// Fold a group.
    CloseName "close_name" Names ["left", "h"] "fold, or step out" "";
    /// Selectors for a module or function.
    SelectName "select_name" Names ["s"] "selectors that match it" "select…";
    /// Explain a module or function.
    WhyName "why_name" Names ["w"] "why: evidence, each rule's verdict" "why";

    /// To the calls of a function.
    ShowFunction "show_function" Functions ["enter"] "to its first call, or the next one" "to call";
    /// Sort by the next column.
    Sort "sort" Functions ["r"] "sort by the next column" "sort";

    /// Into a call, or unfold.
    LineInto "line_into" Lines ["right", "l"] "into the call made by this line; on a variable: unfold" "";
    /// Out to the caller, or fold.
    LineOut "line_out" Lines ["left", "h"] "out to the line that made this call; on a variable: fold" "";
    /// Into a call, or fold and unfold.
    LineToggle "line_toggle" Lines ["enter"] "into the call; on a variable: fold or unfold" "into the call";
    /// Out to the caller.
    LineCaller "line_caller" Lines ["u"] "out to the line that made this call" "caller";
    /// Where the value came from.
    LineOrigin "line_origin" Lines ["="] "to the line that gave the variable under the cursor its value" "who set it";
    /// To the next change.
    NextChange "next_change" Lines ["]"] "to the next line that changed the variable" "next change";
    /// To the change before.
    PreviousChange "previous_change" Lines ["["] "to the line before that changed the variable" "";
    /// To the next run of the line.
    NextRun "next_run" Lines ["*"] "to the next time this line runs" "line again";
    /// To the run before.
    PreviousRun "previous_run" Lines ["#"] "to the time before that this line ran" "";
    /// The variable below.
    NextValue "next_value" Lines ["J"] "select the variable below, whatever has the focus" "";
    /// The variable above.
    PreviousValue "previous_value" Lines ["K"] "select the variable above" "";

    /// To a task's call.
    ToTaskCall "to_task_call" Tasks ["enter"] "to the first call of the task, or the call of the step" "to call";
    /// Unfold a task.
    OpenTask "open_task" Tasks ["right", "l"] "unfold: what the task did, step by step" "steps";
    /// Fold a task.
    CloseTask "close_task" Tasks ["left", "h"] "fold, or step out to the task" "";
    /// To a test's calls.
    ToTest "to_test" Tests ["enter"] "to the calls of the test" "to calls";
    /// Those that failed, or all.
    FailedOnly "failed_only" Tests ["f"] "only tests that failed, or all" "failed only";

    /// One row up.
    Up "up" Lists ["up", "k"] "one row up" "";
    /// One row down.
    Down "down" Lists ["down", "j"] "one row down" "";
    /// One page up.
    PageUp "page_up" Lists ["pageup", "ctrl-b", "ctrl-u"] "one page up" "";
    /// One page down.
    PageDown "page_down" Lists ["pagedown", "ctrl-f", "ctrl-d"] "one page down" "";
    /// To the first row.
    Top "top" Lists ["home", "g"] "to the first row" "";
    /// To the last row.
    Bottom "bottom" Lists ["end", "G"] "to the last row" "";

    /// Search.
    Search "search" Global ["/"] "search here; among the calls =text looks into values" "search";
    /// To the next hit.
    NextHit "next_hit" Global ["n"] "to the next hit" "";
    /// To the previous hit.
    PreviousHit "previous_hit" Global ["N"] "to the previous hit" "";
    /// Freeze the display.
    Pause "pause" Global ["space"] "pause the display; recording goes on" "pause";
    /// Show what the edited filters would do.
    Preview "preview" Global ["p"] "preview: as recorded, hidden calls dimmed, hidden calls folded into one row" "preview";
    /// Pause recording.
    PauseRecording "pause_recording" Global ["P"] "pause recording itself, or go on; the program runs on" "";
    /// The call tree.
    ShowCalls "show_calls" Global ["1"] "calls" "";
    /// The filter lab.
    ShowFilters "show_filters" Global ["2"] "filters: what is recorded, what a selector matches, and why it matches nothing" "";
    /// Module names.
    ShowNames "show_names" Global ["3"] "names: what modules are called, and why; what to write to match them" "";
    /// The target's terminal.
    ShowOutput "show_output" Global ["4"] "output" "";
    /// Totals per function.
    ShowFunctions "show_functions" Global ["5"] "functions" "";
    /// The lines of the selected call.
    ShowLines "show_lines" Global ["L"] "lines of the selected call, step by step" "lines";
    /// Asyncio tasks.
    ShowTasks "show_tasks" Global ["6"] "asyncio tasks" "";
    /// Tests.
    ShowTests "show_tests" Global ["7"] "tests of pytest and unittest" "";
    /// Move the focus on.
    NextPane "next_pane" Global ["tab"] "to the other pane, or the other half of it" "other half";
    /// Move the focus back.
    PreviousPane "previous_pane" Global ["shift-tab"] "to the other pane, backwards" "";
    /// Open the place in an editor.
    Edit "edit" Global ["o"] "open the source in $EDITOR" "edit";
    /// Explain why this frame was recorded and how it got its name.
    Why "why" Global ["w"] "why was this recorded, and how did it get its name" "why";
    /// Offer selectors for the call.
    Select "select" Global ["s"] "selectors that match this function" "select…";
    /// Copy.
    Copy "copy" Global ["y"] "copy what is selected" "copy";
    /// Every action by name.
    Palette "palette" Global [":"] "find an action by its name" "";
    /// Next theme.
    NextTheme "next_theme" Global ["ctrl-t"] "next colour theme" "";
    /// Mouse on and off.
    ToggleMouse "toggle_mouse" Global ["ctrl-o"] "mouse on and off (off: the terminal selects text)" "";
    /// Paint everything anew.
    Redraw "redraw" Global ["ctrl-l"] "paint the screen anew" "";
    /// Stop the explorer as a job of the shell.
    Suspend "suspend" Global ["ctrl-z"] "suspend; `fg` comes back" "";
    /// The list of keys.
    Help "help" Global ["?", "f1"] "this list" "help";
    /// Close what is open, step back.
    Back "back" Global ["esc", "backspace"] "close, step back" "";
    /// Quit.
    Quit "quit" Global ["q", "ctrl-c"] "quit" "quit";

    /// Take the typed text.
    Accept "accept" Text ["enter"] "take it" "take it";
    /// Leave the text alone.
    Cancel "cancel" Text ["esc", "ctrl-c"] "leave it" "leave it";
    /// Complete.
    Complete "complete" Text ["tab"] "take the suggestion" "suggestion";
    /// Another verb for the typed rule.
    CycleTyped "cycle_typed" Text ["shift-tab"] "trace, skip or inherit, while a rule is typed" "trace or skip";
    /// The entry before.
    Earlier "earlier" Text ["up", "ctrl-p"] "the entry before" "";
    /// The entry after.
    Later "later" Text ["down", "ctrl-n"] "the entry after" "others";
}

impl Action {
    /// The row of this action.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // The variants are declared by the same macro in the same order.
        &TABLE[self as usize]
    }

    /// The action of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_sound() {
        let mut names = HashSet::new();
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.action as usize, at, "{}", row.name);
            assert_eq!(row.default_keys().len(), row.keys.len(), "{}: a key does not parse", row.name);
            assert!(names.insert(row.name), "{} twice", row.name);
            assert_eq!(Action::named(row.name), Some(row.action));
            assert!(!row.help.is_empty());
        }
    }
}
