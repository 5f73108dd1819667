use super::*;
use crate::app::lab::Functions;
use crate::model::code::{CodeFacts, CodeKind, CodeRecord, Exec, Verdict};
use crate::model::evidence::{Evidence, EvidenceItem, EvidenceSource, NameSource, Outcome};
use crate::model::id::{CodeId, ProcessIx};
use std::sync::Arc;

/// A module body whose sources say these names.
fn record(id: u32, path: &str, sources: &[(EvidenceSource, &str)]) -> CodeRecord {
    let items = sources
        .iter()
        .map(|(source, name)| EvidenceItem {
            source: *source,
            name: (!name.is_empty()).then(|| (*name).to_owned()),
            outcome: if name.is_empty() { Outcome::Blank } else { Outcome::Accepted },
            detail: None,
        })
        .collect();
    let module = sources.first().map(|(_, name)| (*name).to_owned()).filter(|name| !name.is_empty());
    CodeRecord {
        id: CodeId(id),
        facts: CodeFacts {
            filename: path.to_owned(),
            abs_path: path.to_owned(),
            qualname: "<module>".to_owned(),
            first_line: 1,
            params: Vec::new(),
            locals: Vec::new(),
            unwatched: 0,
            kind: CodeKind::Module,
        },
        name_source: if module.is_some() { NameSource::Globals } else { NameSource::None },
        module,
        evidence: Evidence { items, ..Evidence::default() },
        verdict: Verdict { exec: Exec::Trace, rule: None, reason: None, generation: 0 },
    }
}

#[test]
fn failures_and_disagreements_come_first() {
    use EvidenceSource::{Globals, ProjectPath, Spec, SysPath};
    let mut functions = Functions::default();
    let rows = [
        record(0, "/srv/shop/cart.py", &[(Globals, "shop.cart"), (SysPath, "shop.cart")]),
        record(1, "/srv/shop/run.py", &[(Globals, "__main__"), (Spec, "shop.run"), (SysPath, "shop.run")]),
        record(2, "/srv/shop/api.py", &[(Globals, "api"), (SysPath, "shop.api")]),
        record(3, "/srv/odd.py", &[(Globals, "")]),
        record(4, "<string>", &[(Globals, "gen")]),
        record(5, "/srv/shop/bare.py", &[(Globals, "bare"), (SysPath, "bare"), (ProjectPath, "shop.bare")]),
    ];
    for row in rows {
        functions.add(ProcessIx(0), &Arc::new(row));
    }
    let reasons: Vec<_> = group(&functions).iter().map(|group| (group.reason.title(), group.functions())).collect();
    let want = [
        "runs as __main__",
        "sources disagree",
        "no name: __name__ is blank",
        "another name than the path has",
        "code from no file",
        "from __name__",
    ];
    assert_eq!(reasons, want.map(|title| (title.to_owned(), 1)));
}
