use super::*;

struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.toml"), config).unwrap();
        Self(dir)
    }

    fn environment(&self) -> Environment {
        Environment { file: Some((self.0.path().join("config.toml"), false)), ..Environment::default() }
    }

    fn load(&self) -> Result<Config, String> {
        Config::load(&Flags::default(), &self.environment()).map_err(|error| error.to_string())
    }
}

#[test]
fn no_file_is_fine_unless_it_was_named() {
    let gone = PathBuf::from("/nonexistent/ct-tui/config.toml");
    let environment = |required| Environment { file: Some((gone.clone(), required)), ..Environment::default() };
    assert_eq!(Config::load(&Flags::default(), &environment(false)).unwrap().theme.name, "dark");
    let error = Config::load(&Flags::default(), &environment(true)).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/ct-tui/config.toml: E-CONFIG: cannot read it"), "{error}");
}

#[test]
fn the_later_wins() {
    let home = Home::new("theme = \"light\"\nmouse = false\nvalues_in_rows = false\nascii = true");
    let config = home.load().unwrap();
    assert_eq!((config.theme.name.as_str(), config.mouse, config.values_in_rows), ("light", false, false));
    assert_eq!(config.signs, signs::ASCII);
    let flags = Flags { theme: Some("16".to_owned()), ..Flags::default() };
    assert_eq!(Config::load(&flags, &home.environment()).unwrap().theme.name, "16");
    for (environment, theme) in [
        (Environment { no_color: true, few_colours: true, ..Environment::default() }, "mono"),
        (Environment { few_colours: true, light: true, ..Environment::default() }, "16"),
        (Environment { light: true, ..Environment::default() }, "light"),
    ] {
        assert_eq!(Config::load(&Flags::default(), &environment).unwrap().theme.name, theme);
    }
    assert_eq!(home.load().unwrap().theme.name, "light", "the file wins over NO_COLOR and the terminal");
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, part) in [
        ("theme = 3", "config.toml:1:9: E-CONFIG: invalid type"),
        ("colour = \"red\"", "config.toml:1:1: E-CONFIG: unknown field `colour`"),
        (
            "theme = \"mauve\"",
            "E-THEME: there is no theme \"mauve\" (built in are dark, light, high-contrast, 16, mono",
        ),
        ("[keys.nowhere]\nquit = \"q\"", "config.toml:2:8: E-KEYS: there is no [keys.nowhere]"),
        ("[keys.global]\nfly = \"q\"", "config.toml:2:7: E-KEYS: no action \"fly\" in keys.global"),
        ("[keys.global]\nfold = \"q\"", "it belongs in [keys.calls]"),
        ("[keys.global]\nquit = \"hyper-q\"", "\"hyper-q\" is no key"),
        ("[keys.global]\nquit = \"x\"\nhelp = [\"x\"]", "bound twice in keys.global"),
        ("theme = \"x\\u001b[2J\"\n", "E-THEME"),
        ("\u{0}", "E-CONFIG"),
    ] {
        let error = Home::new(text).load().unwrap_err();
        assert!(error.contains(part), "{text:?}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
    let both = Home::new("[keys.global]\nquit = \"hyper-q\"\nfly = \"x\"").load().unwrap_err();
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn keys_are_changed_one_or_several() {
    let config = Home::new("[keys.global]\nquit = \"ctrl-q\"\nhelp = [\"h\", \"f2\"]").load().unwrap();
    assert_eq!(config.keymap.action(&[Context::Global], Key::ctrl('q')), Some(Action::Quit));
    assert_eq!(config.keymap.action(&[Context::Global], Key::char('h')), Some(Action::Help));
    assert_eq!(config.keymap.action(&[Context::Global], Key::char('q')), None);
}

#[test]
fn themes_of_ones_own() {
    let home = Home::new("theme = \"mine\"");
    let themes = home.0.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    std::fs::write(themes.join("mine.toml"), theme::BUILTIN[1].1).unwrap();
    assert_eq!(home.load().unwrap().theme.name, "mine");
    std::fs::write(themes.join("mine.toml"), "[roles]\ntext = \"mauve\"").unwrap();
    let error = home.load().unwrap_err();
    assert!(error.contains("mine.toml:2:8: E-THEME: \"mauve\" is no colour"), "{error}");
    let flags = Flags { theme: Some(themes.join("gone.toml").display().to_string()), ..Flags::default() };
    let error = Config::load(&flags, &home.environment()).unwrap_err().to_string();
    assert!(error.contains("gone.toml: E-THEME: cannot read it"), "{error}");
}

#[test]
fn the_environment() {
    let read = |pairs: &[(&str, &str)]| {
        Environment::from(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into()))
    };
    let file = |pairs: &[(&str, &str)]| read(pairs).file.map(|(path, required)| (path.display().to_string(), required));
    assert_eq!(file(&[("HOME", "/h")]), Some(("/h/.config/ct-tui/config.toml".to_owned(), false)));
    assert_eq!(file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Some(("/x/ct-tui/config.toml".to_owned(), false)));
    assert_eq!(
        file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")]),
        Some(("/h/.config/ct-tui/config.toml".to_owned(), false))
    );
    assert_eq!(file(&[("CT_TUI_CONFIG", "/c.toml")]), Some(("/c.toml".to_owned(), true)));
    assert_eq!(file(&[]), None);
    assert!(read(&[("COLORFGBG", "0;15")]).light);
    assert!(!read(&[("COLORFGBG", "15;0")]).light);
    assert!(read(&[("TERM", "linux")]).few_colours);
    assert!(!read(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).few_colours);
    assert!(read(&[("LANG", "C")]).ascii);
    assert!(!read(&[("LC_ALL", "C.UTF-8"), ("LANG", "C")]).ascii);
    assert!(!read(&[]).ascii);
}
