//! The few decoded blocks that are kept, bounded by their memory.

use crate::trace::reader::decode::Decoded;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A block as it was when it held `used` bytes: one that has grown since is another block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub process: u32,
    pub thread: u32,
    pub number: u32,
    pub used: u32,
}

/// Least recently used blocks go first.
#[derive(Debug)]
pub struct Cache {
    inner: Mutex<Inner>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Inner {
    blocks: HashMap<Key, (Arc<Decoded>, u64)>,
    weight: usize,
    clock: u64,
}

impl Cache {
    /// A cache of at most `limit` bytes, or of one block that is larger.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { inner: Mutex::default(), limit }
    }

    /// The block, if it is here.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<Arc<Decoded>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let (block, used) = inner.blocks.get_mut(&key)?;
        *used = now;
        Some(Arc::clone(block))
    }

    /// Keeps a block and lets go of old ones.
    pub fn put(&self, key: Key, block: &Arc<Decoded>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        inner.weight += block.weight();
        if let Some((old, _)) = inner.blocks.insert(key, (Arc::clone(block), now)) {
            inner.weight -= old.weight();
        }
        while inner.weight > self.limit && inner.blocks.len() > 1 {
            let Some(oldest) = inner.blocks.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key) else {
                return;
            };
            if let Some((old, _)) = inner.blocks.remove(&oldest) {
                inner.weight -= old.weight();
            }
        }
    }
}
