//! Every offset, size and magic number of the trace directory, for the writer and the reader alike. All integers are
//! little endian. `docs/trace-format.md` says the same in prose.

/// Version of the whole directory. A reader refuses older and newer ones, each with its own error.
pub const FORMAT_VERSION: u32 = 2;

/// Ending of a trace directory's name.
pub const TRACE_SUFFIX: &str = ".cttrace";
/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Name of the shared page that counts reserved bytes.
pub const SPACE: &str = "space";
/// Name of the newest filter chain, if it was changed after the start.
pub const FILTERS: &str = "filters.json";
/// What the target wrote to its terminal, if that was ours.
pub const OUTPUT: &str = "output.log";
/// When it wrote it.
pub const OUTPUT_INDEX: &str = "output.index";
/// Name of a process's description.
pub const PROCESS: &str = "process.json";
/// Name of a process's page of counters.
pub const STATE: &str = "state";
/// Name of a process's code log. It is mapped memory while it grows: it ends at its first NUL byte, where a reader looks
/// again later (`log_writer`).
pub const CODE_LOG: &str = "code.log";
/// Name of a process's control socket (see `docs/architecture.md`).
pub const CONTROL_SOCKET: &str = "control.sock";
/// Ending of a thread's event file: `THREAD.events`.
pub const EVENTS_SUFFIX: &str = ".events";

/// The event file of one thread is a row of blocks of one size. Each block decodes alone.
pub mod block {
    /// Bytes per block, header included. The last block of a file may be cut short after its published bytes.
    pub const SIZE: usize = 64 * 1024;
    /// Bytes of the fixed header.
    pub const HEADER: usize = 128;
    /// First four bytes of a block.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"CTB1");

    /// `u32` [`MAGIC`].
    pub const AT_MAGIC: usize = 0;
    /// `u32` atomic: 0 not begun, 1 open, 2 finished (the summary is valid).
    pub const AT_STATE: usize = 4;
    /// `u32` atomic: bytes of events that are published, counted from the first event's byte.
    pub const AT_USED: usize = 8;
    /// `u32` number of the thread in its process.
    pub const AT_THREAD: usize = 12;
    /// `u64` the operating system's thread id.
    pub const AT_NATIVE_ID: usize = 16;
    /// `u32` number of this block in its file, from 0.
    pub const AT_INDEX: usize = 24;
    /// `u32` calls open when the block begins.
    pub const AT_DEPTH: usize = 28;
    /// `u64` raw clock (shifted) when the block begins; the first event's delta counts from here.
    pub const AT_RAW: usize = 32;
    /// `u64` `CLOCK_MONOTONIC` at the same moment, nanoseconds.
    pub const AT_MONO: usize = 40;
    /// `u64` ordinal of the first call opened in this block.
    pub const AT_FIRST_ORDINAL: usize = 48;
    /// `u32` bytes of the list of open calls, which stands between header and events (see `trace::open_list`).
    pub const AT_OPEN_LEN: usize = 56;
    /// `u32` entries in that list: the innermost open calls, outermost first, at most [`MAX_OPEN`].
    pub const AT_OPEN_COUNT: usize = 60;
    /// `u32` summary: calls opened in the block.
    pub const AT_CALLS: usize = 64;
    /// `u32` summary: lowest depth at any point of the block, its beginning included.
    pub const AT_MIN_DEPTH: usize = 68;
    /// `u32` summary: depth at the end.
    pub const AT_END_DEPTH: usize = 72;
    /// `u64` summary: raw clock (shifted) of the last event.
    pub const AT_END_RAW: usize = 80;
    /// `u64` summary: `CLOCK_MONOTONIC` when the block was finished, nanoseconds.
    pub const AT_END_MONO: usize = 88;
    /// `u64` raw clock (shifted) read together with `AT_END_MONO`.
    pub const AT_END_PAIR_RAW: usize = 96;
    /// `u32` changes of the recording itself that the block notes (`tag::is_change`), so that they are found without
    /// decoding.
    pub const AT_CHANGES: usize = 104;

    /// Values of [`AT_STATE`].
    pub const STATE_OPEN: u32 = 1;
    /// See [`STATE_OPEN`].
    pub const STATE_FINISHED: u32 = 2;

    /// The list of open calls keeps at most this many, so that deep recursion cannot fill a block. Older ancestors are
    /// found through the summaries of earlier blocks.
    pub const MAX_OPEN: usize = 256;
    /// No event, payload included, is longer than this.
    pub const MAX_EVENT: usize = 16 * 1024;
}

/// `output.index`: when the pieces of `output.log` were read from the target's terminal.
pub mod output {
    /// Bytes before the first entry.
    pub const HEADER: usize = 16;
    /// First four bytes.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"CTO1");
    /// `u32` [`MAGIC`].
    pub const AT_MAGIC: usize = 0;
    /// `u64` device number of the terminal.
    pub const AT_DEVICE: usize = 8;
    /// Bytes of an entry: `u64` `CLOCK_MONOTONIC` in nanoseconds when the piece was read, `u64` where it ends in
    /// `output.log`. It begins where the one before it ends.
    pub const ENTRY: usize = 16;
}

/// `PID/state`: one page, mapped shared by the process that owns it. All fields are atomics.
pub mod state {
    /// Bytes of the file.
    pub const SIZE: usize = 4096;
    /// First four bytes.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"CTS1");
    /// `u32` [`MAGIC`].
    pub const AT_MAGIC: usize = 0;
    /// `u32` what the recorder does: one of the `PHASE_` numbers.
    pub const AT_PHASE: usize = 4;
    /// `u64` filter generation in force.
    pub const AT_GENERATION: usize = 8;
    /// `u64` calls that happened but could not be recorded (no room, an error).
    pub const AT_LOST: usize = 16;
    /// `u64` newest clock pair: raw (shifted).
    pub const AT_RAW: usize = 24;
    /// `u64` newest clock pair: `CLOCK_MONOTONIC`, nanoseconds.
    pub const AT_MONO: usize = 32;
    /// 5 × `u64` values redacted, in the order of `filter::ValueKind` (local, global, arg, ret, attr).
    pub const AT_REDACTED: usize = 40;
    /// 5 × `u64` values dropped, same order.
    pub const AT_DROPPED: usize = 80;
    /// `u64` sweeps of `sys.modules` so far.
    pub const AT_SWEEPS: usize = 120;
    /// `u64` code objects that were passed over because there was no room for more.
    pub const AT_CODE_OVERFLOW: usize = 128;
    /// `u32` how the process ended: one of the `EXIT_` numbers. Written by the process itself when it leaves by
    /// `os._exit` or `exec`, and by the process that waited for it.
    pub const AT_EXIT: usize = 136;
    /// `u32` its exit status, or the number of the signal that ended it.
    pub const AT_EXIT_VALUE: usize = 140;
    /// `u32` length of the text at [`AT_REASON`]: why recording stopped early.
    pub const AT_REASON_LEN: usize = 252;
    /// UTF-8, at most [`MAX_REASON`] bytes.
    pub const AT_REASON: usize = 256;
    /// Longest reason, in bytes.
    pub const MAX_REASON: usize = 2048;

    /// Nobody has said how it ended.
    pub const EXIT_UNKNOWN: u32 = 0;
    /// With an exit status.
    pub const EXIT_STATUS: u32 = 1;
    /// By a signal.
    pub const EXIT_SIGNAL: u32 = 2;
    /// Another program took its place (`exec`).
    pub const EXIT_REPLACED: u32 = 3;

    /// Being set up.
    pub const PHASE_STARTING: u32 = 0;
    /// Recording.
    pub const PHASE_RECORDING: u32 = 1;
    /// Paused on request.
    pub const PHASE_PAUSED: u32 = 2;
    /// Stopped early; the reason says why. The program runs on.
    pub const PHASE_STOPPED: u32 = 3;
    /// The interpreter was shut down in order.
    pub const PHASE_ENDED: u32 = 4;
}

/// `space`: one page, mapped shared by every process of the trace.
pub mod space {
    /// Bytes of the file.
    pub const SIZE: usize = 4096;
    /// First four bytes.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"CTM1");
    /// `u32` [`MAGIC`].
    pub const AT_MAGIC: usize = 0;
    /// `u64` atomic: bytes that all processes may reserve together; 0: no limit.
    pub const AT_LIMIT: usize = 8;
    /// `u64` atomic: bytes reserved so far.
    pub const AT_RESERVED: usize = 16;
}

#[cfg(test)]
mod tests {
    use super::{block, space, state};

    /// The page that explains the format must carry the numbers of the format.
    #[test]
    fn the_documentation_has_these_numbers() {
        let text = include_str!("../../docs/trace-format.md");
        let section = |name: &str| {
            let rest = text.split_once(&format!("\n## {name}\n")).unwrap().1;
            rest.split("\n## ").next().unwrap().to_owned()
        };
        let (page, blocks) = (section("state"), section("N.events"));
        let row = |at: usize, kind: &str, name: &str| format!("| {at} | {kind} | `{name}` |");
        for (at, kind, name) in [
            (state::AT_MAGIC, "u32", "MAGIC"),
            (state::AT_PHASE, "u32", "PHASE"),
            (state::AT_GENERATION, "u64", "GENERATION"),
            (state::AT_LOST, "u64", "LOST"),
            (state::AT_RAW, "u64", "RAW"),
            (state::AT_MONO, "u64", "MONO"),
            (state::AT_REDACTED, "5 × u64", "REDACTED"),
            (state::AT_DROPPED, "5 × u64", "DROPPED"),
            (state::AT_SWEEPS, "u64", "SWEEPS"),
            (state::AT_CODE_OVERFLOW, "u64", "CODE_OVERFLOW"),
            (state::AT_REASON_LEN, "u32", "REASON_LEN"),
            (state::AT_REASON, "UTF-8", "REASON"),
        ] {
            assert!(page.contains(&row(at, kind, name)), "{name}");
        }
        for (at, kind, name) in [
            (block::AT_MAGIC, "u32", "MAGIC"),
            (block::AT_STATE, "u32", "STATE"),
            (block::AT_USED, "u32", "USED"),
            (block::AT_THREAD, "u32", "THREAD"),
            (block::AT_NATIVE_ID, "u64", "NATIVE_ID"),
            (block::AT_INDEX, "u32", "INDEX"),
            (block::AT_DEPTH, "u32", "DEPTH"),
            (block::AT_RAW, "u64", "RAW"),
            (block::AT_MONO, "u64", "MONO"),
            (block::AT_FIRST_ORDINAL, "u64", "FIRST_ORDINAL"),
            (block::AT_OPEN_LEN, "u32", "OPEN_LEN"),
            (block::AT_OPEN_COUNT, "u32", "OPEN_COUNT"),
            (block::AT_CALLS, "u32", "CALLS"),
            (block::AT_MIN_DEPTH, "u32", "MIN_DEPTH"),
            (block::AT_END_DEPTH, "u32", "END_DEPTH"),
            (block::AT_END_RAW, "u64", "END_RAW"),
            (block::AT_END_MONO, "u64", "END_MONO"),
            (block::AT_END_PAIR_RAW, "u64", "END_PAIR_RAW"),
            (block::AT_CHANGES, "u32", "CHANGES"),
        ] {
            assert!(blocks.contains(&row(at, kind, name)), "{name}");
        }
        for sentence in [
            format!("blocks of {} bytes", block::SIZE),
            format!("a header of {} bytes", block::HEADER),
            format!("at most {} (older", block::MAX_OPEN),
            format!("No event is longer than {} bytes", block::MAX_EVENT),
            format!("`{}`", String::from_utf8_lossy(&block::MAGIC.to_le_bytes())),
        ] {
            assert!(blocks.contains(&sentence), "{sentence}");
        }
        for sentence in [
            format!("One page of {} bytes", state::SIZE),
            format!("at most {} bytes", state::MAX_REASON),
            format!("`{}`", String::from_utf8_lossy(&state::MAGIC.to_le_bytes())),
            format!(
                "{} starting, {} recording, {} paused, {} stopped early (see the reason), {} the interpreter",
                state::PHASE_STARTING,
                state::PHASE_RECORDING,
                state::PHASE_PAUSED,
                state::PHASE_STOPPED,
                state::PHASE_ENDED
            ),
        ] {
            assert!(page.contains(&sentence), "{sentence}");
        }
        let space_page = section("space");
        assert!(space_page.contains(&format!(
            "One page of {} bytes: u32 magic `{}` at {}, the limit (u64, 0: none) at {}, bytes reserved so far (u64) at {}.",
            space::SIZE,
            String::from_utf8_lossy(&space::MAGIC.to_le_bytes()),
            space::AT_MAGIC,
            space::AT_LIMIT,
            space::AT_RESERVED
        )));
        use crate::trace::event::tag;
        for (number, name) in [
            (tag::RESUME_VALUE, "RESUME_VALUE"),
            (tag::YIELD_VALUE, "YIELD_VALUE"),
            (tag::UNWIND_VALUE, "UNWIND_VALUE"),
            (tag::THROW, "THROW"),
            (tag::RESYNC_CLOSE, "RESYNC_CLOSE"),
            (tag::RESYNC_OPEN, "RESYNC_OPEN"),
            (tag::LINE, "LINE"),
            (tag::THREAD_NAME, "THREAD_NAME"),
            (tag::FILTER, "FILTER"),
            (tag::PAUSED, "PAUSED"),
            (tag::RESUMED, "RESUMED"),
            (tag::TASK, "TASK"),
            (tag::THREAD_END, "THREAD_END"),
            (tag::WROTE, "WROTE"),
            (tag::TEST, "TEST"),
        ] {
            assert!(blocks.contains(&format!("| {number} | `{name}` |")), "{name}");
        }
    }
}
