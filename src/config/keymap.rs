//! Which key does what: the table of actions with the user's changes laid over it.

use super::action::{Action, Context, TABLE};
use super::key::Key;
use std::collections::{BTreeMap, HashMap};

/// Keys to actions, by context.
#[derive(Clone, Debug)]
pub struct Keymap {
    by_key: HashMap<(Context, Key), Action>,
    by_action: BTreeMap<Action, Vec<Key>>,
}

/// A key cannot stand for two actions of one context.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key {key} is bound twice in keys.{}: {} and {}", .context.name(), .first.row().name, .second.row().name)]
pub struct Clash {
    /// The key.
    pub key: Key,
    /// Where.
    pub context: Context,
    /// What had it.
    pub first: Action,
    /// What wants it.
    pub second: Action,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&BTreeMap::new()).0
    }
}

impl Keymap {
    /// The table with `changes` laid over it: each changed action has the given keys and no others. A key given to one
    /// action is taken from the default keys of another; two *given* keys that clash are reported, and the first keeps it.
    #[must_use]
    pub fn new(changes: &BTreeMap<Action, Vec<Key>>) -> (Self, Vec<Clash>) {
        let mut map = Self { by_key: HashMap::new(), by_action: BTreeMap::new() };
        let mut clashes = Vec::new();
        for (&action, keys) in changes {
            let context = action.row().context;
            for &key in keys {
                match map.by_key.get(&(context, key)) {
                    Some(&first) if first != action => clashes.push(Clash { key, context, first, second: action }),
                    _ => map.bind(context, key, action),
                }
            }
        }
        for row in TABLE.iter().filter(|row| !changes.contains_key(&row.action)) {
            for key in row.default_keys() {
                if !map.by_key.contains_key(&(row.context, key)) {
                    map.bind(row.context, key, row.action);
                }
            }
        }
        (map, clashes)
    }

    fn bind(&mut self, context: Context, key: Key, action: Action) {
        self.by_key.insert((context, key), action);
        let keys = self.by_action.entry(action).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    /// What `key` does in the first of `contexts` that knows it.
    #[must_use]
    pub fn action(&self, contexts: &[Context], key: Key) -> Option<Action> {
        contexts.iter().find_map(|&context| self.by_key.get(&(context, key)).copied())
    }

    /// The keys of an action, the preferred one first.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Key] {
        self.by_action.get(&action).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn no_two_defaults_of_a_context_clash() {
        for row in TABLE {
            for key in row.default_keys() {
                let found = Keymap::default().action(&[row.context], key);
                assert_eq!(found, Some(row.action), "{key} in {}", row.context.name());
            }
        }
    }

    #[test]
    fn a_given_key_replaces_and_takes() {
        let changes = BTreeMap::from([(Action::Quit, vec![key("ctrl-q")]), (Action::Help, vec![key("n")])]);
        let (map, clashes) = Keymap::new(&changes);
        assert!(clashes.is_empty());
        let global = [Context::Global];
        assert_eq!(map.action(&global, key("ctrl-q")), Some(Action::Quit));
        assert_eq!(map.action(&global, key("q")), None);
        assert_eq!(map.action(&global, key("n")), Some(Action::Help));
        assert_eq!(map.keys(Action::NextHit), []);
    }

    #[test]
    fn two_given_keys_that_clash_are_told() {
        let changes = BTreeMap::from([(Action::Quit, vec![key("x")]), (Action::Help, vec![key("x")])]);
        let (_, clashes) = Keymap::new(&changes);
        assert_eq!(clashes.len(), 1);
        assert!(clashes[0].to_string().contains("key x is bound twice in keys.global"));
    }

    #[test]
    fn the_pane_is_asked_first() {
        let map = Keymap::default();
        assert_eq!(map.action(&[Context::Calls, Context::Global], key("enter")), Some(Action::Toggle));
        assert_eq!(map.action(&[Context::Traces, Context::Global], key("enter")), Some(Action::OpenTrace));
    }
}
