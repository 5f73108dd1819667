//! The loop that the `debug` commands share: questions on stdin, one JSON object per line; one answer per line on
//! stdout, flushed after each, so that another program can hold a conversation. A bad line gets an answer, too, with
//! its `id` as far as that could be read, and the next line is read.

use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The longest question in bytes. A longer line is answered with an error, and skipped.
const LONGEST: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };

/// An answer with the `id` of its question in front.
#[derive(Serialize)]
struct Answer<A> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    #[serde(flatten)]
    answer: A,
}

#[derive(Serialize)]
struct Problem {
    error: bool,
    message: String,
}

/// Answers every line of `input`. `Q` is a question without its `id`; an `Err` of `answer` is a message for people.
///
/// # Errors
///
/// Those of reading and writing. What a line says is never one.
pub fn serve<Q: DeserializeOwned, A: Serialize>(
    input: impl BufRead,
    output: impl Write,
    answer: impl FnMut(Q) -> Result<A, String>,
) -> io::Result<()> {
    serve_with(input, output, answer, |message| Problem { error: true, message })
}

/// Like [`serve`], with answers of their own kind to bad questions.
///
/// # Errors
///
/// Those of reading and writing. What a line says is never one.
pub fn serve_with<Q: DeserializeOwned, A: Serialize, P: Serialize>(
    mut input: impl BufRead,
    mut output: impl Write,
    mut answer: impl FnMut(Q) -> Result<A, String>,
    problem: impl Fn(String) -> P,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let whole = line.len() as u64 != LONGEST || line.ends_with(b"\n") || at_end_of_line(&mut input)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line = line.trim_ascii_end();
        let id = read_id(line);
        let result = if whole { parse(line, id.is_some()) } else { Err("the line is too long".to_owned()) };
        match result.and_then(&mut answer) {
            Ok(answer) => serde_json::to_writer(&mut output, &Answer { id, answer })?,
            Err(message) => {
                serde_json::to_writer(&mut output, &Answer { id, answer: problem(message) })?;
            }
        }
        output.write_all(b"\n")?;
        output.flush()?;
    }
}

fn parse<Q: DeserializeOwned>(line: &[u8], has_id: bool) -> Result<Q, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("not UTF-8: {error}"))?;
    // A derived reader would also take a list of the values in order.
    if !text.trim_start().starts_with('{') {
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => "not a JSON object".to_owned(),
            Err(error) => format!("not JSON: {error}"),
        });
    }
    let question = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if has_id { Ok(question) } else { Err("missing field `id`".to_owned()) }
}

/// Skips the rest of a line that is too long. Whether there was none.
fn at_end_of_line(input: &mut impl BufRead) -> io::Result<bool> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        skipped += end.unwrap_or(used);
        input.consume(used);
        if end.is_some() || used == 0 {
            return Ok(skipped == 0);
        }
    }
}

/// The value of `id`, even when something after it is broken.
fn read_id(line: &[u8]) -> Option<Value> {
    let found = RefCell::new(None);
    // An error means that the line is bad, which the proper parse tells better.
    let _ = IdSeeker(&found).deserialize(&mut serde_json::Deserializer::from_slice(line));
    found.into_inner()
}

struct IdSeeker<'a>(&'a RefCell<Option<Value>>);

impl<'de> DeserializeSeed<'de> for IdSeeker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IdSeeker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "id" {
                let id = map.next_value()?;
                self.0.borrow_mut().get_or_insert(id);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// For a field that may be null but must be there (a plain `Option` may also be left out).
///
/// # Errors
///
/// Those of the value.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Question {
        n: u32,
        #[serde(deserialize_with = "nullable")]
        note: Option<String>,
    }

    #[derive(Serialize)]
    struct Double {
        twice: u32,
        note: Option<String>,
    }

    fn talk(input: &[u8]) -> Vec<String> {
        let mut output = Vec::new();
        serve(input, &mut output, |q: Question| {
            let twice = q.n.checked_mul(2).ok_or("too much")?;
            Ok(Double { twice, note: q.note })
        })
        .unwrap();
        String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_gets_its_answer() {
        let good = r#"{"id":"1","n":2,"note":null}"#;
        let answer = r#"{"id":"1","twice":4,"note":null}"#;
        for (input, expected) in [
            (good.to_owned(), answer),
            (format!("{good}\n"), answer),
            (format!("{good}\r\n"), answer),
            (format!("\n  \n\t\r\n{good}\n\n"), answer),
            (r#"{"n":2,"note":"x","id":7}"#.to_owned(), r#"{"id":7,"twice":4,"note":"x"}"#),
            (r#"{"id":null,"n":2,"note":null,"other":[{}]}"#.to_owned(), r#"{"id":null,"twice":4,"note":null}"#),
        ] {
            assert_eq!(talk(input.as_bytes()), [expected], "{input}");
        }
    }

    #[test]
    fn bad_lines_are_answered_with_what_could_be_read() {
        let cases: [(&[u8], &str, &str); 14] = [
            (b"nonsense", "", "not JSON"),
            (b"[]", "", "not a JSON object"),
            (b"[2,null]", "", "not a JSON object"),
            (b"7", "", "not a JSON object"),
            (b"null", "", "not a JSON object"),
            (b"{", "", "EOF"),
            (br#"{"n":2,"note":null}"#, "", "missing field `id`"),
            (br#"{"id":"1"}"#, r#""1""#, "missing field `n`"),
            (br#"{"id":"1","n":2}"#, r#""1""#, "missing field `note`"),
            (br#"{"id":"1","n":"2","note":null}"#, r#""1""#, "invalid type"),
            (br#"{"id":"1","n":2,"note":null} x"#, r#""1""#, "trailing"),
            (br#"{"id":"1","n":2,"note":nu"#, r#""1""#, "line 1"),
            (br#"{"id":"1","n":4294967295,"note":null}"#, r#""1""#, "too much"),
            (b"{\"id\":\"1\",\"n\":2,\"note\":\"\xff\"}", r#""1""#, "not UTF-8"),
        ];
        for (line, id, message) in cases {
            let input = [line, b"\n{\"id\":0,\"n\":1,\"note\":null}\n"].concat();
            let answers = talk(&input);
            let shown = String::from_utf8_lossy(line);
            assert_eq!(answers.len(), 2, "{shown}");
            let answer: Value = serde_json::from_str(&answers[0]).unwrap();
            assert_eq!(answer["error"], true, "{shown}");
            assert!(answer["message"].as_str().unwrap().contains(message), "{shown}: {answer}");
            assert_eq!(answer.get("id").map_or(String::new(), Value::to_string), id, "{shown}");
            assert_eq!(answers[1], r#"{"id":0,"twice":2,"note":null}"#, "{shown}");
        }
    }

    #[test]
    fn nesting_without_end_is_an_error_and_not_a_crash() {
        let deep = format!(r#"{{"id":"1","n":{}"#, "[".repeat(200_000));
        assert!(talk(deep.as_bytes())[0].contains(r#""error":true"#));
        let deep = format!(r#"{{"id":{}"#, "[".repeat(200_000));
        assert!(talk(deep.as_bytes())[0].contains(r#""error":true"#));
    }

    #[test]
    fn a_line_without_end_is_skipped() {
        let mut input = br#"{"id":"1","n":1,"note":""#.to_vec();
        input.resize(usize::try_from(LONGEST).unwrap() + 100, b'x');
        input.extend_from_slice(b"\"}\n{\"id\":0,\"n\":1,\"note\":null}\n");
        let answers = talk(&input);
        assert_eq!(
            answers,
            [r#"{"id":"1","error":true,"message":"the line is too long"}"#, r#"{"id":0,"twice":2,"note":null}"#]
        );
    }
}
