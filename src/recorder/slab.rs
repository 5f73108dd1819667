//! Memory for the streams of threads. Where the system can do that, a forked child finds zeros in it: a stream that it
//! inherited says of itself that it is not in use, however the child was forked.

use super::thread::Thread;

const CHUNK: usize = 64 * 1024;

/// Hands out places for streams. Chunks are never given back; places are used again.
#[derive(Default)]
pub struct Slab {
    free: Vec<*mut Thread>,
}

impl Slab {
    /// A place for a stream. Its content is unspecified; `Thread::ready` reads 0.
    pub fn take(&mut self) -> Option<*mut Thread> {
        if self.free.is_empty() {
            self.grow();
        }
        self.free.pop()
    }

    /// Takes back a place whose stream was dropped.
    pub fn give_back(&mut self, place: *mut Thread) {
        // SAFETY: the place is ours again and mapped.
        unsafe { (&raw mut (*place).ready).write(0) };
        self.free.push(place);
    }

    fn grow(&mut self) {
        // SAFETY: a new private mapping; the advice is about that mapping.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let chunk = libc::mmap(std::ptr::null_mut(), CHUNK, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            if chunk == libc::MAP_FAILED {
                return;
            }
            #[cfg(target_os = "linux")]
            libc::madvise(chunk, CHUNK, libc::MADV_WIPEONFORK);
            let first = chunk.cast::<Thread>();
            self.free.extend((0..CHUNK / size_of::<Thread>()).rev().map(|index| first.add(index)));
        }
    }
}
