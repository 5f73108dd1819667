//! What a list of traces shows of each, without opening it: a few small reads per thread.

use crate::model::id::ProcessKey;
use crate::trace::format::{EVENTS_SUFFIX, PROCESS, STATE, block, state};
use crate::trace::manifest::{Manifest, ProcessInfo};
use crate::trace::reader::decode::Scan;
use crate::trace::reader::file::{open_regular, read_at, read_small};
use crate::trace::reader::header::Found;
use crate::trace::reader::process::{STILLBORN, exists};
use crate::trace::reader::state::{Phase, State};
use crate::trace::reader::thread::{events_offset, read_header};
use crate::trace::reader::{OpenError, read_manifest};
use std::fs;
use std::io;
use std::path::Path;

/// Threads that are looked at per trace; a list must stay quick.
const MAX_THREADS: usize = 2000;

/// One trace in a list.
#[derive(Clone, Debug)]
pub struct Overview {
    /// What was asked for, and how it ended.
    pub manifest: Manifest,
    /// Calls and segments recorded.
    pub calls: u64,
    /// Whether `calls` covers every thread; a trace of very many threads is counted in part.
    pub calls_complete: bool,
    /// Bytes on disk.
    pub bytes: u64,
    /// From the start to the end, or to the last moment of which anything is known; nanoseconds.
    pub duration_ns: u64,
    /// Something may still be added.
    pub live: bool,
    /// Python's version in the first process.
    pub python: Option<String>,
    /// Process folders.
    pub processes: usize,
    /// Processes that were not recorded.
    pub not_recorded: usize,
    /// Calls that are known to be lost.
    pub lost: u64,
    /// Why the recording of a process stopped early, of the first that says so.
    pub stopped: Option<String>,
    /// Why a process was not recorded, of the first that says so.
    pub why_not_recorded: Option<String>,
}

/// Looks at the trace at `path`.
///
/// # Errors
/// As [`super::Trace::open`]. What is wrong with single files only makes the figures smaller.
pub fn summary(path: &Path) -> Result<Overview, OpenError> {
    let (manifest, _) = read_manifest(path)?;
    let mut overview = Overview {
        calls: 0,
        calls_complete: true,
        bytes: size(path),
        duration_ns: 0,
        live: manifest.end.is_none() && exists(manifest.launcher_pid),
        python: None,
        processes: 0,
        not_recorded: 0,
        lost: 0,
        stopped: None,
        why_not_recorded: None,
        manifest,
    };
    let mut last_mono = overview.manifest.end.map_or(0, |end| end.mono_ns);
    let mut first_start = u64::MAX;
    let mut threads = 0;
    for key in names(path).iter().filter_map(|name| ProcessKey::parse(name)) {
        let dir = path.join(key.to_string());
        overview.processes += 1;
        let described = read_small(&dir.join(PROCESS), 1 << 20);
        let absent = described.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let info: Option<ProcessInfo> = described.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let streams: Vec<String> = names(&dir).into_iter().filter(|name| name.ends_with(EVENTS_SUFFIX)).collect();
        if absent && streams.is_empty() && !(overview.live && exists(key.pid)) {
            overview.not_recorded += 1;
            overview.why_not_recorded.get_or_insert_with(|| STILLBORN.to_owned());
        }
        if let Some(info) = &info {
            overview.not_recorded += usize::from(info.not_recorded.is_some());
            overview.why_not_recorded = overview.why_not_recorded.take().or_else(|| info.not_recorded.clone());
            last_mono = last_mono.max(info.start.mono_ns);
            if info.start.mono_ns < first_start {
                first_start = info.start.mono_ns;
                overview.python = Some(info.version.clone()).filter(|version| !version.is_empty());
            }
        }
        if let Some(state) =
            read_small(&dir.join(STATE), state::SIZE as u64).ok().and_then(|page| State::read(&page).ok())
        {
            overview.lost = overview.lost.saturating_add(state.lost);
            overview.stopped = overview.stopped.take().or(state.reason);
            last_mono = last_mono.max(state.clock.mono_ns);
            overview.live |= state.phase != Phase::Ended && exists(key.pid);
        }
        overview.bytes = overview.bytes.saturating_add(size(&dir));
        for name in &streams {
            threads += 1;
            if threads > MAX_THREADS {
                overview.calls_complete = false;
                break;
            }
            let (calls, mono) = calls(&dir.join(name)).unwrap_or((0, 0));
            overview.calls = overview.calls.saturating_add(calls);
            last_mono = last_mono.max(mono);
        }
    }
    overview.duration_ns = last_mono.saturating_sub(overview.manifest.start.mono_ns);
    Ok(overview)
}

fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// Bytes that the files directly in `dir` take on disk.
fn size(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.blocks().saturating_mul(512))
        .fold(0, u64::saturating_add)
}

/// Calls in an event file, and the newest time on the monotonic clock that it mentions: from its last block alone.
fn calls(path: &Path) -> io::Result<(u64, u64)> {
    let file = open_regular(path)?;
    let places = u32::try_from(file.metadata()?.len().div_ceil(block::SIZE as u64)).unwrap_or(u32::MAX);
    // Blocks are used one after the other: the last one in use is found by halving.
    let (mut low, mut high) = (0, places);
    while low < high {
        let middle = low + (high - low) / 2;
        if read_header(&file, middle)?.is_something() { low = middle + 1 } else { high = middle }
    }
    let Some(last) = low.checked_sub(1) else { return Ok((0, 0)) };
    let Found::Header(header) = read_header(&file, last)? else { return Ok((0, 0)) };
    if header.finished && header.summary_fits() {
        return Ok((header.first + u64::from(header.summary.calls), header.end.mono_ns));
    }
    let mut bytes = vec![0; header.used as usize];
    let read = read_at(&file, &mut bytes, events_offset(last, &header))?;
    let mut scan = Scan::new(&header);
    scan.feed(&bytes[..read]);
    Ok((header.first + u64::from(scan.summary.calls), header.start.mono_ns))
}
