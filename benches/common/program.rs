//! The functions of a large program, for the benches of filters: 10,000 in 800 modules of an application with a copy of
//! its dependencies.

use ct_tui::model::evidence::{Evidence, EvidenceItem, EvidenceSource, Outcome};

/// How many functions there are.
pub const FUNCTIONS: usize = 10_000;
const MODULES: usize = 800;

/// One function, as a recorder sees it.
pub struct Function {
    /// Its module.
    pub module: String,
    /// Its file.
    pub path: String,
    /// Its name in the module.
    pub qualname: String,
    /// What every source says about the name of its module.
    pub evidence: Evidence,
}

/// All of them.
pub fn functions() -> Vec<Function> {
    (0..FUNCTIONS).map(function).collect()
}

fn function(n: usize) -> Function {
    let (tops, parts) = (["app", "shop", "src.billing", "vendor.lib"], ["views", "models", "api", "tools", "tests"]);
    let (number, class, method) = (n % MODULES, n / MODULES, n / MODULES % 7);
    let module = format!("{}.{}.module{number}", tops[number % 4], parts[number / 4 % 5]);
    let path = format!("/srv/project/{}.py", module.replace('.', "/"));
    let item = |source, name: &str| EvidenceItem {
        source,
        name: Some(name.to_owned()),
        outcome: Outcome::Agrees,
        detail: Some("/srv/project".to_owned()),
    };
    let sources = [EvidenceSource::Globals, EvidenceSource::Spec, EvidenceSource::SysModules];
    let mut items: Vec<_> = sources.into_iter().map(|source| item(source, &module)).collect();
    items.push(item(EvidenceSource::Marker, &format!("project.{module}")));
    let evidence = Evidence { items, ..Evidence::default() };
    Function { module, path, qualname: format!("Class{class}.method_{method}"), evidence }
}
