//! The start and the end of a recording in one interpreter.

use super::config::{self, Config};
use super::judge::Judge;
use super::process::{self, Origin, Process};
use super::python::{self, Name, Owned};
use super::{activation, backend, capture, children, clock, control, mark, writes};
use crate::trace::format::state;
use crate::trace::manifest::{ProcessInfo, Values};
use crate::trace::process_file::{make_process_folder, recorded_ancestor, write_process};
use pyo3::ffi;
use std::env;
use std::path::{Path, PathBuf};

/// Starts recording, if the environment asks for it. What goes wrong is written into the trace, not told to the program.
///
/// # Safety
/// The GIL is held.
pub unsafe fn start() {
    // A second interpreter in the same process is not recorded.
    // SAFETY: the GIL is held.
    if unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) } != 0 || process::config().is_some() {
        return;
    }
    let Some(root) = env::var_os("CT_TUI_TRACE").filter(|root| !root.is_empty()).map(PathBuf::from) else { return };
    // SAFETY: the GIL is held.
    if let Err(reason) = unsafe { begin(&root) } {
        not_recorded(&root, &reason);
    }
}

/// # Safety
/// The GIL is held.
unsafe fn begin(root: &Path) -> Result<(), String> {
    let (version, number) = config::version().ok_or("the version of this Python cannot be read")?;
    if config::is_free_threaded() {
        return Err("a free-threaded build of Python cannot be recorded".to_owned());
    }
    if cfg!(not(target_pointer_width = "64")) {
        return Err("a 32-bit Python cannot be recorded".to_owned());
    }
    // SAFETY: the GIL is held.
    unsafe { python::look_up() }.map_err(|name| format!("this Python {version} lacks {name}"))?;
    clock::choose();
    let manifest = config::read_manifest(root)?;
    let (sources, generation) = match config::read_update(root) {
        Some(update) => (update.filters, update.generation),
        None => (manifest.options.filters.clone(), 0),
    };
    let engine = process::compile(&sources)?;
    // SAFETY: the GIL is held.
    let backend = unsafe {
        // While the bootstrap's frame is the running one: frames are checked with it.
        capture::prepare();
        mark::prepare();
        backend::install(number, manifest.options.lines)?
    };
    let mut limits = backend.limits();
    if manifest.options.values != Values::None {
        // SAFETY: the GIL is held.
        limits.extend(unsafe { capture::missing() });
    }
    let own_folder = env::var_os("CT_TUI_RECORDER").map(PathBuf::from);
    let own_folder = own_folder.as_deref().and_then(Path::parent).map(|folder| folder.to_string_lossy().into_owned());
    let config = Config {
        root: root.to_owned(),
        project_root: manifest.project_root,
        options: manifest.options.clone(),
        startup_cwd: env::current_dir().map_or_else(|_| manifest.cwd, |cwd| cwd.to_string_lossy().into_owned()),
        own_folder: own_folder.unwrap_or_default(),
        executable: config::executable(),
        version,
        number,
        backend: backend.name(),
        activation: config::activation(&manifest.options),
        limits,
        control: env::var_os("CT_TUI_CONTROL").is_some_and(|value| value == "1"),
    };
    if !process::set_config(config) {
        return Ok(());
    }
    let Some(config) = process::config() else { return Ok(()) };
    let judge = Judge { engine, generation, own_folder: config.own_folder.clone() };
    let begun = Process::start(config, Origin { word: "start", parent: None }, judge);
    let process = match begun {
        Ok(process) => process,
        Err(_) => {
            // It is said in the process's own description, as far as that could be written.
            // SAFETY: the GIL is held.
            unsafe { backend.release() };
            return Ok(());
        }
    };
    // SAFETY: the GIL is held.
    unsafe {
        at_exit();
        children::watch();
        libc::pthread_atfork(Some(control::before_fork), Some(control::after_fork), Some(control::in_child));
        if config.activation.is_empty() {
            process::set_phase(process, state::PHASE_RECORDING);
        } else {
            activation::wait();
        }
        if !backend.set_events(true) {
            process::stop("this Python does not take our events");
        }
        if config.control {
            writes::watch();
        }
        control::start(process);
    }
    Ok(())
}

/// Leaves a description of this process that says why nothing else is there.
fn not_recorded(root: &Path, reason: &str) {
    let Ok((_, folder)) = make_process_folder(root, std::process::id()) else { return };
    // SAFETY: this call has no conditions.
    let parent_pid = unsafe { libc::getppid() }.try_into().unwrap_or(0);
    let info = ProcessInfo {
        pid: std::process::id(),
        parent_pid,
        parent: recorded_ancestor(root, parent_pid).map(|key| key.to_string()),
        origin: "start".to_owned(),
        argv: config::argv(),
        executable: config::executable(),
        version: config::version().map(|(text, _)| text).unwrap_or_default(),
        cwd: env::current_dir().map(|cwd| cwd.to_string_lossy().into_owned()).unwrap_or_default(),
        sys_path: config::sys_path(),
        clock: clock::kind(),
        start: clock::pair(),
        backend: "none".to_owned(),
        limits: Vec::new(),
        not_recorded: Some(reason.to_owned()),
    };
    // The trace may be on a full disk: then there is nobody to tell.
    let _ = write_process(&folder, &info);
}

/// Has [`ended`] called when the interpreter ends: after the program's own `atexit` functions, which come later.
///
/// # Safety
/// The GIL is held.
unsafe fn at_exit() {
    static ATEXIT: Name = Name::new(c"atexit");
    static REGISTER: Name = Name::new(c"register");
    // SAFETY: the GIL is held; the definition is static.
    unsafe {
        let modules = super::world::sys(c"modules");
        let was_there = modules.is_some_and(|modules| python::entry(modules, &ATEXIT).is_some());
        let registered = || {
            let module = Owned::new(ffi::PyImport_Import(ATEXIT.get()))?;
            let register = python::attribute(module.as_ptr(), &REGISTER)?;
            let function = python::function(super::module::ENDED.get())?;
            let arguments = Owned::new(ffi::PyTuple_New(1))?;
            ffi::PyTuple_SetItem(arguments.as_ptr(), 0, function.into_ptr());
            Owned::new(ffi::PyObject_CallObject(register.as_ptr(), arguments.as_ptr()))
        };
        drop(registered());
        // The program finds the same modules loaded as without us.
        if let Some(modules) = modules.filter(|_| !was_there)
            && ffi::PyDict_DelItem(modules, ATEXIT.get()) != 0
        {
            ffi::PyErr_Clear();
        }
    }
}

/// The interpreter ends.
///
/// # Safety
/// The GIL is held.
pub unsafe fn ended() {
    // SAFETY: the GIL is held.
    unsafe {
        control::stop();
        writes::release();
        if let Some(backend) = backend::chosen() {
            backend.release();
        }
        process::end();
    }
}
