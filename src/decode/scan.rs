//! JSON text in one pass: where its values are, and whether it is JSON at all.
//!
//! Nothing is built and nothing is copied: a record is walked once, its top-level fields and those
//! of `properties` come out as [`Field`]s, and deeper values are only checked. That is the whole cost of
//! reading a record that most columns take as it stands. A general reader would walk the nested
//! object twice, and once more to bound the depth before it recurses.

/// Levels of objects and arrays that are read. Real records have about ten; the scanner takes a
/// piece of the stack for each, so hostile input must meet a bound.
pub(crate) const DEEPEST: u32 = 128;

/// A stretch of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        // Bodies are bounded far below 4 GiB where they are read.
        let cut = |place| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: cut(start), end: cut(end) }
    }

    pub(super) fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..self.end as usize]
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string that stands for itself.
    Text,
    /// A string with escapes in it.
    EscapedText,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`
    Null,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// A key and its value, as places in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The key as written, without its quotes.
    pub(super) key: Span,
    /// Whether the key has escapes in it.
    pub(super) key_escaped: bool,
    pub(super) value: Span,
    pub(super) kind: Kind,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends in the middle.
    CutOff,
    /// A byte that cannot be here.
    Unexpected { at: usize, byte: u8 },
    /// More than [`DEEPEST`] levels.
    TooDeep,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CutOff => write!(f, "cut off in the middle"),
            Self::Unexpected { at, byte } if byte.is_ascii_graphic() => {
                write!(f, "unexpected `{}` at byte {at}", char::from(*byte))
            }
            Self::Unexpected { at, byte } => write!(f, "unexpected byte 0x{byte:02x} at byte {at}"),
            Self::TooDeep => write!(f, "nested deeper than {DEEPEST} levels"),
        }
    }
}

type Scanned<T> = Result<T, Fault>;

/// A place in a text, which moves on as values are read.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn set_place(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `byte` after any space.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Scanned<()> {
        if self.take(byte) { Ok(()) } else { Err(self.fault()) }
    }

    /// Takes `byte` after any space, if it is there.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The next key of an object and the colon after it.
    pub(super) fn key(&mut self) -> Scanned<(Span, bool)> {
        self.expect(b'"')?;
        let start = self.at;
        let escaped = self.string()?;
        let key = Span::new(start, self.at - 1);
        self.expect(b':')?;
        self.skip_space();
        Ok((key, escaped))
    }

    /// Whether a key is this word, in any case.
    pub(super) fn is_word(&self, key: Span, word: &str) -> bool {
        self.bytes[key.start as usize..key.end as usize].eq_ignore_ascii_case(word.as_bytes())
    }

    /// One value of any kind, with at most `depth` levels.
    pub(super) fn value(&mut self, depth: u32) -> Scanned<(Span, Kind)> {
        let start = self.at;
        let kind = self.kind(depth)?;
        Ok((Span::new(start, self.at), kind))
    }

    /// The fields of the object that begins here, with at most `depth` levels.
    pub(super) fn fields(&mut self, depth: u32, out: &mut Vec<Field>) -> Scanned<()> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let (key, key_escaped) = self.key()?;
            let (value, kind) = self.value(depth)?;
            out.push(Field { key, key_escaped, value, kind });
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    /// After a member: whether another one follows, or the container is closed.
    #[inline]
    pub(super) fn goes_on(&mut self, closing: u8) -> Scanned<bool> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == closing => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.fault()),
        }
    }

    fn kind(&mut self, depth: u32) -> Scanned<Kind> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok(if self.string()? { Kind::EscapedText } else { Kind::Text })
            }
            Some(b'{') => {
                self.at += 1;
                self.object(depth.checked_sub(1).ok_or(Fault::TooDeep)?)?;
                Ok(Kind::Object)
            }
            Some(b'[') => {
                self.at += 1;
                self.array(depth.checked_sub(1).ok_or(Fault::TooDeep)?)?;
                Ok(Kind::Array)
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Ok(Kind::Number)
            }
            Some(b't') => self.literal(b"true", Kind::Boolean),
            Some(b'f') => self.literal(b"false", Kind::Boolean),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => Err(self.fault()),
        }
    }

    fn object(&mut self, depth: u32) -> Scanned<()> {
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.key()?;
            self.kind(depth)?;
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: u32) -> Scanned<()> {
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.skip_space();
            self.kind(depth)?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    /// The rest of a string after its opening quote; whether it has escapes.
    fn string(&mut self) -> Scanned<bool> {
        let mut escaped = false;
        loop {
            self.at += plain_bytes(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.fault()),
            }
        }
    }

    fn escape(&mut self) -> Scanned<()> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.fault());
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.fault()),
        }
        Ok(())
    }

    fn number(&mut self) -> Scanned<()> {
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Scanned<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault()) } else { Ok(()) }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Scanned<Kind> {
        for byte in word {
            if self.peek() != Some(*byte) {
                return Err(self.fault());
            }
            self.at += 1;
        }
        Ok(kind)
    }

    fn fault(&self) -> Fault {
        match self.peek() {
            None => Fault::CutOff,
            Some(byte) => Fault::Unexpected { at: self.at, byte },
        }
    }
}

/// How many bytes at the front of `bytes` stand for themselves inside a string: none of them is a
/// quote, a backslash or a control character. Eight at a time, as strings are most of a record.
#[inline]
fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut plain = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The high bit of the first byte that is 0 after the XOR, or below 0x20; bits above the
        // first may be wrong, but only the first counts.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let special = (quote | backslash | control) & HIGH;
        if special != 0 {
            return plain + special.trailing_zeros() as usize / 8;
        }
        plain += 8;
    }
    plain + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

/// The length of the value at the front of `bytes`, broken as it may be: up to the bracket that
/// closes its first, with strings in either kind of quotes passed over. `None` if it never closes.
pub(super) fn balanced_length(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(at);
                }
            }
            quote @ (b'"' | b'\'') => {
                while let Some(byte) = bytes.get(at) {
                    at += 1;
                    match byte {
                        b'\\' => at += 1,
                        byte if byte == quote => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Kind, Fault> {
        let mut scanner = Scanner::new(text.as_bytes());
        scanner.skip_space();
        let (_, kind) = scanner.value(DEEPEST)?;
        scanner.skip_space();
        if scanner.place() == text.len() { Ok(kind) } else { Err(scanner.fault()) }
    }

    #[test]
    fn it_takes_exactly_what_json_is() {
        let texts = [
            "{}",
            "[]",
            "[1,2]",
            "[1,]",
            "[,1]",
            "{\"a\":1}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5",
            ".5",
            "1e5",
            "1E+5",
            "1e",
            "1e400",
            "- 1",
            "+1",
            "0x1",
            "true",
            "tru",
            "nulll",
            "null",
            "\"\"",
            "\"a\\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"a\nb\"",
            "\"a\tb\"",
            "\"é🦀\"",
            "\"unfinished",
            "\"12345678\"",
            "\"1234567\\\"\"",
            "\"123456789\u{1f}\"",
            "[[[[]]]]",
            "[{\"a\":[{}]}]",
            "[}",
            "{]",
            " [ 1 , {\"b\" : null } ] ",
            "NaN",
            "'a'",
            "[1 2]",
            "{\"a\" 1}",
            "\"\u{7f}\"",
            "\"\u{0}\"",
        ];
        for text in texts {
            let json = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
            assert_eq!(scan(text).is_ok(), json, "{text:?} {:?}", scan(text));
        }
    }

    #[test]
    fn fields_are_the_text_as_written() {
        let text = r#"{"a": 1, "b\n":{"c": [1, 2]} , "d":null}  tail"#;
        let mut scanner = Scanner::new(text.as_bytes());
        let mut fields = Vec::new();
        scanner.fields(DEEPEST, &mut fields).unwrap();
        let seen: Vec<_> =
            fields.iter().map(|f| (f.key.of(text), f.key_escaped, f.value.of(text))).collect();
        let expected =
            [("a", false, "1"), ("b\\n", true, r#"{"c": [1, 2]}"#), ("d", false, "null")];
        assert_eq!(seen, expected);
        assert_eq!(&text[scanner.place()..], "  tail");
    }

    #[test]
    fn the_depth_is_bounded_and_strings_have_none() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(scan(&nested(DEEPEST as usize)), Ok(Kind::Array));
        assert_eq!(scan(&nested(DEEPEST as usize + 1)), Err(Fault::TooDeep));
        assert_eq!(scan(&"[".repeat(1 << 20)), Err(Fault::TooDeep));
        assert_eq!(scan(&"{\"a\":".repeat(1 << 20)), Err(Fault::TooDeep));
        assert_eq!(scan(&format!("[{:?}]", nested(1000))), Ok(Kind::Array));
    }

    #[test]
    fn a_broken_value_ends_where_its_brackets_close() {
        assert_eq!(balanced_length(br#"{"a":tru,"b":"}"} , x"#), Some(17));
        assert_eq!(balanced_length(br"{'a':'}\''}]"), Some(11));
        assert_eq!(balanced_length(br#"{"a":["#), None);
        assert_eq!(balanced_length(b"]"), None);
    }
}
