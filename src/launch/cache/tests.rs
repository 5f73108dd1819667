use std::os::unix::fs::symlink;

use super::*;

const FILES: [(&str, &[u8]); 2] = [("a.so", b"library"), ("b.py", b"text")];

fn unpacked(home: &Path) -> Unpacked {
    unpack_to(Some(home), &[], &FILES).unwrap()
}

fn is_good(folder: &Path) -> bool {
    verify(folder, &FILES).is_ok()
}

#[test]
fn the_copy_is_private_and_found_again() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().join("not/yet/there");
    let first = unpacked(&home);
    assert!(is_good(&first.folder) && first.refused.is_empty());
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&home.join("ct-tui")), 0o700);
    assert_eq!(mode(&first.folder), 0o700);
    assert_eq!(mode(&first.folder.join("a.so")), 0o600);
    let made = fs::metadata(first.folder.join("a.so")).unwrap().ino();
    let second = unpacked(&home);
    assert_eq!(second.folder, first.folder);
    assert_eq!(fs::metadata(second.folder.join("a.so")).unwrap().ino(), made, "unpacked only once");
    drop((first, second));
    assert!(is_good(&unpacked(&home).folder), "the shared copy outlives its users");
}

/// Whatever is found in place of the copy, it is replaced, and what links point to stays as it is.
#[test]
fn what_was_tampered_with_is_replaced() {
    type Harm = fn(&Path, &Path);
    let cases: [(&str, Harm); 12] = [
        ("changed", |at, _| fs::write(at.join("a.so"), "LIBRARY").unwrap()),
        ("cut short", |at, _| fs::write(at.join("a.so"), "lib").unwrap()),
        ("too long", |at, _| fs::write(at.join("a.so"), "library!").unwrap()),
        ("missing", |at, _| fs::remove_file(at.join("b.py")).unwrap()),
        ("more in it", |at, _| fs::write(at.join("os.py"), "evil").unwrap()),
        ("a file is writable by others", |at, _| {
            fs::set_permissions(at.join("a.so"), Permissions::from_mode(0o666)).unwrap();
        }),
        ("the folder is writable by others", |at, _| fs::set_permissions(at, Permissions::from_mode(0o777)).unwrap()),
        ("a file is a link", |at, victim| {
            fs::remove_file(at.join("a.so")).unwrap();
            symlink(victim.join("a.so"), at.join("a.so")).unwrap();
        }),
        ("a file is a folder", |at, _| {
            fs::remove_file(at.join("a.so")).unwrap();
            fs::create_dir(at.join("a.so")).unwrap();
        }),
        ("a file is a pipe", |at, _| {
            fs::remove_file(at.join("a.so")).unwrap();
            nix::unistd::mkfifo(&at.join("a.so"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        }),
        ("the folder is a link", |at, victim| {
            fs::remove_dir_all(at).unwrap();
            symlink(victim, at).unwrap();
        }),
        ("the folder is a file", |at, _| {
            fs::remove_dir_all(at).unwrap();
            fs::write(at, "x").unwrap();
        }),
    ];
    for (name, harm) in cases {
        let (home, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // As good as the real one, but not in our private folder.
        write(victim.path(), &FILES).unwrap();
        let place = unpacked(home.path()).folder.clone();
        harm(&place, victim.path());
        assert!(!is_good(&place), "{name}: not noticed");
        let again = unpacked(home.path());
        assert_eq!(again.folder, place, "{name}");
        assert!(is_good(&place), "{name}: not mended");
        assert!(is_good(victim.path()), "{name}: followed a link");
        assert_eq!(fs::read_dir(home.path().join("ct-tui")).unwrap().count(), 1, "{name}: left something behind");
    }
}

#[test]
fn python_may_keep_its_byte_code_there() {
    let home = tempfile::tempdir().unwrap();
    let place = unpacked(home.path()).folder.clone();
    fs::create_dir(place.join("__pycache__")).unwrap();
    assert!(is_good(&place));
}

/// Each of these homes is refused, with the reason, and a private copy is made and removed again.
#[test]
fn places_that_will_not_do() {
    type Harm = fn(&Path);
    let cases: [(&str, Harm, &str); 5] = [
        ("ct-tui is a link", |home| symlink("/tmp", home.join("ct-tui")).unwrap(), "not a folder of ours"),
        ("ct-tui is a file", |home| fs::write(home.join("ct-tui"), "").unwrap(), "not a folder of ours"),
        (
            "others may write",
            |home| fs::set_permissions(home, Permissions::from_mode(0o777)).unwrap(),
            "other users may write",
        ),
        (
            "home is a file",
            |home| {
                fs::remove_dir(home).unwrap();
                fs::write(home, "").unwrap();
            },
            "",
        ),
        (
            "home is a dangling link",
            |home| {
                fs::remove_dir(home).unwrap();
                symlink("/no/such", home).unwrap();
            },
            "",
        ),
    ];
    for (name, harm, reason) in cases {
        let around = tempfile::tempdir().unwrap();
        let home = around.path().join("home");
        fs::create_dir(&home).unwrap();
        harm(&home);
        let spare = tempfile::tempdir().unwrap();
        let unpacked = unpack_to(Some(&home), &[spare.path().to_path_buf()], &FILES).unwrap();
        assert!(unpacked.folder.starts_with(fs::canonicalize(spare.path()).unwrap()), "{name}");
        assert!(is_good(&unpacked.folder), "{name}");
        assert!(unpacked.refused.concat().contains(reason), "{name}: {:?}", unpacked.refused);
        drop(unpacked);
        assert_eq!(fs::read_dir(spare.path()).unwrap().count(), 0, "{name}: left behind");
        let error = unpack_to(Some(&home), &[], &FILES).unwrap_err().to_string();
        assert!(error.contains("home"), "{name}: {error}");
    }
}

/// Folders and files of another user, as only root can make them here; `owners_and_modes` says the same without disks.
#[test]
fn what_belongs_to_another_user_is_not_used() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(12_345), Some(12_345)).unwrap();
    let around = tempfile::tempdir().unwrap();
    let (home, spare) = (around.path().join("home"), around.path().join("spare"));
    fs::create_dir(&spare).unwrap();
    let place = unpacked(&home).folder.clone();
    give_away(&place.join("a.so"));
    assert!(!is_good(&place));
    assert!(is_good(&unpacked(&home).folder), "a file of theirs is replaced");
    give_away(&place);
    assert!(is_good(&unpacked(&home).folder), "and so is a folder");
    for theirs in [home.join("ct-tui"), home.clone()] {
        give_away(&theirs);
        let copy = unpack_to(Some(&home), std::slice::from_ref(&spare), &FILES).unwrap();
        assert!(copy.folder.starts_with(&spare), "{}", theirs.display());
    }
}

#[test]
fn a_colon_cannot_be_named_in_pythonpath() {
    let around = tempfile::tempdir().unwrap();
    let home = around.path().join("a:b");
    let spare = around.path().join("spare");
    fs::create_dir(&spare).unwrap();
    let unpacked = unpack_to(Some(&home), &[home.clone(), spare], &FILES).unwrap();
    assert!(!unpacked.folder.to_string_lossy().contains(':'));
}

#[test]
fn owners_and_modes() {
    let me = me();
    let stranger = me + 1;
    let cases = [
        (me, me, 0o700, true),
        (me, me, 0o755, true),
        (me, me, 0o775, true),
        (me, stranger, 0o775, false),
        (me, me, 0o777, false),
        (me, me, 0o1777, true),
        (0, 0, 0o755, true),
        (0, 0, 0o1777, true),
        (0, stranger, 0o1775, true),
        (stranger, stranger, 0o700, false),
        (stranger, stranger, 0o1777, false),
    ];
    for (owner, group, mode, expected) in cases {
        assert_eq!(secure(owner, group, mode), expected, "{owner} {group} {mode:o}");
    }
}

#[test]
fn many_at_once_all_get_the_same_good_copy() {
    let home = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let place = home.path().join("ct-tui").join(FOLDER);
        // Every other round begins with a damaged copy instead of none.
        if round % 2 == 0 {
            _ = fs::remove_dir_all(&place)
        } else {
            fs::write(place.join("a.so"), "x").unwrap()
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8).map(|_| scope.spawn(|| unpacked(home.path()))).collect();
            for worker in workers {
                assert_eq!(worker.join().unwrap().folder, place);
            }
        });
        assert!(is_good(&place));
        assert_eq!(fs::read_dir(home.path().join("ct-tui")).unwrap().count(), 1);
    }
}

#[test]
fn a_build_without_a_recorder_says_so() {
    let home = tempfile::tempdir().unwrap();
    let error = unpack_to(Some(home.path()), &[], &[("a.so", b"")]).unwrap_err().to_string();
    assert!(error.contains("carries no a.so"), "{error}");
}
