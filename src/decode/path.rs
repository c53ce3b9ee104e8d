//! Values at known paths of a JSON text, all of them in one pass that ends with the last.

use std::borrow::Cow;

use super::json::unescaped;
use super::scan::{DEEPEST, Fault, Kind, Scanner, Span};

/// One step of a path into a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the value of a key of an object; of the first, if there are several.
    Key(&'static str),
    /// To an element of an array, counted from 0.
    Index(usize),
}

/// A value in a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The value as it was written.
    pub json: &'a str,
    /// What it is.
    pub kind: Kind,
}

impl<'a> Found<'a> {
    /// A string without its quotes and escapes, anything else as it was written; none for null and
    /// for strings that are not Unicode.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::Null => None,
            Kind::Text => Some(Cow::Borrowed(&self.json[1..self.json.len() - 1])),
            Kind::EscapedText => unescaped(self.json).map(Cow::Owned),
            Kind::Number | Kind::Boolean | Kind::Object | Kind::Array => {
                Some(Cow::Borrowed(self.json))
            }
        }
    }
}

/// Looks for the values at up to 16 paths, none of them empty, and puts them into `found`, which has
/// a place for each.
///
/// `false` when the text is no JSON as far as it was read: then `found` may lack values.
pub fn find<'a>(text: &'a str, paths: &[&[Step]], found: &mut [Option<Found<'a>>]) -> bool {
    debug_assert!(paths.len() <= 16 && paths.len() == found.len());
    found.fill(None);
    let mut scanner = Scanner::new(text.as_bytes());
    scanner.skip_space();
    if !matches!(scanner.peek(), Some(b'{' | b'[')) {
        // No path leads anywhere in a scalar.
        return true;
    }
    let all = Paths((1_u32 << paths.len()) - 1);
    let mut search = Search { text, scanner, paths, all, found };
    !matches!(search.value(all, 0, DEEPEST), Err(End::Fault))
}

struct Search<'a, 'b> {
    text: &'a str,
    scanner: Scanner<'a>,
    paths: &'b [&'b [Step]],
    all: Paths,
    found: &'b mut [Option<Found<'a>>],
}

/// Why the search ends before its text.
enum End {
    Fault,
    /// Every path was followed as far as it leads.
    Done,
}

impl From<Fault> for End {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// A set of paths, a bit for each.
#[derive(Clone, Copy, PartialEq)]
struct Paths(u32);

impl Paths {
    const NONE: Self = Self(0);

    fn iter(self) -> impl Iterator<Item = usize> {
        (0..u32::BITS as usize).filter(move |path| self.0 >> path & 1 == 1)
    }

    fn filter(self, keep: impl Fn(usize) -> bool) -> Self {
        let mut rest = self.0;
        let mut kept = 0;
        while rest != 0 {
            let path = rest.trailing_zeros();
            rest &= rest - 1;
            kept |= u32::from(keep(path as usize)) << path;
        }
        Self(kept)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl Search<'_, '_> {
    /// Reads the value that the first `level` steps of the `wanted` paths lead to.
    fn value(&mut self, wanted: Paths, level: usize, depth: u32) -> Result<(), End> {
        let start = self.scanner.place();
        let inside = wanted.filter(|path| self.paths[path].len() > level);
        let kind = match self.scanner.peek() {
            Some(b'{') if inside != Paths::NONE => {
                self.object(inside, level, depth.checked_sub(1).ok_or(End::Fault)?)?;
                Kind::Object
            }
            Some(b'[') if inside != Paths::NONE => {
                self.array(inside, level, depth.checked_sub(1).ok_or(End::Fault)?)?;
                Kind::Array
            }
            _ => self.scanner.value(depth)?.1,
        };
        let json = &self.text[start..self.scanner.place()];
        for path in wanted.without(inside).iter() {
            self.found[path] = Some(Found { json, kind });
        }
        Ok(())
    }

    fn object(&mut self, inside: Paths, level: usize, depth: u32) -> Result<(), End> {
        self.scanner.expect(b'{')?;
        if self.scanner.take(b'}') {
            return Ok(());
        }
        let mut open = inside;
        loop {
            let (key, escaped) = self.scanner.key()?;
            let key = key_of(self.text, key, escaped);
            let here = open.filter(|path| self.paths[path][level] == Key(&key));
            open = open.without(here);
            self.member(here, open, inside, level, depth)?;
            if !self.scanner.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, inside: Paths, level: usize, depth: u32) -> Result<(), End> {
        self.scanner.expect(b'[')?;
        if self.scanner.take(b']') {
            return Ok(());
        }
        let mut open = inside;
        for index in 0.. {
            self.scanner.skip_space();
            let here = open.filter(|path| self.paths[path][level] == Step::Index(index));
            open = open.without(here);
            self.member(here, open, inside, level, depth)?;
            if !self.scanner.goes_on(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// Reads a member of an object or array that the `inside` paths lead into: `here` lead to this
    /// member, and `open` to one that was not met yet.
    fn member(
        &mut self,
        here: Paths,
        open: Paths,
        inside: Paths,
        level: usize,
        depth: u32,
    ) -> Result<(), End> {
        if here == Paths::NONE {
            self.scanner.value(depth)?;
            return Ok(());
        }
        self.value(here, level + 1, depth)?;
        // Nobody waits for the end of this container, nor for what comes after it.
        if open == Paths::NONE && inside == self.all { Err(End::Done) } else { Ok(()) }
    }
}

fn key_of(text: &str, key: Span, escaped: bool) -> Cow<'_, str> {
    let raw = key.of(text);
    if !escaped {
        return Cow::Borrowed(raw);
    }
    unescaped(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// A key that was read, to compare with a step.
struct Key<'a>(&'a str);

impl PartialEq<Key<'_>> for Step {
    fn eq(&self, key: &Key<'_>) -> bool {
        matches!(self, Self::Key(wanted) if *wanted == key.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: &[&[Step]] = &[
        &[Step::Key("a")],
        &[Step::Key("b"), Step::Key("c")],
        &[Step::Key("b"), Step::Index(1), Step::Key("d")],
    ];

    fn found(text: &str) -> (Vec<Option<&str>>, bool) {
        let mut found = [None; 3];
        let is_json = find(text, PATHS, &mut found);
        (found.iter().map(|found| found.map(|found| found.json)).collect(), is_json)
    }

    #[test]
    fn values_are_found_wherever_they_stand() {
        for (text, a, c, d) in [
            (r#"{"a":1,"b":{"c":[2]}}"#, Some("1"), Some("[2]"), None),
            (
                r#" { "b" : { "x" : {"c":0} , "c" : null } , "a" : "y" } "#,
                Some(r#""y""#),
                Some("null"),
                None,
            ),
            (r#"{"b":[{"d":0},{"d":{"e":1}}],"a":[]}"#, Some("[]"), None, Some(r#"{"e":1}"#)),
            (r#"{"a":1,"a":2,"b":0,"b":{"c":3}}"#, Some("1"), None, None),
            (r#"{"\u0061":1,"b":{"\u0063":2}}"#, Some("1"), Some("2"), None),
            (r#"{"A":1,"b":{"C":2}}"#, None, None, None),
            ("{}", None, None, None),
            (r#"{"b":[]}"#, None, None, None),
            (r#"[{"a":1}]"#, None, None, None),
            (r#""a""#, None, None, None),
            ("no JSON", None, None, None),
        ] {
            assert_eq!(found(text), (vec![a, c, d], true), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_said_as_far_as_it_is_read() {
        assert!(!found(r#"{"a":1,"b":{"c":2"#).1);
        assert!(!found(r#"{"x":tru,"a":1}"#).1);
        assert!(!found(&format!("{{\"x\":{}", "[".repeat(1000))).1);
        let path: &[Step] = &[Step::Index(0), Step::Key("a")];
        let mut found = [None];
        assert!(find(r#"[{"a":1}, rubbish"#, &[path], &mut found));
        assert_eq!(found[0].unwrap().json, "1");
    }

    #[test]
    fn text_is_without_quotes_and_escapes() {
        let text = |json: &'static str, kind| Found { json, kind }.text();
        assert_eq!(text(r#""a""#, Kind::Text).unwrap(), "a");
        assert_eq!(text(r#""a\"\u00e9""#, Kind::EscapedText).unwrap(), "a\"é");
        assert_eq!(text(r#""\ud83e""#, Kind::EscapedText), None);
        assert_eq!(text("1.50", Kind::Number).unwrap(), "1.50");
        assert_eq!(text("null", Kind::Null), None);
        assert_eq!(text("[1, 2]", Kind::Array).unwrap(), "[1, 2]");
    }
}
