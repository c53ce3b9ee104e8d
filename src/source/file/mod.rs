//! Files as a source: NDJSON of records or of message bodies, JSON arrays and documents, CSV exports,
//! plain, gzip or zstd, UTF-8 or UTF-16; a directory of them; standard input.
//!
//! A file's position is the number of (decompressed) bytes that were taken, and its identity is
//! its path together with a hash of how it begins (of CSV, the header and the first row): reading it again adds nothing, a file that grew
//! is continued, and another file under the same name is another source.

mod csv;
mod split;
mod walk;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use encoding_rs_io::DecodeReaderBytesBuilder;
use sha2::{Digest, Sha256};

pub use walk::{ANSWER_SHEET, expand};

use super::{Delivery, Place};
use csv::CsvRows;
use split::{Splitter, Unit};

/// Bytes that are looked at to tell the form of a file and to identify it.
const HEAD: u64 = 64 * 1024;

/// Bytes that are read at once: few enough to stay in the processor's cache until they are decoded.
const BLOCK: usize = 256 * 1024;

/// A file that nobody has written to for so long is one that nobody is writing.
const AT_REST: Duration = Duration::from_secs(60);

/// The longest line or value, in bytes; Event Hubs' own limit is 1 MiB a message.
const LONGEST_UNIT: usize = 64 * 1024 * 1024;

/// A file that cannot be read, and where.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or listed.
    #[error("cannot read {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It ends in the middle, or its compression is broken.
    #[error(
        "{path} cannot be read past byte {byte} (decompressed): {source}; what comes before is taken, mend the file and run again"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Bytes that could be read.
        byte: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// The file lost what was taken from it.
    #[error(
        "{path} has {length} bytes, but {taken} were taken from it before: it was cut or written anew; give a new file another name"
    )]
    Shrunk {
        /// The file.
        path: PathBuf,
        /// Bytes that it has.
        length: u64,
        /// Bytes that were taken.
        taken: u64,
    },
    /// A directory without a file of a kind that is read.
    #[error(
        "no file to read in {path}: entralog reads .json, .ndjson, .jsonl, .log and .csv, also with .gz or .zst"
    )]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
    /// Its form is not one that can be taken in; nothing of it was.
    #[error("{path}: {why}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: Refusal,
    },
}

/// Why nothing is taken from a file, and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Times of a CSV export in another zone.
    #[error(
        "the times in `{column}` are not UTC; export it again with the portal's time zone set to UTC"
    )]
    NotUtc {
        /// The header.
        column: String,
    },
    /// A CSV file that is not of a log, or lacks its time.
    #[error(
        "the first line names no column `TimeGenerated`, nor `CreatedDateTime` or `ActivityDateTime`; entralog reads CSV as the Log Analytics portal exports it, with commas, so export it again with that column"
    )]
    NoTime,
    /// What the Entra admin center lets download of sign-ins and changes.
    #[error(
        "this is a download of the Entra admin center, which has other columns than the logs and leaves many out; export the same days from Log Analytics (`SigninLogs` or `AuditLogs`, as CSV), or stream the logs by a diagnostic setting"
    )]
    AdminCenter,
    /// Rows that do not say their table.
    #[error(
        "its rows do not say their table (no `Type`, and columns that several tables have); say it with --table, such as --table SigninLogs"
    )]
    NoTable,
    /// A file that is not of the form that was asked for.
    #[error(
        "this is {found}, not {asked}; leave --format out, or take in the other files without this one"
    )]
    OtherForm {
        /// What it is.
        found: &'static str,
        /// What was asked for.
        asked: &'static str,
    },
}

/// A file that is open, with its identity.
pub struct FileSource {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// Its name in the lake's `txn` actions.
    pub source_id: Arc<str>,
    reader: Reader,
    head: Vec<u8>,
    is_csv: bool,
    grows: bool,
}

type Reader = BufReader<Box<dyn Read + Send>>;

/// A part of a file.
#[derive(Debug)]
pub struct Piece {
    /// What is to be taken in.
    pub delivery: Delivery,
    /// Bytes at the front of its body that were delivered before, when the file ended there; 0 mostly.
    pub seen: usize,
}

/// How a file ended.
#[derive(Debug)]
pub enum End {
    /// Everything in it was handed on.
    Complete,
    /// The last line is not finished and was not handed on.
    Incomplete {
        /// The line, counted from 1.
        line: u64,
        /// What there is of it.
        rest: Piece,
        /// Whether somebody may still be writing it.
        grows: bool,
    },
    /// The receiver wants no more.
    Stopped,
}

impl FileSource {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// The file cannot be opened or decompressed.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Open { path: path.into(), source };
        let standard_input = path == Path::new("-");
        let raw: Box<dyn Read + Send> = if standard_input {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).map_err(failed)?)
        };
        let (reader, is_compressed) = decompress(raw).map_err(failed)?;
        let reader = utf8(reader).map_err(failed)?;
        let grows = !standard_input && !is_compressed && !is_at_rest(path);
        let (head, reader) = beginning(reader, HEAD).map_err(failed)?;
        let reader = BufReader::with_capacity(BLOCK, reader);
        let is_csv = csv::is_csv(&path.to_string_lossy(), &head);
        if is_csv {
            let refused = |why| FileError::Refused { path: path.into(), why };
            csv::check_header(&head).map_err(refused)?;
        }
        let source_id = if standard_input {
            // Standard input has no past: every run of it is a source of its own.
            format!("stdin:{}", uuid::Uuid::new_v4())
        } else {
            let absolute = path.canonicalize().map_err(failed)?;
            format!("file:{}?{}", absolute.display(), fingerprint(&head, is_csv))
        };
        Ok(Self { path: path.into(), source_id: source_id.into(), reader, head, is_csv, grows })
    }

    /// Whether it is a CSV export; else its content is JSON, or nothing that can be read.
    #[must_use]
    pub fn is_csv(&self) -> bool {
        self.is_csv
    }

    /// The body that is delivered first, as far as the head of the file holds it.
    #[must_use]
    pub fn first_body(&self) -> Option<Bytes> {
        match Pieces::new(&self.head, self.is_csv).next(&mut io::Cursor::new(&self.head)) {
            Ok(Unit::Value { bytes, .. } | Unit::Incomplete { bytes, .. }) => Some(bytes),
            _ => None,
        }
    }

    /// How the file begins, at most 64 KiB, decompressed.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The whole content.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    pub fn read_all(mut self) -> Result<Vec<u8>, FileError> {
        let mut content = Vec::new();
        match self.reader.read_to_end(&mut content) {
            Ok(_) => Ok(content),
            Err(source) => {
                Err(FileError::Broken { path: self.path, byte: content.len() as u64, source })
            }
        }
    }

    /// Hands on everything after the position `taken`; stops when `receive` returns false.
    ///
    /// # Errors
    /// The file cannot be read; what came before has been handed on.
    pub fn read(
        mut self,
        taken: Option<i64>,
        mut receive: impl FnMut(Piece) -> bool,
    ) -> Result<End, FileError> {
        let taken = u64::try_from(taken.unwrap_or(0)).unwrap_or(0);
        let mut pieces = Pieces::new(&self.head, self.is_csv);
        // Of a row of CSV nothing is taken before all of it is, and its body is not what stands in the file.
        let seen = if self.is_csv { 0 } else { taken };
        loop {
            let unit = match pieces.next(&mut self.reader) {
                Ok(unit) => unit,
                Err(source) => {
                    return Err(FileError::Broken {
                        path: self.path,
                        byte: pieces.position(),
                        source,
                    });
                }
            };
            match unit {
                Unit::Value { bytes, end, place } if end > taken => {
                    if !receive(piece(&self.source_id, bytes, end, seen, place)) {
                        return Ok(End::Stopped);
                    }
                }
                Unit::Value { .. } => {}
                Unit::Incomplete { bytes, end, line } => {
                    if end <= taken {
                        return Ok(End::Complete);
                    }
                    let rest = piece(&self.source_id, bytes, end, seen, Place::Line(line));
                    return Ok(End::Incomplete { line, rest, grows: self.grows });
                }
                Unit::End if pieces.position() < taken => {
                    return Err(FileError::Shrunk {
                        path: self.path,
                        length: pieces.position(),
                        taken,
                    });
                }
                Unit::End => return Ok(End::Complete),
            }
        }
    }
}

/// A file in pieces.
enum Pieces {
    Json(Splitter),
    Csv(Box<CsvRows>),
}

impl Pieces {
    fn new(head: &[u8], is_csv: bool) -> Self {
        if is_csv {
            Self::Csv(Box::new(CsvRows::new(LONGEST_UNIT)))
        } else {
            Self::Json(Splitter::new(head, LONGEST_UNIT))
        }
    }

    fn next(&mut self, reader: &mut impl BufRead) -> io::Result<Unit> {
        match self {
            Self::Json(splitter) => splitter.next(reader),
            Self::Csv(rows) => rows.next(reader),
        }
    }

    /// Bytes of the file that have been read.
    fn position(&self) -> u64 {
        match self {
            Self::Json(splitter) => splitter.position(),
            Self::Csv(rows) => rows.position(),
        }
    }
}

/// The piece that ends at `end`, of which everything up to `taken` was delivered before.
fn piece(source_id: &Arc<str>, body: Bytes, end: u64, taken: u64, place: Place) -> Piece {
    let position = i64::try_from(end).unwrap_or(i64::MAX);
    let begin = end.saturating_sub(body.len() as u64);
    let seen = usize::try_from(taken.saturating_sub(begin)).unwrap_or(0);
    Piece { delivery: Delivery { source_id: Arc::clone(source_id), position, place, body }, seen }
}

/// Whether nobody seems to be writing a file any more.
fn is_at_rest(path: &Path) -> bool {
    let modified = path.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > AT_REST))
}

/// Tells gzip and zstd by their first bytes, whatever the file is called; whether it is one of them.
fn decompress(raw: Box<dyn Read + Send>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let (magic, whole) = beginning(raw, 4)?;
    Ok(if magic.starts_with(&[0x1f, 0x8b]) {
        (Box::new(flate2::read::MultiGzDecoder::new(whole)), true)
    } else if magic == [0x28, 0xb5, 0x2f, 0xfd] {
        (Box::new(zstd::stream::read::Decoder::new(whole)?), true)
    } else {
        (whole, false)
    })
}

/// Text in UTF-16, as Windows PowerShell writes and marks it, as UTF-8.
fn utf8(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let (mark, whole) = beginning(raw, 2)?;
    Ok(if mark == [0xff, 0xfe] || mark == [0xfe, 0xff] {
        Box::new(DecodeReaderBytesBuilder::new().build(whole))
    } else {
        whole
    })
}

/// The first bytes, and a reader that gives them too.
fn beginning(
    mut reader: Box<dyn Read + Send>,
    length: u64,
) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut first = Vec::new();
    // A broken compressed file may still hold something before the break.
    let failure = (&mut reader).take(length).read_to_end(&mut first).err();
    let rest: Box<dyn Read + Send> = match failure {
        Some(error) if first.is_empty() => return Err(error),
        Some(error) => Box::new(Failing(Some(error))),
        None => reader,
    };
    let whole = io::Cursor::new(first.clone()).chain(rest);
    Ok((first, Box::new(whole)))
}

/// Reports an error where it was met, after the bytes before it.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A hash of the first line, element or value, which stays when the file grows; of a message body, of its
/// first record, which stays when the body was cut off there and is completed. Of a file that does not have a
/// whole one yet, a hash of how it begins.
fn fingerprint(head: &[u8], is_csv: bool) -> String {
    // A header says only which columns were exported.
    if is_csv && let Some(telling) = csv::beginning(head) {
        return hash(telling);
    }
    if let Some(record) = split::first_record(head) {
        return hash(record);
    }
    let longest = HEAD as usize;
    let first = Splitter::new(head, longest).next(&mut io::Cursor::new(head));
    let telling = match first {
        Ok(Unit::Value { bytes, .. }) if bytes.len() < longest => bytes,
        _ => Bytes::copy_from_slice(&head[..head.len().min(4096)]),
    };
    hash(&telling)
}

fn hash(telling: &[u8]) -> String {
    Sha256::digest(telling).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the reader has nothing more.
fn at_end(reader: &mut impl BufRead) -> io::Result<bool> {
    Ok(reader.fill_buf()?.is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn write(path: &Path, bytes: &[u8]) {
        File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn read(path: &Path, taken: Option<i64>) -> (Vec<(i64, String)>, Result<End, FileError>) {
        let mut seen = Vec::new();
        let end = FileSource::open(path).unwrap().read(taken, |Piece { delivery, .. }| {
            seen.push((delivery.position, str::from_utf8(&delivery.body).unwrap().to_owned()));
            true
        });
        (seen, end)
    }

    #[test]
    fn a_file_that_grew_is_continued_and_keeps_its_identity() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.ndjson");
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(70));
        write(&path, line.as_bytes());
        let before = FileSource::open(&path).unwrap().source_id;
        let (seen, _) = read(&path, None);
        let taken = seen[0].0;
        write(&path, format!("{line}{{\"b\":2}}\n").as_bytes());
        assert_eq!(FileSource::open(&path).unwrap().source_id, before);
        let (seen, end) = read(&path, Some(taken));
        assert_eq!((seen.len(), seen[0].1.as_str()), (1, "{\"b\":2}"));
        assert!(matches!(end, Ok(End::Complete)));
    }

    #[test]
    fn gzip_and_zstd_are_read_whatever_their_name() {
        let directory = tempfile::tempdir().unwrap();
        let text = b"{\"a\":1}\n{\"b\":2}\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let gzip = gzip.finish().unwrap();
        for bytes in [gzip.clone(), zstd::encode_all(&text[..], 1).unwrap()] {
            let path = directory.path().join("x");
            write(&path, &bytes);
            let (seen, end) = read(&path, None);
            assert!(matches!((seen.len(), end), (2, Ok(End::Complete))));
        }
    }

    #[test]
    fn a_truncated_gzip_file_gives_what_it_holds_and_says_where_it_broke() {
        let directory = tempfile::tempdir().unwrap();
        let lines: String =
            (0..5000).map(|n| format!("{{\"n\":{n},\"h\":\"{:x}\"}}\n", n * 7919)).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(lines.as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap();
        let path = directory.path().join("cut.ndjson.gz");
        write(&path, &bytes[..bytes.len() / 2]);
        let (seen, end) = read(&path, None);
        assert!(seen.len() > 100, "{}", seen.len());
        let error = end.unwrap_err().to_string();
        assert!(error.contains("cut.ndjson.gz") && error.contains("past byte"), "{error}");
    }

    #[test]
    fn a_file_that_lost_bytes_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.ndjson");
        write(&path, b"{\"a\":1}\n");
        let error = read(&path, Some(1000)).1.unwrap_err().to_string();
        assert!(error.contains("has 8 bytes, but 1000 were taken"), "{error}");
    }
}
