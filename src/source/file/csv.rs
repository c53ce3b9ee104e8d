//! A CSV export of Log Analytics to its rows, each as a JSON object of its cells.
//!
//! The portal writes a header of column names, `TimeGenerated [UTC]` for a time, and quotes cells with
//! commas, quotes and new-lines in them. An empty cell is no value. A row that does not have the
//! header's number of cells, or is not UTF-8, is handed on as it was written.

use std::io::{self, BufRead};

use bytes::Bytes;
use csv_core::ReadRecordResult;

use super::Refusal;
use super::split::{Unit, too_long};
use crate::source::Place;

/// The column that makes a file one of Log Analytics' rows.
const TIME_GENERATED: &str = "TimeGenerated";

/// Columns that say when a row belongs, in order of preference: a query may have left the first out.
const TIMES: [&str; 3] = [TIME_GENERATED, "CreatedDateTime", "ActivityDateTime"];

/// The time in what the Entra admin center itself lets download.
const ADMIN_CENTER_TIME: &str = "Date (";

#[derive(Debug)]
pub(super) struct CsvRows {
    records: Records,
    longest: usize,
    /// The names of the columns as JSON strings, once the header was read.
    keys: Option<Vec<String>>,
    rows: u64,
}

impl CsvRows {
    pub(super) fn new(longest: usize) -> Self {
        Self { records: Records::new(longest), longest, keys: None, rows: 0 }
    }

    /// Bytes of the file that have been read.
    pub(super) fn position(&self) -> u64 {
        self.records.position
    }

    pub(super) fn next(&mut self, reader: &mut impl BufRead) -> io::Result<Unit> {
        if self.keys.is_none() && self.records.read(reader)? {
            let keys = self.records.cells().map(|cell| json_string(column(&lossy(cell))));
            self.keys = Some(keys.collect());
        }
        if !self.records.read(reader)? {
            return Ok(Unit::End);
        }
        if self.records.raw.len() > self.longest {
            return Err(too_long(self.longest));
        }
        self.rows += 1;
        let keys = self.keys.as_deref().unwrap_or_default();
        let bytes = self.records.text();
        let is_whole = self.records.count() == keys.len();
        let is_complete = self.records.is_finished() || (is_whole && has_even_quotes(bytes));
        if !is_complete {
            let (bytes, end) = (Bytes::copy_from_slice(bytes), self.records.position);
            return Ok(Unit::Incomplete { bytes, end, line: self.rows });
        }
        let json = if is_whole { self.records.json(keys) } else { None };
        Ok(Unit::Value {
            bytes: json.map_or_else(|| Bytes::copy_from_slice(bytes), Bytes::from),
            end: self.records.end(),
            place: Place::Row(self.rows),
        })
    }
}

/// Whether a file is a CSV export: by its name, or by its header.
pub(super) fn is_csv(name: &str, head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"[") {
        return false;
    }
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    plain.ends_with(".csv") || header(head).iter().any(|cell| column(cell) == TIME_GENERATED)
}

/// Says what keeps a header from being that of a log.
pub(super) fn check_header(head: &[u8]) -> Result<(), Refusal> {
    let header = header(head);
    let named = |name: &str| header.iter().find(|cell| cell.split(" [").next() == Some(name));
    let Some(time) = TIMES.iter().find_map(|name| named(name)) else {
        let is_of_admin_center = header.iter().any(|cell| cell.starts_with(ADMIN_CENTER_TIME));
        return match header.is_empty() {
            true => Ok(()),
            false if is_of_admin_center => Err(Refusal::AdminCenter),
            false => Err(Refusal::NoTime),
        };
    };
    let is_utc = TIMES.contains(&column(time));
    if is_utc { Ok(()) } else { Err(Refusal::NotUtc { column: time.clone() }) }
}

/// The header and the first row, if there is one: what tells an export from another of its kind.
pub(super) fn beginning(head: &[u8]) -> Option<&[u8]> {
    let mut rows = CsvRows::new(head.len());
    match rows.next(&mut io::Cursor::new(head)) {
        Ok(Unit::Value { end, .. }) => head.get(..usize::try_from(end).ok()?),
        _ => None,
    }
}

fn header(head: &[u8]) -> Vec<String> {
    let mut records = Records::new(head.len());
    match records.read(&mut io::Cursor::new(head)) {
        Ok(true) => records.cells().map(lossy).collect(),
        _ => Vec::new(),
    }
}

/// The column that a header means: `TimeGenerated [UTC]` is `TimeGenerated`. A time in another zone
/// keeps its zone in its name, because it is not what the column holds.
fn column(header: &str) -> &str {
    let name = header.strip_suffix(']').and_then(|rest| rest.rsplit_once(" ["));
    match name {
        Some((name, zone)) if zone.eq_ignore_ascii_case("utc") => name,
        _ => header,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether every quote that was opened is closed.
fn has_even_quotes(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'"', bytes).count().is_multiple_of(2)
}

/// Records of a CSV text, with the bytes that each was written as.
#[derive(Debug)]
struct Records {
    parser: csv_core::Reader,
    longest: usize,
    position: u64,
    raw: Vec<u8>,
    cells: Vec<u8>,
    /// Where in `cells` each cell ends.
    ends: Vec<usize>,
    count: usize,
}

impl Records {
    fn new(longest: usize) -> Self {
        Self {
            parser: csv_core::Reader::new(),
            longest,
            position: 0,
            raw: Vec::new(),
            cells: vec![0; 4096],
            ends: vec![0; 128],
            count: 0,
        }
    }

    /// Reads the next record; false when there is none.
    fn read(&mut self, reader: &mut impl BufRead) -> io::Result<bool> {
        self.raw.clear();
        self.count = 0;
        let mut written = 0;
        loop {
            let buffer = reader.fill_buf()?;
            let (cells, ends) = (&mut self.cells[written..], &mut self.ends[self.count..]);
            let (result, taken, wrote, ended) = self.parser.read_record(buffer, cells, ends);
            self.raw.extend_from_slice(&buffer[..taken]);
            reader.consume(taken);
            self.position += taken as u64;
            written += wrote;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty if self.raw.len() > self.longest => {
                    return Err(too_long(self.longest));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    fn count(&self) -> usize {
        self.count
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let ends = &self.ends[..self.count];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).map(|(start, end)| &self.cells[start..*end])
    }

    /// The record without the new-lines around it.
    fn text(&self) -> &[u8] {
        let begin = self.raw.iter().take_while(|byte| is_newline(byte)).count();
        without_newline(&self.raw[begin..])
    }

    fn is_finished(&self) -> bool {
        self.raw.ends_with(b"\n") || self.raw.ends_with(b"\r")
    }

    /// The position after the record; a new-line that is written later does not move it.
    fn end(&self) -> u64 {
        self.position - (self.raw.len() - without_newline(&self.raw).len()) as u64
    }

    /// The cells under their keys; `None` when they are not text.
    fn json(&self, keys: &[String]) -> Option<Vec<u8>> {
        let mut json = String::with_capacity(self.raw.len() + 32 * keys.len());
        for (key, cell) in keys.iter().zip(self.cells()).filter(|(_, cell)| !cell.is_empty()) {
            json.push(if json.is_empty() { '{' } else { ',' });
            json.push_str(key);
            json.push(':');
            json.push_str(&json_string(std::str::from_utf8(cell).ok()?));
        }
        if json.is_empty() {
            json.push('{');
        }
        json.push('}');
        Some(json.into_bytes())
    }
}

/// Without the new-lines at its end.
fn without_newline(text: &[u8]) -> &[u8] {
    let count = text.iter().rev().take_while(|byte| is_newline(byte)).count();
    &text[..text.len() - count]
}

fn is_newline(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\u{feff}TimeGenerated [UTC],Id,\"Odd \"\"one\"\" [x]\"\r\n";

    fn rows(text: &[u8]) -> Vec<String> {
        let mut rows = CsvRows::new(10_000);
        // A tiny buffer, so that every row crosses buffers, but not the mark of UTF-8.
        let mut reader = io::BufReader::with_capacity(5, text);
        let mut out = Vec::new();
        loop {
            match rows.next(&mut reader).unwrap() {
                Unit::Value { bytes, end, place } => {
                    out.push(format!("{place}@{end}: {}", String::from_utf8_lossy(&bytes)));
                }
                Unit::Incomplete { line, .. } => {
                    out.push(format!("row {line} incomplete"));
                    return out;
                }
                Unit::End => return out,
            }
        }
    }

    fn after_header(text: &str) -> Vec<String> {
        rows(format!("{HEADER}{text}").as_bytes())
    }

    #[test]
    fn a_row_is_an_object_of_the_cells_that_have_a_value() {
        let text = "t,1,\"{\"\"a\"\":\n\"\"b,\"\"}\"\r\n,,\r\nt,,\"ü\"";
        assert_eq!(
            after_header(text),
            [
                r#"row 1@66: {"TimeGenerated":"t","Id":"1","Odd \"one\" [x]":"{\"a\":\n\"b,\"}"}"#,
                "row 2@70: {}",
                r#"row 3@79: {"TimeGenerated":"t","Odd \"one\" [x]":"ü"}"#,
            ]
        );
    }

    #[test]
    fn a_position_does_not_depend_on_what_comes_after_it() {
        for newline in ["\n", "\r\n", "\r"] {
            let whole = format!("t,1,x{newline}t,2,\"y\"{newline}t,3,{newline}");
            let all = after_header(&whole);
            assert_eq!(all.len(), 3);
            for end in 0..=whole.len() {
                let seen = after_header(&whole[..end]);
                let units = seen.iter().filter(|row| !row.ends_with("incomplete"));
                for (row, expected) in units.zip(&all) {
                    // What is cut within its last cell cannot be told from a whole row.
                    let position = |row: &str| row.split(": ").next().map(str::to_owned);
                    assert!(row == expected || position(row) < position(expected), "{row}");
                }
            }
        }
    }

    #[test]
    fn a_row_with_other_cells_than_the_header_is_left_as_it_is() {
        assert_eq!(after_header("t,1\nt,1,x\n")[0], "row 1@48: t,1");
        assert_eq!(after_header("t,1,x,y\n"), ["row 1@52: t,1,x,y"]);
        assert!(rows(b"a,b\n\xff,1\n")[0].starts_with("row 1@7: \u{fffd},1"));
    }

    #[test]
    fn an_unfinished_last_row_is_left() {
        assert_eq!(after_header("t,1"), ["row 1 incomplete"]);
        assert_eq!(after_header("t,1,\"x\ny"), ["row 1 incomplete"]);
    }

    #[test]
    fn a_csv_export_is_told_by_its_name_or_its_header() {
        assert!(is_csv("a.csv", b"anything"));
        assert!(is_csv("a.csv.gz", b""));
        assert!(is_csv("-", HEADER.as_bytes()));
        assert!(is_csv("a.log", b"Id,\"TimeGenerated\"\n"));
        assert!(!is_csv("a.log", b"Id,Name\n"));
        assert!(!is_csv("a.csv", b" {\"TimeGenerated\":1}"));
    }

    #[test]
    fn a_header_that_cannot_be_that_of_a_log_is_refused() {
        assert_eq!(check_header(HEADER.as_bytes()), Ok(()));
        assert_eq!(check_header(b"TimeGenerated,Type"), Ok(()));
        assert_eq!(check_header(b""), Ok(()));
        assert_eq!(check_header(b"Id,CreatedDateTime [UTC],Type\n"), Ok(()));
        assert_eq!(check_header(b"Id,Type\n"), Err(Refusal::NoTime));
        assert_eq!(check_header(b"Id;TimeGenerated\n"), Err(Refusal::NoTime));
        let download = b"\xef\xbb\xbfDate (UTC),Request ID,User,Username\n";
        assert_eq!(check_header(download), Err(Refusal::AdminCenter));
        let column = "TimeGenerated [Local Time]".to_owned();
        let head = format!("Id,{column}\n");
        assert_eq!(check_header(head.as_bytes()), Err(Refusal::NotUtc { column }));
    }
}
