//! Pictures of the panes at named sizes, and what no picture may ever contain.

use super::sample::{buffer, explorer, picture, press, shop, type_text};
use crate::app::State;
use crate::app::event::{Event, Mouse, MouseKind};
use crate::app::layout::Size;
use crate::app::pane::{Hit, PaneId};
use crate::app::session::Phase;
use crate::app::source::Source;
use crate::app::traces::Entry;
use crate::config::{Config, Role, Theme};
use insta::assert_snapshot;
use tempfile::TempDir;

fn shop_trace() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    shop(dir.path());
    dir
}

fn source() -> Event {
    let lines = (1..=40).map(|n| match n {
        14 => vec![
            (Role::Text, "    ".to_owned()),
            (Role::Keyword, "def".to_owned()),
            (Role::Function, " add".to_owned()),
            (Role::Text, "(self, sku, n=1):".to_owned()),
        ],
        15 => vec![(Role::Text, "        self.items.append((sku, n))".to_owned())],
        _ => vec![(Role::Comment, format!("# line {n}"))],
    });
    Event::Source(Source { path: "/srv/shop/cart.py".into(), lines: Ok(lines.collect()), modified: 0.0 })
}

/// The cursor on `Cart.add`, in the first `work`.
const TO_CART_ADD: &str = "down down down down right right";

#[test]
fn calls_at_the_named_sizes() {
    let dir = shop_trace();
    for (width, height) in [(60, 20), (100, 30), (160, 50), (20, 5)] {
        let mut state = explorer(dir.path(), width, height);
        press(&mut state, TO_CART_ADD);
        state.update(source());
        assert_snapshot!(format!("calls_{width}x{height}"), picture(&state));
    }
}

#[test]
fn wide_and_deep() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "down down down down down right G up up up up");
    assert_snapshot!("wide_100x30", picture(&state));
    let mut state = explorer(dir.path(), 80, 24);
    press(&mut state, "down down down down down down E G up up up");
    assert_snapshot!("deep_80x24", picture(&state));
}

#[test]
fn help_question_palette() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "?");
    // How many lines there are below changes with every new key.
    let help: Vec<_> = picture(&state).lines().filter(|line| !line.contains(" more ")).map(str::to_owned).collect();
    assert_snapshot!("help_100x30", help.join("\n"));
    press(&mut state, "esc :");
    type_text(&mut state, "subtree below");
    press(&mut state, "backspace");
    assert_snapshot!("palette_100x30", picture(&state));
    let manifest = dir.path().join("manifest.json");
    let mut told: serde_json::Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    told["end"] = serde_json::Value::Null;
    std::fs::write(&manifest, told.to_string()).unwrap();
    let mut state = explorer(dir.path(), 100, 30);
    state.session.target_runs = true;
    press(&mut state, "q");
    assert_snapshot!("quit_100x30", picture(&state));
}

/// What the edited filters would hide is dim at first, then folded into rows that say how many calls, which rule, how long.
#[test]
fn preview() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "2 a");
    type_text(&mut state, "obj:shop.cart.Cart.*");
    press(&mut state, "enter a");
    type_text(&mut state, "obj:shop.cart.total");
    press(&mut state, "enter p p 1");
    press(&mut state, TO_CART_ADD);
    for (width, height) in [(100, 30), (60, 20)] {
        state.update(Event::Resize(Size { width, height }));
        assert_snapshot!(format!("preview_{width}x{height}"), picture(&state));
    }
}

#[test]
fn functions() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, "5 down");
    assert_snapshot!("functions_100x30", picture(&state));
    press(&mut state, "r r");
    assert!(picture(&state).contains("1,50"), "{}", picture(&state));
}

fn entry(n: u32, program: &str) -> Entry {
    Entry {
        path: format!("/t/{n}.cttrace").into(),
        started_at: (f64::from(n) * 400.0 + 0.5) * 86_400.0,
        program: Ok(program.to_owned()),
        python: "3.13.0".to_owned(),
        duration_ns: 12_400_000_000,
        calls: (1_280_000, true),
        bytes: 8_100_000,
        live: false,
        ended: "exit 0".to_owned(),
        failed: false,
        warning: None,
    }
}

#[test]
fn saved_traces() {
    let mut state = State::list(Config::default(), Size { width: 100, height: 30 });
    state.update(Event::Traces(Vec::new()));
    assert_snapshot!("traces_none_100x30", picture(&state));
    let entries = vec![
        Entry { live: true, ended: "recording".to_owned(), ..entry(4, "app.py --fast") },
        Entry { failed: true, ended: "SIGKILL".to_owned(), ..entry(3, "worker.py") },
        Entry { warning: Some("12 events lost".to_owned()), ..entry(2, "-m shop.tools.run") },
        Entry {
            program: Err("this trace has format 9, which is newer".to_owned()),
            started_at: f64::MIN,
            ..entry(1, "")
        },
    ];
    state.update(Event::Traces(entries));
    press(&mut state, "down");
    for (width, height) in [(100, 30), (60, 20), (20, 5)] {
        state.update(Event::Resize(Size { width, height }));
        assert_snapshot!(format!("traces_{width}x{height}"), picture(&state));
    }
    state.update(Event::Resize(Size { width: 100, height: 30 }));
    press(&mut state, "d");
    assert_snapshot!("traces_delete_100x30", picture(&state));
    // The list is read anew: the cursor stays on its trace.
    press(&mut state, "esc");
    state.update(Event::Traces(vec![
        entry(9, "new.py"),
        Entry { failed: true, ..entry(3, "worker.py") },
        entry(4, "app.py"),
    ]));
    assert_eq!(state.panes.traces.selected().map(|entry| entry.path.clone()), Some("/t/3.cttrace".into()));
}

/// All keys, in an order that reaches much, at sizes down to nothing: no panic, and no character that moves or paints.
#[test]
fn nothing_panics_and_nothing_escapes() {
    let dir = shop_trace();
    let keys = "down right e E G k k > G < C E j j * n N tab j right pagedown z tab 2 3 4 i 5 G r enter 1 L j G tab J = ] [ enter h l u esc 1 space f . v w s ? j esc : x esc / g esc [ ] u c c y o ctrl-t ctrl-t g";
    for (width, height) in
        [(0, 0), (1, 1), (3, 2), (20, 5), (49, 12), (50, 11), (60, 20), (99, 19), (100, 30), (160, 50)]
    {
        let mut state = explorer(dir.path(), width, height);
        for key in keys.split_whitespace() {
            press(&mut state, key);
            for cell in buffer(&state).content() {
                let bad = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
                assert!(!cell.symbol().chars().any(bad), "{width}x{height} after {key}: {:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn the_mouse_finds_what_is_seen() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    let click = |state: &mut State, kind, x, y| {
        let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 100, 30));
        let hit = super::draw(state, &mut buffer, super::style::Depth::True).hits.at(x, y);
        let effects = state.update(Event::Mouse(Mouse { kind, hit, x, y }));
        super::sample::settle(state, effects);
        hit
    };
    // The fold sign of the second row, twice, then its third row, then the tabs.
    for shown in [false, true] {
        assert_eq!(click(&mut state, MouseKind::Click, 3, 3), Some(Hit::Fold(PaneId::Calls, 1)));
        assert_eq!(picture(&state).contains("<shop.cart>"), shown, "{}", picture(&state));
    }
    click(&mut state, MouseKind::Click, 20, 5);
    assert_eq!(state.panes.calls.cursor.at, 3);
    click(&mut state, MouseKind::WheelDown, 20, 5);
    assert_eq!(click(&mut state, MouseKind::Click, 15, 1), Some(Hit::Tab(PaneId::Filters)));
    assert_eq!(state.main, PaneId::Filters);
    click(&mut state, MouseKind::Click, 3, 1);
    assert_eq!(state.main, PaneId::Calls);
    // A question over it takes every click.
    press(&mut state, "?");
    assert!(matches!(click(&mut state, MouseKind::Click, 3, 3), Some(Hit::Overlay(_))));
    assert_eq!(state.overlay, None);
}

#[test]
fn themes_and_ascii() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 100, 30);
    press(&mut state, TO_CART_ADD);
    for (name, _) in crate::config::theme::BUILTIN {
        state.config.theme = Theme::builtin(name).unwrap();
        let picture = buffer(&state);
        let selected = picture.content().iter().filter(|cell| cell.symbol() == "┃").count();
        assert_eq!(selected, 1, "{name}: the cursor has a sign beside its colour");
        if *name == "mono" {
            use ratatui::style::Color;
            assert!(picture.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{name}");
        }
    }
    state.config.ascii = true;
    state.config.signs = crate::config::signs::ASCII;
    press(&mut state, "up down");
    let shown = picture(&state);
    let odd: String = shown.chars().filter(|c| !c.is_ascii()).collect();
    assert_eq!(odd, "", "{shown}");
}

#[test]
fn empty_states_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let trace = crate::trace::testing::TraceBuilder::new(dir.path());
    let mut process = trace.process(7);
    process.skipped("shop", "run", "/srv/shop.py", "project", 0);
    let mut state = explorer(dir.path(), 100, 30);
    assert!(picture(&state).contains("1 function is hidden by filters: 2 shows them"), "{}", picture(&state));
    state.session.phase = Phase::Recording;
    assert!(picture(&state).contains("No calls yet."), "{}", picture(&state));
    press(&mut state, "4");
    assert!(picture(&state).contains("The program's output goes to the terminal"), "{}", picture(&state));
}

#[test]
fn output_is_a_terminal_and_nothing_leaks() {
    let dir = shop_trace();
    let mut state = explorer(dir.path(), 60, 20);
    state.session.target_runs = true;
    state.panes.output.start(Size { width: 60, height: 17 });
    press(&mut state, "4");
    state.update(Event::Output(b"\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07name? \xe2\x80\xae".to_vec()));
    let shown = picture(&state);
    assert!(shown.contains("red name?") && !shown.contains('\u{202e}'), "{shown:?}");
    let effects = state.update(Event::Key("i".parse().unwrap()));
    assert!(effects.list.is_empty());
    let sent = |state: &mut State, key: &str| state.update(Event::Key(key.parse().unwrap())).list;
    use crate::app::event::Effect;
    assert_eq!(sent(&mut state, "q"), [Effect::SendInput(b"q".to_vec())], "keys are the program's now");
    assert_eq!(sent(&mut state, "ctrl-c"), [Effect::SendInput(vec![3])]);
    assert_eq!(sent(&mut state, "ctrl-]"), []);
    assert_eq!(sent(&mut state, "1"), [], "and ours again");
    assert_eq!(state.main, PaneId::Calls);
}
