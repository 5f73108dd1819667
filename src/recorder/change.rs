//! Changes while the program runs: another filter chain, a pause, the end of a pause. A new chain judges everything
//! that is known off to the side; all the rest happens in one go with the GIL held: the answers of before go out of
//! date, and the open calls of *every* thread are brought in line with its real stack (`sys._current_frames` in C),
//! also of threads that sleep or run nothing but skipped code. Only then does the program go on, so no event is judged
//! half by the old chain and half by the new one.

use super::codes::{Before, Codes, Entry};
use super::judge::{Judge, Judged};
use super::process::{self, Process};
use super::thread::{self, Thread};
use super::{backend, clock, python};
use crate::trace::control::Accepted;
use crate::trace::event::{Closing, put_number, tag};
use crate::trace::format::state;
use crate::trace::memory::Failure;
use pyo3::ffi;

/// What a new chain must judge: everything that is known, and who decides now. To be judged without the GIL.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
pub unsafe fn known(generation: u32) -> Result<(Vec<Entry>, Judge), String> {
    // SAFETY: the GIL is held.
    let codes = unsafe { recorded()?.codes() };
    is_newer(codes, generation)?;
    Ok((codes.entries().to_vec(), codes.judge_in_force().clone()))
}

fn is_newer(codes: &Codes, generation: u32) -> Result<(), String> {
    let there = codes.judge_in_force().generation;
    if generation > there {
        return Ok(());
    }
    Err(format!("generation {generation} is not newer than {there}, which is in force"))
}

/// Puts another chain in force. What was in force before is handed back, to be dropped without the GIL.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
pub unsafe fn filters(judged: Judged) -> Result<(Accepted, Before), String> {
    let process = recorded()?;
    // SAFETY: the GIL is held.
    let codes = unsafe { process.codes() };
    let generation = judged.judge.generation;
    is_newer(codes, generation)?;
    let changed = codes.change(judged, process::new_epoch());
    let mut note = [0; 10];
    let length = put_number(&mut note, u64::from(generation));
    let done = changed.and_then(|(changed, before)| {
        process.state.set_generation(generation);
        process.resync_new.set(true);
        // SAFETY: the GIL is held.
        unsafe {
            each_thread(process, |thread, frame| {
                if process::is_recording() {
                    thread::resync(process, thread, frame, false, Some((tag::FILTER, &note[..length])))?;
                    thread.expect(frame);
                } else {
                    thread.writer.note(clock::raw(), tag::FILTER, &note[..length]);
                }
                Ok(())
            })?;
            each_without_stream(process, (tag::FILTER, &note[..length]))?;
            restart();
        }
        Ok((changed, before))
    });
    match done {
        Ok((changed, before)) => Ok((Accepted { generation, changed: changed as u64 }, before)),
        Err(failure) => {
            process::stop(&failure.to_string());
            Err(failure.to_string())
        }
    }
}

/// Stops recording for a while. Calls during a pause are not recorded, and not counted as lost: they were not wanted.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
pub unsafe fn pause() -> Result<Accepted, String> {
    let process = recorded()?;
    // SAFETY: the GIL is held.
    unsafe {
        if process::is_recording() {
            set_events(false);
            process::set_phase(process, state::PHASE_PAUSED);
            let done = each_thread(process, |thread, _| {
                let raw = clock::raw();
                for _ in 0..thread.writer.open().len() {
                    thread.writer.close_call(raw, Closing::Resync, 0, None);
                }
                thread.writer.note(raw, tag::PAUSED, &[]);
                Ok(())
            });
            done.map_err(|failure| failure.to_string())?;
        }
        Ok(Accepted { generation: process.codes().judge_in_force().generation, changed: 0 })
    }
}

/// Goes on recording.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// The GIL is held.
pub unsafe fn resume() -> Result<Accepted, String> {
    let process = recorded()?;
    // SAFETY: the GIL is held.
    unsafe {
        if process::phase() == state::PHASE_PAUSED {
            process::set_phase(process, state::PHASE_RECORDING);
            process.resync_new.set(true);
            let done = each_thread(process, |thread, frame| {
                thread::resync(process, thread, frame, false, Some((tag::RESUMED, &[])))?;
                thread.expect(frame);
                Ok(())
            });
            let done = done.and_then(|()| each_without_stream(process, (tag::RESUMED, &[])));
            if let Err(failure) = done {
                process::stop(&failure.to_string());
                return Err(failure.to_string());
            }
            set_events(true);
            restart();
        }
        Ok(Accepted { generation: process.codes().judge_in_force().generation, changed: 0 })
    }
}

/// # Safety
/// The GIL is held.
unsafe fn set_events(on: bool) {
    if let Some(backend) = backend::chosen() {
        // SAFETY: the GIL is held.
        unsafe { backend.set_events(on) };
    }
}

/// # Safety
/// The GIL is held.
unsafe fn restart() {
    if let Some(backend) = backend::chosen() {
        // SAFETY: the GIL is held.
        unsafe { backend.restart() };
    }
}

fn recorded() -> Result<&'static Process, String> {
    let process = process::own().ok_or("nothing is recorded in this process")?;
    match process::phase() {
        state::PHASE_RECORDING | state::PHASE_PAUSED => Ok(process),
        state::PHASE_STOPPED => Err("recording has stopped early in this process".to_owned()),
        _ => Err("this process has ended".to_owned()),
    }
}

/// Begins the streams of threads that have none yet and run something that is wanted now; see [`thread::begin_for`].
///
/// # Safety
/// The GIL is held.
unsafe fn each_without_stream(process: &'static Process, note: (u8, &[u8])) -> Result<(), Failure> {
    if !process::is_recording() {
        return Ok(());
    }
    // SAFETY: the GIL is held. The dictionary is ours alone, and keeps the frames alive.
    unsafe {
        let _pause = python::NoCollection::new();
        let Some(frames) = current_frames() else { return Ok(()) };
        let (mut at, mut key, mut frame) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        let mut threads = Vec::new();
        while ffi::PyDict_Next(frames.as_ptr(), &raw mut at, &raw mut key, &raw mut frame) != 0 {
            threads.push((ffi::PyLong_AsUnsignedLongLong(key), frame));
        }
        // CPython lists the newest thread first; numbers go by age.
        for (ident, frame) in threads.into_iter().rev() {
            let has_one = process.streams().iter().any(|thread| (**thread).ident == ident);
            if !has_one {
                thread::begin_for(process, ident, frame.cast(), note)?;
            }
        }
    }
    Ok(())
}

/// `sys._current_frames()`.
///
/// # Safety
/// The GIL is held.
unsafe fn current_frames() -> Option<python::Owned> {
    let current_frames = python::symbols()?.current_frames?;
    // SAFETY: the GIL is held.
    unsafe { python::Owned::new(current_frames()) }
}

/// Calls `each` for every thread that has a stream, with its innermost frame (borrowed; null: it runs no Python).
///
/// # Safety
/// The GIL is held.
pub unsafe fn each_thread(
    process: &Process,
    mut each: impl FnMut(&mut Thread, *mut ffi::PyFrameObject) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // SAFETY: the GIL is held. The dictionary is ours alone, and keeps the frames alive.
    unsafe {
        let _pause = python::NoCollection::new();
        let frames = current_frames();
        // The lock keeps a thread that ends right now from taking its stream away.
        let streams = process.streams();
        for thread in streams.iter() {
            let thread = &mut **thread;
            let frame = frames.as_ref().and_then(|frames| {
                let key = python::Owned::new(ffi::PyLong_FromUnsignedLongLong(thread.ident))?;
                let frame = ffi::PyDict_GetItemWithError(frames.as_ptr(), key.as_ptr());
                ffi::PyErr_Clear();
                (!frame.is_null()).then_some(frame)
            });
            each(thread, frame.unwrap_or(std::ptr::null_mut()).cast())?;
        }
    }
    Ok(())
}
