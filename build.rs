//! Builds the recorder: this same package a second time, as an extension module for Python.
//!
//! The `ct-tui` binary embeds the library that it injects into the user's interpreter. That library is this package
//! with the feature `recorder` instead of `tui`, so both sides share one implementation of filters, names and the trace
//! format. The nested build has its own target folder (no lock is shared with the outer build), its own
//! profile, and as little of the outer environment as possible: clippy's wrapper, coverage flags and the like must not
//! leak into a library that runs inside other people's programs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Everything the recorder is made of. A change elsewhere must not cost a nested build.
const SOURCES: &[&str] = &[
    "build.rs",
    "Cargo.toml",
    "Cargo.lock",
    "src/lib.rs",
    "src/diagnostic",
    "src/filter",
    "src/model",
    "src/naming",
    "src/recorder",
    "src/trace",
    "assets/filters",
];

/// What is unpacked beside the library.
const BOOTSTRAP: &str = "assets/bootstrap/sitecustomize.py";

/// Variables of cargo's own that configure *where* things come from, not *what* is built: these go through.
const KEPT: &[&str] = &["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_BUILD_JOBS"];
const KEPT_PREFIXES: &[&str] =
    &["CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_", "CARGO_SOURCE_", "CARGO_TERM_"];

/// What cargo tells a build script about the outer build; the nested cargo sets its own.
const DROPPED: &[&str] = &[
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "DEBUG",
    "HOST",
    "LLVM_PROFILE_FILE",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "PYTHON_SYS_EXECUTABLE",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    // In the nested build itself there is nothing to do. docs.rs has no network and embeds nothing.
    if env::var_os("CARGO_FEATURE_TUI").is_none() {
        return ExitCode::SUCCESS;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let embedded = out.join("recorder.bin");
    println!("cargo::rustc-env=CT_TUI_EMBEDDED_RECORDER={}", embedded.display());
    let built = if env::var_os("DOCS_RS").is_some() { Ok(Vec::new()) } else { build(&out) };
    match built.and_then(|library| name(&library).and_then(|()| replace(&embedded, &library))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error=the recorder could not be built: {}", message.lines().next().unwrap_or_default());
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the nested build and returns the library's bytes.
fn build(out: &Path) -> Result<Vec<u8>, String> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    for source in SOURCES {
        // A path that does not exist would make cargo run this script each time.
        if package.join(source).exists() {
            println!("cargo::rerun-if-changed={source}");
        }
    }
    let target = env::var("TARGET").map_err(|error| format!("TARGET: {error}"))?;
    let target_dir = nested_target(out);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&package);
    cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--no-default-features", "--features", "recorder"]);
    let profile = if env::var("PROFILE").is_ok_and(|outer| outer == "release") { "recorder" } else { "recorder-dev" };
    cargo.args(["--locked", "--profile", profile, "--quiet", "--color", "never"]);
    cargo.arg("--manifest-path").arg(package.join("Cargo.toml"));
    cargo.arg("--target").arg(&target).arg("--target-dir").arg(&target_dir);
    if target.contains("apple") {
        // The interpreter's symbols are found when the library is loaded into it, never when it is linked.
        cargo.args(["--", "-C", "link-arg=-undefined", "-C", "link-arg=dynamic_lookup"]);
    }
    clean(&mut cargo, &target);
    cargo.env("PYO3_BUILD_EXTENSION_MODULE", "1").env("PYO3_NO_PYTHON", "1");

    let output = cargo.output().map_err(|error| format!("cannot run {}: {error}", cargo.get_program().display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().find(|line| line.starts_with("error")).unwrap_or("the nested build failed");
        let words: Vec<_> = cargo.get_args().map(OsStr::to_string_lossy).collect();
        return Err(format!("{first}\n\n{said}\nThis was said by: cargo {}", words.join(" ")));
    }
    let name = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("windows") => "ct_tui.dll",
        Ok("macos" | "ios") => "libct_tui.dylib",
        _ => "libct_tui.so",
    };
    let library = target_dir.join(&target).join(profile).join(name);
    std::fs::read(&library).map_err(|error| format!("cannot read {}: {error}", library.display()))
}

/// Tells the binary what to call the folder for what it unpacks: hashing megabytes at each start would be felt.
fn name(library: &[u8]) -> Result<(), String> {
    println!("cargo::rerun-if-changed={BOOTSTRAP}");
    let bootstrap = std::fs::read(BOOTSTRAP).map_err(|error| format!("cannot read {BOOTSTRAP}: {error}"))?;
    let mut hasher = DefaultHasher::new();
    (library, bootstrap).hash(&mut hasher);
    println!("cargo::rustc-env=CT_TUI_EMBEDDED_HASH={:016x}", hasher.finish());
    Ok(())
}

/// Where the nested build keeps its results: beside the outer profiles' folders, so that development, release and lint
/// builds share one. Without that known layout, below `OUT_DIR`.
fn nested_target(out: &Path) -> PathBuf {
    let build = out.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("build")));
    let beside_profiles = build.and_then(Path::parent).and_then(Path::parent);
    beside_profiles.unwrap_or(out).join("recorder-build")
}

/// Takes from the nested build what only concerns the outer one.
fn clean(cargo: &mut Command, target: &str) {
    let linker = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace(['-', '.'], "_"));
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let kept =
            KEPT.contains(&text) || text == linker || KEPT_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
        let cargos = text.starts_with("CARGO") || text.starts_with("__CARGO") || text.starts_with("PYO3_");
        if (cargos && !kept) || DROPPED.contains(&text) {
            cargo.env_remove(&name);
        }
    }
    let mut flags = harmless_flags(&env::var_os("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default());
    if target.contains("musl") {
        // Without this there is no shared library at all for such a target.
        flags.push("-Ctarget-feature=-crt-static".to_owned());
    }
    if !flags.is_empty() {
        cargo.env("CARGO_ENCODED_RUSTFLAGS", OsString::from(flags.join("\x1f")));
    }
}

/// Of the outer compiler flags, those that say how to link and for which processor. Instrumentation, sanitizers, lints
/// and `cfg`s stay out: they would need run-time libraries that the user's interpreter does not have, or change what is built.
fn harmless_flags(encoded: &OsStr) -> Vec<String> {
    const HARMLESS: &[&str] =
        &["linker=", "linker-flavor=", "link-arg=", "link-args=", "link-self-contained=", "target-cpu="];
    let encoded = encoded.to_string_lossy();
    let mut kept = Vec::new();
    let mut parts = encoded.split('\x1f').filter(|part| !part.is_empty());
    while let Some(part) = parts.next() {
        // `-C value` comes as two parts, `-Cvalue` as one.
        let option = match part {
            "-C" | "--codegen" => parts.next(),
            _ => part.strip_prefix("-C").or_else(|| part.strip_prefix("--codegen=")),
        };
        if let Some(option) = option.filter(|option| HARMLESS.iter().any(|prefix| option.starts_with(prefix))) {
            kept.push(format!("-C{option}"));
        }
    }
    kept
}

/// Writes the library for `include_bytes!`, leaving an identical one alone so that the binary is not linked again.
fn replace(path: &Path, library: &[u8]) -> Result<(), String> {
    if std::fs::read(path).is_ok_and(|old| old == library) {
        return Ok(());
    }
    std::fs::write(path, library).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
