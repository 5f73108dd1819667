use super::*;
use crate::app::lab::diff;
use std::sync::mpsc::Receiver;

/// Waits for the next answer; fails when none comes.
fn answer(events: &Receiver<Event>) -> LabEvent {
    loop {
        match events.recv_timeout(Duration::from_secs(30)).expect("an answer") {
            Event::Lab(event) => return event,
            _ => continue,
        }
    }
}

fn save_plan(path: &Path, before: Option<&str>, text: &str) -> SavePlan {
    SavePlan {
        path: path.to_path_buf(),
        before: before.map(str::to_owned),
        text: text.to_owned(),
        moved: Vec::new(),
        kept_back: Vec::new(),
        changed_on_disk: false,
        difference: diff(before.unwrap_or_default(), text),
    }
}

#[test]
fn saving_replaces_in_one_step_and_keeps_what_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let own = Own::default();
    let path = folder.path().join("new/.codetracer/trace-filter.toml");
    save(&save_plan(&path, None, "a"), &own).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a");
    assert!(save(&save_plan(&path, None, "b"), &own).is_err(), "somebody made it meanwhile");
    assert!(save(&save_plan(&path, Some("x"), "b"), &own).is_err(), "somebody changed it meanwhile");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a");

    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(&path, mode).unwrap();
    save(&save_plan(&link, Some("a"), "c"), &own).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&path).unwrap(), "c");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o640);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn what_is_no_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    assert!(read_file(&pipe).is_err());
    assert!(read_file(folder.path()).is_err());
    let large = folder.path().join("large");
    fs::File::create(&large).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert!(read_file(&large).is_err());
}

#[test]
fn files_that_change_are_told_and_our_own_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = fs::canonicalize(folder.path()).unwrap();
    let path = folder.join("f.toml");
    fs::write(&path, "one").unwrap();
    let (sender, events) = mpsc::sync_channel(16);
    drop(crate::trace::testing::TraceBuilder::new(&folder.join("t.cttrace")));
    let trace = crate::trace::Trace::open(&folder.join("t.cttrace")).unwrap();
    let trace = Arc::new(std::sync::RwLock::new(trace));
    let mut worker = Worker::new(trace, sender);
    worker.perform(&LabEffect::Watch(vec![path.clone()])).unwrap();
    fs::write(folder.join("other"), "x").unwrap();
    worker.perform(&LabEffect::Save(Box::new(save_plan(&path, Some("one"), "two")))).unwrap();
    assert!(matches!(answer(&events), LabEvent::Saved(_, Ok(()))));
    // As editors do it: a new file takes the name.
    fs::write(folder.join("fresh"), "three").unwrap();
    fs::rename(folder.join("fresh"), &path).unwrap();
    match answer(&events) {
        LabEvent::FileChanged(changed, text) => assert_eq!((changed, text), (path.clone(), Ok("three".to_owned()))),
        other => panic!("{other:?}"),
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(answer(&events), LabEvent::FileChanged(_, Err(_))));
    worker.perform(&LabEffect::ReadForSave(path.clone())).unwrap();
    assert!(matches!(answer(&events), LabEvent::Read(_, Ok(None))));
}
