//! The invariants of the event files, against a sink in memory and against real files.

use super::*;
use crate::model::time::ClockPair;
use crate::trace::event::{Body, Event, decode};
use crate::trace::memory::GrowingFile;
use crate::trace::open_list;
use crate::trace::space::Space;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// A file in memory that never moves, with room for as much as the test says.
struct Memory {
    bytes: Vec<u64>,
    room: u64,
    reserved: Rc<Cell<u64>>,
    ended: Rc<Cell<Option<u64>>>,
    now: Cell<u64>,
}

impl Memory {
    fn new(room: u64) -> Self {
        let bytes = vec![0; 8 * 1024 * 1024 / 8];
        Self { bytes, room, reserved: Rc::default(), ended: Rc::default(), now: Cell::new(0) }
    }
}

impl Sink for Memory {
    fn map(&mut self, offset: u64, len: usize) -> Result<*mut u8, Failure> {
        assert_eq!((offset % FIRST_WINDOW as u64, len % FIRST_WINDOW), (0, 0));
        if offset + len as u64 > self.room {
            return Err(Failure::Limit { limit: self.room });
        }
        self.reserved.set(self.reserved.get().max(offset + len as u64));
        // SAFETY: the tests never map more than the vector holds, and it never moves.
        Ok(unsafe { self.bytes.as_mut_ptr().cast::<u8>().add(offset as usize) })
    }

    fn clock(&self) -> ClockPair {
        self.now.set(self.now.get() + 1);
        ClockPair { raw: self.now.get(), mono_ns: self.now.get() * 1000 }
    }

    fn finish(&mut self, len: u64) {
        self.ended.set(Some(len));
    }
}

fn writer(room: u64) -> EventWriter<Memory> {
    EventWriter::new(Memory::new(room), 7, 4711).unwrap()
}

fn get32(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(block[at..at + 4].try_into().unwrap())
}

fn get64(block: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(block[at..at + 8].try_into().unwrap())
}

fn bytes(writer: &EventWriter<Memory>) -> &[u8] {
    // SAFETY: the whole vector, as bytes.
    unsafe { std::slice::from_raw_parts(writer.sink.bytes.as_ptr().cast(), writer.sink.bytes.len() * 8) }
}

/// What a block says of itself, checked against what its events say. Every block is read alone.
fn read_block(block: &[u8], index: u32) -> (Vec<Event<'_>>, Vec<open_list::OpenEntry>) {
    assert_eq!(get32(block, block::AT_MAGIC), block::MAGIC);
    assert_eq!(get32(block, block::AT_INDEX), index);
    assert_eq!((get32(block, block::AT_THREAD), get64(block, block::AT_NATIVE_ID)), (7, 4711));
    let raw = get64(block, block::AT_RAW);
    let list = &block[block::HEADER..][..get32(block, block::AT_OPEN_LEN) as usize];
    let (mut at, mut before, mut open) = (0, 0, Vec::new());
    while at < list.len() {
        let entry = open_list::entry(list, &mut at, before, raw).unwrap();
        before = entry.ordinal;
        open.push(entry);
    }
    assert_eq!(open.len(), get32(block, block::AT_OPEN_COUNT) as usize);
    assert_eq!(open.len(), (get32(block, block::AT_DEPTH) as usize).min(block::MAX_OPEN));
    let events = &block[block::HEADER + list.len()..][..get32(block, block::AT_USED) as usize];
    let (mut at, mut raw, mut decoded) = (0, raw, Vec::new());
    while at < events.len() {
        decoded.push(decode(events, &mut at, &mut raw).unwrap());
    }
    if get32(block, block::AT_STATE) == block::STATE_FINISHED {
        let (mut depth, mut calls) = (get32(block, block::AT_DEPTH), 0);
        let mut lowest = depth;
        for event in &decoded {
            match event.body {
                Body::Open { .. } => (depth, calls) = (depth + 1, calls + 1),
                Body::Close { .. } => depth -= 1,
                Body::Note { .. } => {}
            }
            lowest = lowest.min(depth);
        }
        let summary = [block::AT_CALLS, block::AT_MIN_DEPTH, block::AT_END_DEPTH].map(|at| get32(block, at));
        assert_eq!(summary, [calls, lowest, depth]);
        assert_eq!(get64(block, block::AT_END_RAW), raw);
    }
    (decoded, open)
}

fn blocks(all: &[u8], count: u32) -> impl Iterator<Item = (Vec<Event<'_>>, Vec<open_list::OpenEntry>)> {
    (0..count).map(|index| read_block(&all[index as usize * block::SIZE..][..block::SIZE], index))
}

fn open(key: usize, how: Opening) -> OpenCall {
    OpenCall { key, code: key as u32, how, hidden: false, raw: 0, ordinal: 0, generator: 0 }
}

#[test]
fn what_is_written_is_read_and_every_block_stands_alone() {
    let mut writer = writer(u64::MAX);
    let mut depth = 0u64;
    let mut random = 1u64;
    for raw in 0..400_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if depth == 0 || (random >> 33) % 100 < 50 + (raw / 100_000) % 2 {
            assert!(writer.call(10 + raw, 5, (random >> 50) as u32));
            depth += 1;
        } else {
            assert!(writer.ret(10 + raw));
            depth -= 1;
        }
    }
    writer.finish();
    let all = bytes(&writer);
    let (mut depth, mut calls, mut raw) = (0, 0, 0);
    for (index, (events, open)) in blocks(all, writer.index + 1).enumerate() {
        let block = &all[index * block::SIZE..];
        assert_eq!(get64(block, block::AT_FIRST_ORDINAL), calls);
        assert_eq!(u64::from(get32(block, block::AT_DEPTH)), depth);
        assert!(open.windows(2).all(|pair| pair[0].ordinal < pair[1].ordinal));
        assert!(get64(block, block::AT_RAW) >= raw);
        for event in events {
            raw = event.raw;
            match event.body {
                Body::Open { .. } => (depth, calls) = (depth + 1, calls + 1),
                _ => depth -= 1,
            }
        }
    }
    assert!(writer.index > 10);
    assert_eq!(raw, 400_009);
    assert_eq!(writer.next_ordinal, calls);
}

#[test]
fn a_plain_call_and_its_return_take_six_bytes_at_most() {
    let mut writer = writer(u64::MAX);
    for call in 0..10_000 {
        // Some 50 ns between events on a counter of 3 GHz, a thousand functions.
        writer.call(call * 20, 1, call as u32 % 1000);
        writer.ret(call * 20 + 10);
    }
    writer.finish();
    let end = writer.sink.ended.get().unwrap();
    assert!(end <= 10_000 * 6, "{end}");
}

#[test]
fn nothing_is_seen_before_it_is_published() {
    let mut writer = writer(u64::MAX);
    let mut seen = 0;
    for raw in 1..5_000 {
        writer.call(raw, 1, raw as u32);
        let events = read_block(&bytes(&writer)[..block::SIZE], 0).0;
        if writer.index > 0 {
            break;
        }
        assert_eq!(events.len(), seen + 1);
        seen += 1;
        if raw > 300 {
            break;
        }
    }
    assert!(seen >= 300);
}

#[test]
fn space_grows_in_steps_and_the_end_is_cut() {
    let mut writer = writer(u64::MAX);
    assert_eq!(writer.sink.reserved.get(), FIRST_WINDOW as u64);
    let mut sizes = vec![];
    while writer.window_at < 3 << 20 {
        writer.call(0, 1, 1);
        writer.ret(0);
        if sizes.last() != Some(&writer.window_len) {
            sizes.push(writer.window_len);
        }
    }
    let kib: Vec<_> = sizes.iter().map(|size| size / 1024).collect();
    assert_eq!(kib, [4, 8, 16, 32, 64, 128, 256, 512, 1024]);
    writer.finish();
    assert!(writer.sink.ended.get().unwrap() < writer.sink.reserved.get());
    assert!(!writer.call(0, 1, 1) && !writer.note(0, tag::PAUSED, &[]));
}

#[test]
fn no_room_closes_cleanly_at_every_size() {
    for room in [16, 32, 64, 128, 256, 1024].map(|kib| kib * 1024) {
        let mut writer = writer(room);
        let mut calls = 0u64;
        while writer.call(calls, 9, 300) {
            calls += 1;
        }
        assert!(matches!(writer.failure(), Some(Failure::Limit { .. })), "{room}");
        let all = bytes(&writer);
        let events: Vec<_> = blocks(all, writer.index + 1).flat_map(|(events, _)| events).collect();
        assert_eq!(events.len() as u64, calls);
        assert!(writer.sink.ended.get().unwrap() <= room);
        assert!((0..=writer.index as usize).all(|at| get32(&all[at * block::SIZE..], block::AT_STATE) == 2));
    }
    assert!(EventWriter::new(Memory::new(100), 1, 1).is_err());
}

#[test]
fn the_list_of_open_calls_is_bounded() {
    let mut writer = writer(u64::MAX);
    for raw in 0..100_000 {
        writer.call(raw, 1, 2);
    }
    let lists: Vec<_> = blocks(bytes(&writer), writer.index + 1).map(|(_, open)| open).collect();
    assert!(lists.len() > 3);
    for list in &lists[1..] {
        assert_eq!(list.len(), block::MAX_OPEN);
    }
    assert_eq!(writer.depth(), 100_000);
}

#[test]
fn every_kind_of_event_comes_back() {
    let mut writer = writer(u64::MAX);
    let all_openings = [
        (Opening::Call, None, 0),
        (Opening::Call, Some(&b"args"[..]), 0),
        (Opening::Resume, None, 1 << 40),
        (Opening::Resume, Some(b"sent"), 77),
        (Opening::Throw, None, 78),
        (Opening::Resync, None, 79),
    ];
    for (how, payload, generator) in all_openings {
        assert!(writer.open_call(1, OpenCall { generator, ..open(300, how) }, payload));
    }
    assert!(writer.note(2, tag::THREAD_NAME, b"worker"));
    let all_closings = [
        (Closing::Return, None, 0),
        (Closing::Return, Some(&b"result"[..]), 0),
        (Closing::Yield, None, 5),
        (Closing::Yield, Some(b"yielded"), 1 << 41),
        (Closing::Raise, Some(b"error"), 0),
        (Closing::Resync, None, 0),
    ];
    for (how, payload, generator) in all_closings {
        assert!(writer.close_call(3, how, generator, payload));
    }
    // Nothing is open any more: nothing is written.
    assert!(writer.close_call(4, Closing::Raise, 0, None) && writer.ret(4));
    let (events, _) = read_block(&bytes(&writer)[..block::SIZE], 0);
    let mut events = events.into_iter().map(|event| event.body);
    for (how, payload, generator) in all_openings {
        assert_eq!(events.next(), Some(Body::Open { code: 300, how, generator, payload }));
    }
    assert_eq!(events.next(), Some(Body::Note { tag: tag::THREAD_NAME, payload: b"worker" }));
    for (how, payload, generator) in all_closings {
        assert_eq!(events.next(), Some(Body::Close { how, generator, payload }));
    }
    assert_eq!(events.next(), None);
}

#[test]
fn hidden_calls_keep_the_balance_and_leave_no_trace() {
    let mut writer = writer(u64::MAX);
    writer.call(1, 1, 1);
    writer.open_call(2, OpenCall { hidden: true, ..open(2, Opening::Call) }, None);
    writer.call(3, 3, 3);
    assert_eq!((writer.open().len(), writer.depth()), (3, 2));
    writer.ret(4);
    writer.close_call(5, Closing::Raise, 0, None);
    writer.close_call(6, Closing::Return, 0, None);
    let (events, _) = read_block(&bytes(&writer)[..block::SIZE], 0);
    assert_eq!(events.len(), 4);
    assert_eq!(writer.depth(), 0);
}

#[test]
fn the_largest_payload_fits_and_a_larger_one_is_left_out() {
    let mut writer = writer(u64::MAX);
    let large = vec![7; MAX_PAYLOAD + 1];
    for _ in 0..20 {
        assert!(writer.open_call(1, open(1, Opening::Call), Some(&large[1..])));
        assert!(writer.close_call(1, Closing::Return, 0, Some(&large)));
        assert!(writer.note(1, tag::LINE, &large));
    }
    writer.finish();
    let all = bytes(&writer);
    let events: Vec<_> = blocks(all, writer.index + 1).flat_map(|(events, _)| events).collect();
    assert_eq!(events.len(), 60);
    for (index, event) in events.iter().enumerate() {
        let length = match event.body {
            Body::Open { payload, .. } | Body::Close { payload, .. } => payload.map_or(0, <[u8]>::len),
            Body::Note { payload, .. } => payload.len(),
        };
        assert_eq!(length, [MAX_PAYLOAD, 0, MAX_PAYLOAD][index % 3]);
    }
}

#[test]
fn time_never_runs_backwards() {
    let mut writer = writer(u64::MAX);
    for raw in [100, 90, 110, 0, 111] {
        writer.call(raw, 1, 1);
    }
    let (events, _) = read_block(&bytes(&writer)[..block::SIZE], 0);
    assert_eq!(events.iter().map(|event| event.raw).collect::<Vec<_>>(), [100, 100, 110, 110, 111]);
}

#[test]
fn real_files_hold_the_same_and_end_behind_the_last_event() {
    let folder = tempfile::tempdir().unwrap();
    let space = Arc::new(Space::open(folder.path(), 0).unwrap());
    let path = folder.path().join("1.events");
    let clock = || ClockPair { raw: 1, mono_ns: 1 };
    let sink = FileSink { file: GrowingFile::new(path.clone(), Arc::clone(&space)), clock };
    let mut writer = EventWriter::new(sink, 7, 4711).unwrap();
    for raw in 0..1_000_000 {
        writer.call(raw, 1, 1);
        writer.ret(raw);
    }
    // Before the end, as a reader beside a killed process would find it.
    let growing = std::fs::read(&path).unwrap();
    let count = |all: &[u8]| {
        blocks_of_file(all)
            .iter()
            .map(|block| read_block(&pad(block), get32(block, block::AT_INDEX)).0.len())
            .sum::<usize>()
    };
    assert_eq!(count(&growing), 2_000_000);
    assert_eq!(space.reserved(), growing.len() as u64);
    writer.finish();
    let ended = std::fs::read(&path).unwrap();
    assert_eq!(count(&ended), 2_000_000);
    assert!(ended.len() < growing.len());
    assert_eq!(space.reserved(), ended.len() as u64);
}

fn blocks_of_file(all: &[u8]) -> Vec<&[u8]> {
    all.chunks(block::SIZE).filter(|block| get32(block, block::AT_STATE) != 0).collect()
}

fn pad(block: &[u8]) -> Vec<u8> {
    let mut block = block.to_vec();
    block.resize(block::SIZE, 0);
    block
}

#[test]
fn the_size_limit_counts_all_files_together() {
    let folder = tempfile::tempdir().unwrap();
    let space = Arc::new(Space::open(folder.path(), 100 * 1024).unwrap());
    let clock = || ClockPair { raw: 1, mono_ns: 1 };
    let sink = |name: &str| FileSink { file: GrowingFile::new(folder.path().join(name), Arc::clone(&space)), clock };
    let mut one = EventWriter::new(sink("1"), 1, 1).unwrap();
    while one.call(0, 1, 1) {}
    assert!(matches!(one.failure(), Some(Failure::Limit { limit: 102_400 })));
    let after_one = space.reserved();
    let mut two = EventWriter::new(sink("2"), 2, 2).unwrap();
    while two.call(0, 1, 1) {}
    assert!(matches!(two.failure(), Some(Failure::Limit { .. })));
    assert!(after_one <= 102_400 && space.reserved() <= 102_400);
    let on_disk: u64 = ["1", "2"].iter().map(|name| std::fs::metadata(folder.path().join(name)).unwrap().len()).sum();
    assert_eq!(space.reserved(), on_disk);
}
