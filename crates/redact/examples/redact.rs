//! Redacts lines of standard input and prints those that change; `--quiet` prints counts only.
//!
//!     zcat logs.gz | cargo run --release -p nightjar-redact --example redact

#![expect(clippy::print_stdout, reason = "a program that prints")]

use std::io::BufRead;

use nightjar_redact::{Policy, Redactor};

fn main() {
    let quiet = std::env::args().any(|argument| argument == "--quiet");
    let mut redactor = Redactor::new(&[7; 32], &Policy::default(), std::iter::empty());
    let mut bytes = 0;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        bytes += line.len();
        let redacted = redactor.text(&line);
        if !quiet && redacted != line {
            println!("{redacted}");
        }
    }
    println!("{bytes} bytes, found {:?}", redactor.found());
}
