//! What the bytes of a data file were when it was written, as a part of its name.
//!
//! Parquet and zstd do not notice a byte that was changed inside a page, and a file can be replaced by
//! another one that is just as good. So a file is named `<uuid>-<digest>.zstd.parquet`, after
//! `sorted-` when a compaction made it, where the digest is the first half of
//! the SHA-256 of its bytes, in hexadecimal digits. The name is in the Delta log.

use sha2::{Digest as _, Sha256};

const EXTENSION: &str = ".zstd.parquet";

/// Bytes of the digest that are named.
const LENGTH: usize = 16;

/// A name that no other file has, for these bytes.
pub(super) fn file_name(bytes: &[u8]) -> String {
    let mut digest = Digest::default();
    digest.update(bytes);
    format!("{}-{}{EXTENSION}", uuid::Uuid::new_v4(), digest.finish())
}

/// The digest that a file's path names; `None` for files of other writers and of older versions.
#[must_use]
pub fn digest_of_name(path: &str) -> Option<&str> {
    let (_, digest) = path.strip_suffix(EXTENSION)?.rsplit_once('-')?;
    let is_digest = digest.len() == 2 * LENGTH && digest.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then_some(digest)
}

/// The digest of bytes that come bit by bit.
#[derive(Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all, as names have it.
    #[must_use]
    pub fn finish(self) -> String {
        self.0.finalize()[..LENGTH].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_the_bytes_were() {
        let name = file_name(b"abc");
        assert_eq!(digest_of_name(&name), Some("ba7816bf8f01cfea414140de5dae2223"), "{name}");
        assert_ne!(name, file_name(b"abc"));
    }

    #[test]
    fn a_name_of_another_writer_says_nothing() {
        for name in [
            "date=2026-01-05/0b5a2c1e-3d0f-4f43-9a36-1f2d6e1f7a11.zstd.parquet",
            "part-00000-0b5a2c1e-3d0f-4f43-9a36-1f2d6e1f7a11-c000.snappy.parquet",
            "ba7816bf8f01cfea414140de5dae2223.parquet",
        ] {
            assert_eq!(digest_of_name(name), None, "{name}");
        }
    }
}
