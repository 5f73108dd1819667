//! Instances: what a type declares about them decides whether they are shown by name, as text, or by their attributes and the
//! built-in content beneath.

use super::super::container;
use super::super::instance::{self, Member};
use super::super::python::{field, type_of};
use super::super::scalar::{self, Kind};
use super::super::text::{self, Name};
use super::super::{limits, number};
use super::{BYTES, CLASS, DICT, Encoder, LIST, LONG, STR, TUPLE};
use crate::filter::{ValueAction, ValueKind};
use crate::model::value::Named;
use pyo3::ffi::{self, PyObject, PyTypeObject};
use std::ffi::{c_ulong, c_void};

const EXCEPTION: c_ulong = ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS;

impl Encoder<'_> {
    /// Writes anything that is none of the built-in types exactly.
    ///
    /// # Safety
    /// As for [`Encoder::value`]; `class` is the type of `object`.
    pub(super) unsafe fn instance(&mut self, object: *mut PyObject, class: *mut PyTypeObject, depth: usize) -> bool {
        let python = self.python;
        let layout = &python.layout;
        // SAFETY: the caller's promise.
        unsafe {
            let flags = instance::flags(layout, class);
            if flags & CLASS != 0 {
                let mut name = Name::new();
                instance::type_name(python, object.cast(), &mut name);
                return self.out.named(Named::Class, &[name.bytes()]);
            }
            if let Some(written) = self.named(object, class) {
                return written;
            }
            let mut name = Name::new();
            instance::type_name(python, class, &mut name);
            let id = object.addr() as u64;
            if self.is_around(object, depth) {
                return self.out.reference(id);
            }
            if Self::depth_reached(depth) || !layout.types {
                return match self.content_kind(class, flags) {
                    Content::Other => self.out.opaque(&[name.bytes()], id),
                    content => self.object(object, &name, &content, 0, depth),
                };
            }
            if instance::is_ordinary(layout, class) {
                self.temp.clear();
                let mut temp = std::mem::take(self.temp);
                let is_scalar = scalar::python_scalar(python, name.bytes(), object, &mut temp);
                let written = is_scalar && self.out.scalar(&[name.bytes()], temp.as_bytes());
                *self.temp = temp;
                if is_scalar {
                    return written;
                }
                if self.is_enumeration(type_of(class.cast()))
                    && let Some((member, value)) = self.member_of(object)
                {
                    return self.enumeration(object, &name, member, value, depth);
                }
            }
            let content = self.content_kind(class, flags);
            if let Content::Scalar(kind) = content
                && !instance::is_ordinary(layout, class)
            {
                return self.scalar(kind, object, &name);
            }
            let most = self.enter(object, depth);
            self.object(object, &name, &content, most, depth)
        }
    }

    unsafe fn scalar(&mut self, kind: Kind, object: *mut PyObject, name: &Name) -> bool {
        self.temp.clear();
        // SAFETY: the caller's promise.
        unsafe { scalar::text(self.python, kind, object, self.temp) };
        self.out.scalar(&[name.bytes()], self.temp.as_bytes())
    }

    /// Functions, methods, modules.
    unsafe fn named(&mut self, object: *mut PyObject, class: *mut PyTypeObject) -> Option<bool> {
        let python = self.python;
        let mut name = Name::new();
        // SAFETY: the caller's promise; fields as the layout says, which was checked.
        unsafe {
            if class == python.types.function {
                self.function_name(object, &mut name);
                return Some(self.out.named(Named::Function, &[name.bytes()]));
            }
            if class == python.types.method && python.layout.types {
                let function: *mut PyObject = field(object.cast(), 16);
                if !function.is_null() && type_of(function) == python.types.function {
                    self.function_name(function, &mut name);
                } else {
                    name.push(b"?");
                }
                return Some(self.out.named(Named::Method, &[name.bytes()]));
            }
            if is!(class, PyCFunction_Type) && python.layout.types {
                let definition: *const c_void = field(object.cast(), 16);
                name.push_c(if definition.is_null() { std::ptr::null() } else { field(definition, 0) });
                return Some(self.out.named(Named::Builtin, &[name.bytes()]));
            }
            let is_module = is!(class, PyModule_Type)
                || python.layout.types && instance::bases(&python.layout, class).any(|it| is!(it, PyModule_Type));
            if is_module {
                let dict = ffi::PyModule_GetDict(object);
                match container::find(python, dict, python.name_name, 64) {
                    Some(text) if text::is_str(text) => name.push_object(python, text),
                    _ => name.push(b"?"),
                }
                return Some(self.out.named(Named::Module, &[name.bytes()]));
            }
        }
        None
    }

    unsafe fn function_name(&self, function: *mut PyObject, name: &mut Name) {
        let Some((qualname_at, module_at)) = self.python.layout.function else { return name.push(b"?") };
        // SAFETY: the caller's promise; the fields may hold anything a program assigned.
        unsafe {
            let module: *mut PyObject = field(function.cast(), module_at);
            if !module.is_null() && text::is_str(module) {
                name.push_object(self.python, module);
                name.push(b".");
            }
            let qualname: *mut PyObject = field(function.cast(), qualname_at);
            if !qualname.is_null() && text::is_str(qualname) {
                name.push_object(self.python, qualname);
            }
        }
    }

    /// Whether a metaclass is `enum`'s, or derived from it.
    unsafe fn is_enumeration(&self, metaclass: *mut PyTypeObject) -> bool {
        if metaclass == &raw mut ffi::PyType_Type {
            return false;
        }
        // SAFETY: the caller's promise.
        unsafe {
            instance::bases(&self.python.layout, metaclass).any(|class| {
                if !instance::is_ordinary(&self.python.layout, class) {
                    return false;
                }
                let mut name = Name::new();
                instance::type_name(self.python, class, &mut name);
                matches!(name.bytes(), b"enum.EnumType" | b"enum.EnumMeta")
            })
        }
    }

    /// Name and value of an enumeration's member, borrowed.
    unsafe fn member_of(&self, object: *mut PyObject) -> Option<(*mut PyObject, *mut PyObject)> {
        let (mut member, mut value) = (None, None);
        // SAFETY: the caller's promise.
        unsafe {
            instance::attributes(self.python, object, |key, found| {
                let mut name = Name::new();
                if text::is_str(key) {
                    name.push_object(self.python, key);
                }
                match name.bytes() {
                    b"_name_" if text::is_str(found) => member = Some(found),
                    b"_value_" => value = Some(found),
                    _ => {}
                }
                member.is_none() || value.is_none()
            });
        }
        Some((member?, value?))
    }

    unsafe fn enumeration(
        &mut self,
        object: *mut PyObject,
        class: &Name,
        member: *mut PyObject,
        value: *mut PyObject,
        depth: usize,
    ) -> bool {
        let mut name = Name::new();
        // SAFETY: the caller's promise.
        unsafe {
            name.push_object(self.python, member);
            let action = self.attributes.action(name.bytes()).max(self.attributes.action(b"value"));
            if !self.out.member(&[class.bytes()], name.bytes()) {
                return false;
            }
            self.enter(object, depth);
            match action {
                ValueAction::Allow => self.item(value, depth + 1),
                ValueAction::Redact => {
                    self.counts.redacted(ValueKind::Attr);
                    self.out.redacted()
                }
                ValueAction::Drop => {
                    self.counts.dropped(ValueKind::Attr);
                    self.out.dropped()
                }
            }
        }
    }

    /// Which built-in an instance of a subclass is underneath.
    unsafe fn content_kind(&self, class: *mut PyTypeObject, flags: c_ulong) -> Content {
        let layout = &self.python.layout;
        // SAFETY: the caller's promise.
        unsafe {
            if flags & LONG != 0 {
                return Content::Int;
            }
            if flags & STR != 0 {
                return Content::Str;
            }
            if flags & BYTES != 0 {
                return Content::Bytes;
            }
            if flags & EXCEPTION != 0 {
                return Content::Exception;
            }
            if flags & TUPLE != 0 {
                return match self.fields(class) {
                    Some(fields) => Content::Fields(fields),
                    None if scalar::is_struct_sequence(self.python, class) => Content::Other,
                    None => Content::Container(&raw mut ffi::PyTuple_Type),
                };
            }
            if flags & LIST != 0 {
                return Content::Container(&raw mut ffi::PyList_Type);
            }
            if flags & DICT != 0 {
                return Content::Container(&raw mut ffi::PyDict_Type);
            }
            for base in instance::bases(layout, class) {
                if is!(base, PyFloat_Type) {
                    return Content::Float;
                }
                if is!(base, PyComplex_Type) {
                    return Content::Complex;
                }
                if is!(base, PySet_Type | PyFrozenSet_Type) {
                    return Content::Container(base);
                }
                if is!(base, PyByteArray_Type) {
                    return Content::ByteArray;
                }
                if !instance::is_ordinary(layout, base)
                    && let Some(kind) = scalar::kind(self.python, base)
                {
                    return if kind == Kind::Deque { Content::Deque } else { Content::Scalar(kind) };
                }
            }
            Content::Other
        }
    }

    /// `_fields` of a named tuple's class, borrowed.
    unsafe fn fields(&self, class: *mut PyTypeObject) -> Option<*mut PyObject> {
        // SAFETY: the caller's promise.
        unsafe {
            instance::bases(&self.python.layout, class)
                .find_map(|base| instance::class_attribute(self.python, base, self.python.name_fields))
                .filter(|&fields| type_of(fields) == &raw mut ffi::PyTuple_Type)
        }
    }

    /// Type, attributes (at most `most`), and the built-in content.
    unsafe fn object(
        &mut self,
        object: *mut PyObject,
        class: &Name,
        content: &Content,
        most: usize,
        depth: usize,
    ) -> bool {
        let id = object.addr() as u64;
        let with_base = !matches!(content, Content::Other | Content::Fields(_));
        // How many attributes there are is known at the end only.
        let Some(count) = self.out.object(&[class.bytes()], id, UNKNOWN, with_base) else { return false };
        let mut kept = Kept { most, depth, count: 0, length: 0 };
        // SAFETY: the caller's promise.
        unsafe {
            if let Content::Fields(fields) = content {
                let size = ffi::PyTuple_Size(object).min(ffi::PyTuple_Size(*fields));
                for at in 0..size {
                    self.attribute(ffi::PyTuple_GetItem(*fields, at), ffi::PyTuple_GetItem(object, at), &mut kept);
                }
            }
            let python = self.python;
            instance::members(&python.layout, object, |member: Member<'_>| {
                self.named_attribute(member.name.to_bytes(), member.value, &mut kept);
                kept.length < limits::MEMBERS
            });
            let mut seen = 0;
            let all = instance::attributes(python, object, |name, value| {
                seen += 1;
                self.attribute(name, value, &mut kept);
                kept.count < kept.most
            });
            kept.length += all.saturating_sub(seen);
        }
        self.out.close_with(count, kept.count, kept.length as u64);
        // SAFETY: the caller's promise.
        !with_base || unsafe { self.content(object, content, depth) }
    }

    unsafe fn attribute(&mut self, name: *mut PyObject, value: *mut PyObject, kept: &mut Kept) {
        // SAFETY: the caller's promise.
        unsafe {
            if name.is_null() || !text::is_str(name) {
                kept.length += 1;
                return;
            }
            if let Some(text) = self.python.layout.text.and_then(|at| text::Text::read(name, at))
                && let Some(ascii) = text.ascii()
            {
                return self.named_attribute(ascii, value, kept);
            }
            let mut text = String::new();
            text::append(self.python, name, limits::NAME + 1, false, &mut text);
            self.named_attribute(text.as_bytes(), value, kept);
        }
    }

    unsafe fn named_attribute(&mut self, name: &[u8], value: *mut PyObject, kept: &mut Kept) {
        if kept.count >= kept.most || value.is_null() {
            kept.length += 1;
            return;
        }
        let long = name.len() > limits::NAME;
        let action = if long { ValueAction::Redact } else { self.attributes.action(name) };
        if action == ValueAction::Drop {
            self.counts.dropped(ValueKind::Attr);
            return;
        }
        kept.length += 1;
        let before = self.out.mark();
        let shown = if long { &b"\xe2\x80\xa6"[..] } else { name };
        // SAFETY: the caller's promise.
        if self.out.text(shown) && unsafe { self.attribute_value(value, action, kept.depth + 1) } {
            kept.count += 1;
        } else {
            self.out.back_to(before);
            kept.most = kept.count;
        }
    }

    /// The built-in content of an instance of a subclass. It always fits: what has no room is written as cut.
    unsafe fn content(&mut self, object: *mut PyObject, content: &Content, depth: usize) -> bool {
        let before = self.out.mark();
        // SAFETY: the caller's promise; `content` says what the object is.
        let written = unsafe {
            match content {
                Content::Other | Content::Fields(_) => true,
                Content::Int => number::write(self.python, object, self.out),
                Content::Float => self.out.float(ffi::PyFloat_AsDouble(object)),
                Content::Complex => {
                    self.out.complex(ffi::PyComplex_RealAsDouble(object), ffi::PyComplex_ImagAsDouble(object))
                }
                Content::Str => text::write(self.python, object, limits::text(depth), self.temp, self.out),
                Content::Bytes => text::write_bytes(object, false, limits::text(depth), self.out),
                Content::ByteArray => text::write_bytes(object, true, limits::text(depth), self.out),
                Content::Container(class) => self.container(object, *class, depth),
                Content::Exception => match self.python.layout.exception_args {
                    Some(at) => self.arguments_of(field(object.cast(), at), depth),
                    None => self.out.cut(),
                },
                Content::Scalar(kind) => {
                    let name = Name::new();
                    self.scalar(*kind, object, &name)
                }
                Content::Deque => self.deque(object, depth),
            }
        };
        if !written {
            self.out.back_to(before);
            return self.out.cut();
        }
        true
    }
}

/// What an instance of a subclass of a built-in is underneath.
enum Content {
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    ByteArray,
    Container(*mut PyTypeObject),
    /// A named tuple: its `_fields`, borrowed.
    Fields(*mut PyObject),
    Exception,
    Scalar(Kind),
    Deque,
    Other,
}
/// How many attributes were kept so far, of how many.
struct Kept {
    most: usize,
    depth: usize,
    count: usize,
    length: usize,
}

/// Stands for a number of attributes until it is known; two bytes long.
const UNKNOWN: u64 = 0x3fff;
