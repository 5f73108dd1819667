//! What is asked of the world, and how often: sweeps and searches happen once, misses are tried again when there is
//! something new.

use super::*;

fn namer() -> Namer {
    Namer::new(NamingMode::Resolver, Platform::Posix)
}

fn ask(namer: &Namer, world: &Table, file: &str) -> String {
    let named = namer.name(&function(file), world);
    shown(named.module.as_deref(), named.source)
}

#[test]
fn a_hit_is_swept_once_per_path_whatever_happens_later() {
    let (namer, world) = (namer(), Table::new("/w").modules("key=k file=/w/m.py"));
    for round in 0..100 {
        assert_eq!(ask(&namer, &world, "/w/m.py"), "k sys_modules");
        world.add_module(&format!("key=x{round}"));
        if round % 10 == 0 {
            world.set_roots(&format!("/w /r{round}"));
        }
    }
    assert_eq!(namer.sweeps(), 1);
    assert_eq!(world.swept_rows.get(), 1);
}

#[test]
fn a_miss_is_swept_again_only_when_modules_or_roots_change() {
    let (namer, world) = (namer(), Table::new("/w").modules("key=k file=/w/k.py"));
    for _ in 0..10 {
        assert_eq!(ask(&namer, &world, "/w/m.py"), "m sys_path");
    }
    assert_eq!(namer.sweeps(), 1);
    world.add_module("key=later file=/w/m.py");
    for _ in 0..10 {
        assert_eq!(ask(&namer, &world, "/w/m.py"), "later sys_modules");
    }
    assert_eq!(namer.sweeps(), 2);
    assert_eq!(ask(&namer, &world, "/w/n.py"), "n sys_path");
    world.set_roots("/w /x");
    assert_eq!(ask(&namer, &world, "/w/n.py"), "n sys_path");
    assert_eq!(namer.sweeps(), 4);
}

#[test]
fn roots_follow_sys_path() {
    let (namer, world) = (namer(), Table::new("/w"));
    assert_eq!(ask(&namer, &world, "/w/src/p/m.py"), "src.p.m sys_path");
    world.set_roots("/w /w/src");
    assert_eq!(ask(&namer, &world, "/w/src/p/m.py"), "p.m sys_path");
    world.set_roots("/x");
    assert_eq!(ask(&namer, &world, "/w/src/p/m.py"), "m marker");
}

#[test]
fn relative_roots_follow_the_current_folder_and_files_the_start_up_folder() {
    let (namer, world) = (namer(), Table::new("src"));
    assert_eq!(ask(&namer, &world, "/w/cwd/src/m.py"), "m sys_path");
    *world.cwd.borrow_mut() = "/w/cwd/src".into();
    assert_eq!(ask(&namer, &world, "/w/cwd/src/src/n.py"), "n sys_path");
    assert_eq!(ask(&namer, &world, "src/src/m.py"), "m sys_path");
    assert_eq!(ask(&namer, &world, "src/m.py"), "m marker");
}

#[test]
fn folders_are_searched_for_markers_once() {
    let (namer, world) = (namer(), Table::new("").markers("/w/app/.git"));
    assert_eq!(ask(&namer, &world, "/w/app/p/m.py"), "p.m marker");
    assert_eq!(namer.marker_searches(), 2);
    for file in ["/w/app/p/m.py", "/w/app/p/n.py", "/w/app/o.py", "/w/app/p/../p/q.py"] {
        ask(&namer, &world, file);
    }
    assert_eq!(namer.marker_searches(), 2);
    ask(&namer, &world, "/w/app/p/q/r.py");
    assert_eq!(namer.marker_searches(), 3);
}

#[test]
fn synthetic_names_ask_nothing() {
    let (namer, world) = (namer(), Table::new("/w").modules("key=k file=/w/m.py"));
    for n in 0..1000 {
        assert_eq!(ask(&namer, &world, &format!("<generated {n}>")), "none");
    }
    assert_eq!((namer.sweeps(), namer.marker_searches()), (0, 0));
}

#[test]
fn the_caches_are_bounded() {
    let (namer, world) = (namer(), Table::new("/w"));
    for n in 0..70_000 {
        ask(&namer, &world, &format!("/w/generated{n}.py"));
    }
    assert!(namer.cached_files() <= 1 << 16);
    assert_eq!(ask(&namer, &world, "/w/generated7.py"), "generated7 sys_path");
}

#[test]
fn threads_may_share_a_namer() {
    let namer = namer();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let world = Table::new("/w").modules("key=k file=/w/m7.py");
                for n in 0..200 {
                    let expected = if n == 7 { "k sys_modules".into() } else { format!("m{n} sys_path") };
                    assert_eq!(ask(&namer, &world, &format!("/w/m{n}.py")), expected);
                }
            });
        }
    });
}
