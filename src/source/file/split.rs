//! A file to the pieces that are delivered: lines, elements of an array, or whole values.
//!
//! Only brackets and strings are followed here; whether a piece is JSON is decided when it is
//! decoded, so that a broken piece becomes a dead letter with its place.

use std::io::{self, BufRead};
use std::mem;

use bytes::Bytes;
use memchr::memchr;

use super::at_end;
use crate::source::Place;

/// The longest record that is put together from several lines: what a message may hold, in bytes.
const LONGEST_TORN: usize = 1 << 20;

/// One piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Value {
        bytes: Bytes,
        /// Bytes of the file up to here.
        end: u64,
        place: Place,
    },
    /// A last line that is neither finished by a new-line nor complete JSON.
    Incomplete {
        bytes: Bytes,
        /// Bytes of the file up to here.
        end: u64,
        line: u64,
    },
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    /// Elements of one array that fills the file.
    Elements,
    /// Values over several lines, one after the other.
    Values,
}

#[derive(Debug)]
pub(super) struct Splitter {
    form: Form,
    longest: usize,
    position: u64,
    count: u64,
    inside_array: bool,
    /// Lines that were read together and not yet handed on.
    block: Bytes,
}

impl Splitter {
    /// Tells the form of a file by how it begins.
    pub(super) fn new(head: &[u8], longest: usize) -> Self {
        Self {
            form: form(head),
            longest,
            position: 0,
            count: 0,
            inside_array: false,
            block: Bytes::new(),
        }
    }

    /// Bytes of the file that have been read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn next(&mut self, reader: &mut impl BufRead) -> io::Result<Unit> {
        match self.form {
            Form::Lines => self.line(reader),
            Form::Elements | Form::Values => self.value(reader),
        }
    }

    fn line(&mut self, reader: &mut impl BufRead) -> io::Result<Unit> {
        loop {
            let mut line = self.whole_line(reader)?;
            if line.is_empty() {
                return Ok(Unit::End);
            }
            self.count += 1;
            let number = self.count;
            if seems_torn(&line) {
                line = self.mended(line, reader)?;
            }
            if line.len() > self.longest + 1 {
                return Err(too_long(self.longest));
            }
            if !line.ends_with(b"\n") && !is_complete(&line) {
                let end = self.position + line.len() as u64;
                return Ok(Unit::Incomplete { bytes: line, end, line: number });
            }
            let begin = self.position;
            self.position += line.len() as u64;
            let text = line.trim_ascii_end().len();
            if text > 0 {
                // A new-line that is written later must not move the end of what was taken.
                let end = begin + text as u64;
                let place = Place::Line(number);
                return Ok(Unit::Value { bytes: line.slice(..text), end, place });
            }
        }
    }

    /// A record with new-lines inside a string, which some forwarders leave as they are: the line together
    /// with those that follow and begin no record, as long as it is no longer than a message may be.
    fn mended(&mut self, line: Bytes, reader: &mut impl BufRead) -> io::Result<Bytes> {
        let mut scan = Scan::default();
        let mut is_whole = scan.advance(&line).1;
        let mut mended = Vec::from(line);
        while !is_whole && scan.in_string && mended.len() < LONGEST_TORN {
            match self.following(reader)? {
                None | Some(b'{' | b'[') => break,
                Some(_) => {
                    let next = self.whole_line(reader)?;
                    is_whole = scan.advance(&next).1;
                    mended.extend_from_slice(&next);
                    self.count += 1;
                }
            }
        }
        Ok(mended.into())
    }

    /// The byte with which the next line begins.
    fn following(&self, reader: &mut impl BufRead) -> io::Result<Option<u8>> {
        match self.block.first() {
            Some(byte) => Ok(Some(*byte)),
            None => Ok(reader.fill_buf()?.first().copied()),
        }
    }

    /// The next line with its new-line; what the file ends with may have none. Lines share the memory of
    /// the block that they were read in.
    fn whole_line(&mut self, reader: &mut impl BufRead) -> io::Result<Bytes> {
        if let Some(end) = memchr(b'\n', &self.block) {
            return Ok(self.block.split_to(end + 1));
        }
        let mut block = Vec::from(mem::take(&mut self.block));
        loop {
            let buffer = reader.fill_buf()?;
            let (begin, read) = (block.len(), buffer.len());
            block.extend_from_slice(buffer);
            let found = memchr(b'\n', buffer);
            reader.consume(read);
            if read == 0 || found.is_some() || block.len() > self.longest {
                self.block = Bytes::from(block);
                let end = found.map_or(self.block.len(), |at| begin + at + 1);
                return Ok(self.block.split_to(end));
            }
        }
    }

    fn value(&mut self, reader: &mut impl BufRead) -> io::Result<Unit> {
        self.skip_between(reader)?;
        if self.form == Form::Elements && !self.inside_array && !at_end(reader)? {
            self.consume(reader, 1);
            self.inside_array = true;
            self.skip_between(reader)?;
        }
        if at_end(reader)? {
            return Ok(Unit::End);
        }
        let bytes = Bytes::from(self.scan(reader)?);
        self.count += 1;
        Ok(Unit::Value { bytes, end: self.position, place: Place::Value(self.count) })
    }

    /// Reads up to the end of the value that begins here.
    fn scan(&mut self, reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut scan = Scan::default();
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(bytes);
            }
            let (taken, done) = scan.advance(buffer);
            bytes.extend_from_slice(&buffer[..taken]);
            self.consume(reader, taken);
            if done {
                return Ok(bytes);
            }
            if bytes.len() > self.longest {
                return Err(too_long(self.longest));
            }
        }
    }

    /// Passes over white space, commas and a byte order mark, and the end of the array.
    fn skip_between(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        loop {
            let buffer = reader.fill_buf()?;
            let closes = self.inside_array;
            let between = |byte: &u8| {
                byte.is_ascii_whitespace()
                    || matches!(byte, b',' | 0xef | 0xbb | 0xbf)
                    || (closes && *byte == b']')
            };
            let count = buffer.iter().take_while(|byte| between(byte)).count();
            let whole = count > 0 && count == buffer.len();
            self.consume(reader, count);
            if !whole {
                return Ok(());
            }
        }
    }

    fn consume(&mut self, reader: &mut impl BufRead, count: usize) {
        reader.consume(count);
        self.position += count as u64;
    }
}

/// Follows brackets and strings to the end of a value.
#[derive(Debug, Default)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

impl Scan {
    /// How many of these bytes belong to the value, and whether it ends with them.
    fn advance(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (index, byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (index + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return (index + 1, true),
                b'}' | b']' | b',' if self.depth == 0 && self.scalar => return (index, true),
                // A stray closing bracket is a piece of its own.
                b'}' | b']' => return (index + 1, true),
                byte if byte.is_ascii_whitespace() && self.depth == 0 => return (index, true),
                _ => self.scalar |= self.depth == 0,
            }
        }
        (bytes.len(), false)
    }
}

fn form(head: &[u8]) -> Form {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole_line = first_line.len() < text.len();
    match text.first() {
        Some(b'[') if !(whole_line && is_complete(first_line)) => Form::Elements,
        Some(b'{') if whole_line && !is_complete(first_line) && spans_lines(text) => Form::Values,
        _ => Form::Lines,
    }
}

/// Whether the first value ends on a later line than it begins, rather than being a broken line.
fn spans_lines(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.next();
    let second = lines.find(|line| !line.is_empty()).unwrap_or_default();
    !second.starts_with(b"{\"records\"") && !is_complete(second) || second.starts_with(b"\"")
}

/// Whether a line begins an object that does not seem to end with it.
fn seems_torn(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.starts_with(b"{") && !text.ends_with(b"}")
}

/// The first record of a message body, as far as a file's head holds it.
pub(super) fn first_record(head: &[u8]) -> Option<&[u8]> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let after = |text: &'_ [u8], token: &[u8]| -> Option<usize> {
        let space = text.len() - text.trim_ascii_start().len();
        text[space..].starts_with(token).then_some(space + token.len())
    };
    let mut rest = text;
    for token in [&b"{"[..], b"\"records\"", b":", b"["] {
        rest = &rest[after(rest, token)?..];
    }
    let record = rest.trim_ascii_start();
    match Scan::default().advance(record) {
        (length, true) if record.starts_with(b"{") => Some(&record[..length]),
        _ => None,
    }
}

fn is_complete(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || Scan::default().advance(line) == (line.len(), true)
}

pub(super) fn too_long(longest: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("a line or value is longer than {} MiB", longest >> 20),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let mut splitter = Splitter::new(text.as_bytes(), 1000);
        // A tiny buffer, so that every value crosses buffers.
        let mut reader = io::BufReader::with_capacity(3, text.as_bytes());
        let mut out = Vec::new();
        loop {
            match splitter.next(&mut reader).unwrap() {
                Unit::Value { bytes, end, place } => {
                    out.push(format!("{place}@{end}: {}", str::from_utf8(&bytes).unwrap()));
                }
                Unit::Incomplete { line, .. } => {
                    out.push(format!("line {line} incomplete"));
                    return out;
                }
                Unit::End => return out,
            }
        }
    }

    #[test]
    fn lines_are_delivered_as_they_are() {
        assert_eq!(split("{\"a\":1}\r\n\n[2]\n"), ["line 1@7: {\"a\":1}", "line 3@13: [2]"]);
        assert_eq!(split("{\"a\":1}"), ["line 1@7: {\"a\":1}"]);
        assert_eq!(split(""), Vec::<String>::new());
    }

    #[test]
    fn an_unfinished_last_line_is_left() {
        assert_eq!(split("{\"a\":1}\n{\"b\":"), ["line 1@7: {\"a\":1}", "line 2 incomplete"]);
    }

    #[test]
    fn a_broken_line_does_not_swallow_the_next() {
        assert_eq!(split("{\"a\":\n{\"b\":2}\n"), ["line 1@5: {\"a\":", "line 2@13: {\"b\":2}"]);
    }

    #[test]
    fn new_lines_inside_a_record_do_not_tear_it() {
        assert_eq!(
            split("[1]\n{\"a\":\"x\ny}\nz\"}\n{\"b\":2}\n"),
            ["line 1@3: [1]", "line 2@18: {\"a\":\"x\ny}\nz\"}", "line 5@26: {\"b\":2}"]
        );
        for (rest, line) in [("{\"a\":\"x\n[2]\n", "{\"a\":\"x"), ("{\"a\":7\n8\n", "{\"a\":7")] {
            let pieces = split(&format!("[1]\n{rest}"));
            assert!(pieces.len() == 3 && pieces[1].ends_with(line), "{pieces:?}");
        }
        assert_eq!(split("[1]\n{\"a\":\"x\ny"), ["line 1@3: [1]", "line 2 incomplete"]);
    }

    #[test]
    fn the_first_record_of_a_body_tells_it_whether_it_is_whole_or_not() {
        let first = &b"{\"a\":\"]}\"}"[..];
        for body in ["{\"records\":[{\"a\":\"]}\"},{\"b", " { \"records\" : [ {\"a\":\"]}\"} ] }\n"]
        {
            assert_eq!(first_record(body.as_bytes()), Some(first), "{body}");
        }
        for other in ["{\"records\":[]}", "{\"records\":[{\"a", "{\"a\":1}", ""] {
            assert_eq!(first_record(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn an_array_is_delivered_by_its_elements() {
        let text = "[\n {\"a\":\"]}\\\"\"},\n {\"b\":[1,{}]}, 7, \"x\"\n]\n";
        assert_eq!(
            split(text),
            [
                "value 1@15: {\"a\":\"]}\\\"\"}",
                "value 2@30: {\"b\":[1,{}]}",
                "value 3@33: 7",
                "value 4@38: \"x\""
            ]
        );
        assert_eq!(split("[]"), Vec::<String>::new());
    }

    #[test]
    fn a_value_over_several_lines_is_one_piece() {
        assert_eq!(split("{\n \"records\": [\n  {\"a\":1}\n ]\n}\n").len(), 1);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let text = "x".repeat(5000);
        let mut splitter = Splitter::new(text.as_bytes(), 1000);
        assert!(splitter.next(&mut text.as_bytes()).is_err());
    }
}
