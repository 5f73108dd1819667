//! Values: what a call was given, what it handed back, what its variables were. Structural, bounded, and without ever
//! running code of the program: no `repr`, no `len`, no attribute lookup, no comparison.
//!
//! [`Policies::decide`] settles once per code object what is recorded and what is hidden. The callbacks then hand frames
//! and objects to [`Scratch`], which writes `trace::value` encodings into a buffer that is used again each time, so that
//! the ordinary call allocates nothing. References are borrowed for the length of the callback and never kept.

mod container;
mod encode;
mod frame;
mod instance;
mod leaving;
mod lines;
mod number;
mod policy;
mod probe;
mod python;
mod scalar;
mod text;

pub use frame::Frame;
pub use leaving::Leaving;
pub use lines::Watch;
pub use policy::{CodeValues, Policies, Shape};

use crate::filter::{ValueAction, ValueKind};
use crate::trace::state::StatePage;
use crate::trace::value::Writer;
use crate::trace::writer::MAX_PAYLOAD;
use encode::Encoder;
use policy::{Attributes, Variable};
use pyo3::ffi::{self, PyObject};
use python::Python;

/// How much of a value is kept.
mod limits {
    /// Containers inside each other.
    pub const DEPTH: usize = 5;
    /// Items of an outermost container.
    pub const ITEMS: usize = 32;
    /// Values looked at in one value.
    pub const VALUES: usize = 96;
    /// Bytes of one value.
    pub const BYTES: usize = 3 * 1024;
    /// Attributes of a type written in C, or in slots, that are counted.
    pub const MEMBERS: usize = 256;
    /// Characters of a name that the filter is asked about.
    pub const NAME: usize = 512;

    /// Items of a container that stands `depth` containers deep.
    pub const fn items(depth: usize) -> usize {
        match depth {
            0 => ITEMS,
            1 => 16,
            _ => 8,
        }
    }

    /// Characters of a string, bytes of a byte string, likewise.
    pub const fn text(depth: usize) -> usize {
        match depth {
            0 => 1024,
            1 => 256,
            _ => 128,
        }
    }
}

/// Values that rules hid, by kind, in the order of `ValueKind::ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Replaced by `<redacted>`.
    pub redacted: [u64; 5],
    /// Left out.
    pub dropped: [u64; 5],
    any: bool,
}

impl Counts {
    /// Adds them to the page of the process.
    pub fn add_to(&self, page: &StatePage) {
        for kind in 0..ValueKind::ALL.len() {
            if self.redacted[kind] > 0 {
                page.add_redacted(kind, self.redacted[kind]);
            }
            if self.dropped[kind] > 0 {
                page.add_dropped(kind, self.dropped[kind]);
            }
        }
    }

    fn redacted(&mut self, kind: ValueKind) {
        self.redacted[kind.index()] += 1;
        self.any = true;
    }

    fn dropped(&mut self, kind: ValueKind) {
        self.dropped[kind.index()] += 1;
        self.any = true;
    }
}

/// The buffer of a thread, and what rules hid since it was last asked.
#[derive(Debug)]
pub struct Scratch {
    out: Writer,
    temp: String,
    counts: Counts,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Looks at the interpreter, once, while its first frame runs: later calls find it done.
///
/// # Safety
/// The GIL is held; no exception is set.
pub unsafe fn prepare() {
    // SAFETY: the caller's promise.
    unsafe { Python::get() };
}

/// Which of the quick ways this interpreter does not have, a sentence each, for `ProcessInfo::limits`.
///
/// # Safety
/// As [`prepare`].
#[must_use]
pub unsafe fn missing() -> Vec<String> {
    // SAFETY: the caller's promise.
    let python = unsafe { Python::get() };
    let layout = &python.layout;
    let mut all = Vec::new();
    let mut say = |known: bool, what: &str| {
        if !known {
            all.push(what.to_owned());
        }
    };
    say(layout.types, "instances are recorded by type only");
    say(layout.inline.is_some() || python.version < (3, 11), "attributes are recorded only of instances with slots");
    say(layout.frame.is_some(), "sent values, and variables other than parameters, are not recorded");
    say(layout.long.is_some(), "integers of more than 64 bits are recorded without their digits");
    all
}

impl Scratch {
    /// Room for one event.
    #[must_use]
    pub fn new() -> Self {
        Self { out: Writer::new(MAX_PAYLOAD), temp: String::with_capacity(1024), counts: Counts::default() }
    }

    /// What was written last.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.out.bytes()
    }

    /// What rules hid since this was last asked; `None`: nothing.
    #[inline]
    pub fn take_counts(&mut self) -> Option<Counts> {
        if !self.counts.any {
            return None;
        }
        Some(std::mem::take(&mut self.counts))
    }

    /// The arguments of the call that `frame` has just begun.
    ///
    /// # Safety
    /// The GIL is held, `frame` runs the code object that `code` was decided for, and no exception is set.
    pub unsafe fn arguments(&mut self, code: &CodeValues, frame: Frame) -> &[u8] {
        self.out.clear();
        // SAFETY: the caller's promise.
        let python = unsafe { Python::get() };
        for (at, variable) in code.params.iter().enumerate() {
            // Whatever was written so far, each further argument has room for one byte.
            let room = self.out.room().saturating_sub(code.params.len() - at - 1);
            let former = self.out.confine(room);
            // SAFETY: the caller's promise.
            unsafe { self.variable(python, code, frame, variable, code.names.get(at)) };
            self.out.restore(former);
        }
        self.out.bytes()
    }

    /// A result, a yielded value.
    ///
    /// # Safety
    /// As [`Self::arguments`]; `object` is a live object.
    pub unsafe fn result(&mut self, code: &CodeValues, object: *mut PyObject) -> &[u8] {
        self.out.clear();
        let action = code.result.unwrap_or(ValueAction::Drop);
        // SAFETY: the caller's promise.
        unsafe { self.value(Python::get(), &code.attributes, object, action, ValueKind::Ret) };
        self.out.bytes()
    }

    /// The value sent into the generator that `frame` resumes, if one can be seen and is not `None`.
    ///
    /// # Safety
    /// As [`Self::arguments`], from the callback for a resumption.
    pub unsafe fn sent(&mut self, code: &CodeValues, frame: Frame) -> Option<&[u8]> {
        // SAFETY: the caller's promise.
        unsafe {
            let python = Python::get();
            let object = frame.sent(python, code.places, code.stack)?;
            if object == python.types.none {
                return None;
            }
            Some(self.result(code, object))
        }
    }

    /// An exception that leaves a call at `line` (0: unknown), or is thrown into it.
    ///
    /// # Safety
    /// As [`Self::arguments`]; `exception` holds live objects.
    pub unsafe fn exception(&mut self, code: &CodeValues, exception: Leaving, line: u32) -> &[u8] {
        self.out.clear();
        let mut name = text::Name::new();
        // SAFETY: the caller's promise.
        unsafe {
            let python = Python::get();
            let instance = exception.instance(python);
            let class = instance.map_or(exception.class.cast(), |instance| python::type_of(instance));
            instance::type_name(python, class, &mut name);
            self.out.text(name.bytes());
            match code.result.unwrap_or(ValueAction::Drop) {
                ValueAction::Allow => {
                    let owned = match (instance, python.layout.exception_args, python.functions.exception_args) {
                        (Some(instance), None, Some(get)) => get(instance),
                        _ => std::ptr::null_mut(),
                    };
                    let args = match (instance, python.layout.exception_args) {
                        (Some(instance), Some(at)) => python::field(instance.cast(), at),
                        (Some(_), None) => owned,
                        (None, _) => exception.value,
                    };
                    let former = self.out.confine(limits::BYTES);
                    let start = self.out.mark();
                    let mut encoder =
                        Encoder::new(python, &mut self.out, &mut self.temp, &code.attributes, &mut self.counts);
                    if !encoder.arguments_of(args, 0) {
                        self.out.back_to(start);
                        self.out.cut();
                    }
                    self.out.restore(former);
                    ffi::Py_XDECREF(owned);
                }
                ValueAction::Redact => {
                    self.counts.redacted(ValueKind::Ret);
                    self.out.redacted();
                }
                ValueAction::Drop => {
                    self.counts.dropped(ValueKind::Ret);
                    self.out.dropped();
                }
            }
            self.out.number(u64::from(line));
        }
        self.out.bytes()
    }

    /// The line of an instruction, `offset` bytes into the code; 0 when unknown.
    ///
    /// # Safety
    /// The GIL is held; `code` is a code object.
    #[must_use]
    pub unsafe fn line_of(code: *mut PyObject, offset: i32) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            match Python::get().functions.line_of {
                Some(get) => u32::try_from(get(code, offset)).unwrap_or(0),
                None => 0,
            }
        }
    }

    /// One variable of a frame.
    unsafe fn variable(
        &mut self,
        python: &Python,
        code: &CodeValues,
        frame: Frame,
        variable: &Variable,
        name: Option<&policy::Held>,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            match (frame.variable(python, variable.place as usize, variable.cell), name) {
                (Some(object), _) => self.value(python, &code.attributes, object, variable.action, variable.kind),
                (None, Some(name)) => {
                    let object = frame.variable_by_name(python, name.0);
                    self.value(python, &code.attributes, object, variable.action, variable.kind);
                    ffi::Py_XDECREF(object);
                }
                (None, None) => {
                    self.out.cut();
                }
            }
        }
    }

    /// A value that a rule may hide; what does not fit is written as cut.
    unsafe fn value(
        &mut self,
        python: &Python,
        attributes: &Attributes,
        object: *mut PyObject,
        action: ValueAction,
        kind: ValueKind,
    ) {
        match action {
            ValueAction::Allow => {}
            ValueAction::Redact => {
                self.counts.redacted(kind);
                self.out.redacted();
                return;
            }
            ValueAction::Drop => {
                self.counts.dropped(kind);
                self.out.dropped();
                return;
            }
        }
        if object.is_null() {
            self.out.unbound();
            return;
        }
        let former = self.out.confine(limits::BYTES);
        let start = self.out.mark();
        // SAFETY: the caller's promise.
        let written = unsafe {
            Encoder::new(python, &mut self.out, &mut self.temp, attributes, &mut self.counts).value(object, 0)
        };
        if !written {
            self.out.back_to(start);
            self.out.cut();
        }
        self.out.restore(former);
    }
}

impl<'a> Encoder<'a> {
    fn new(
        python: &'a Python,
        out: &'a mut Writer,
        temp: &'a mut String,
        attributes: &'a Attributes,
        counts: &'a mut Counts,
    ) -> Self {
        let around = [std::ptr::null_mut(); limits::DEPTH];
        Self { python, out, temp, attributes, counts, left: limits::VALUES, around }
    }
}
