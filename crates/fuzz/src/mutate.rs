//! Inputs made of known ones: bits, bytes, pieces, and the numbers and texts inside.

/// Numbers and words that break things.
const TOKENS: [&str; 20] = [
    "0",
    "-1",
    "1",
    "NaN",
    "null",
    "true",
    "1e308",
    "-1e308",
    "1e-320",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "253402300799999",
    "\"\"",
    "[]",
    "{}",
    "a",
    "\\u0000",
    "\u{202e}",
    "\n",
];

/// The next input, made of some known ones.
pub(crate) fn mutate(known: &[Vec<u8>], draw: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let pick = |draw: &mut dyn FnMut(usize) -> usize| {
        known.get(draw(known.len().max(1))).cloned().unwrap_or_default()
    };
    let mut bytes = pick(draw);
    for _ in 0..=draw(4) {
        let at = draw(bytes.len() + 1);
        let end = (at + 1 + draw(16)).min(bytes.len()).max(at);
        match draw(8) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1_u8 << (draw(8) % 8);
                }
            }
            1 => {
                if let (Some(byte), Ok(new)) = (bytes.get_mut(at), u8::try_from(draw(256))) {
                    *byte = new;
                }
            }
            2 => {
                bytes.drain(at..end);
            }
            3 => {
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            5 => {
                let other = pick(draw);
                let from = draw(other.len() + 1);
                let to = (from + draw(200)).min(other.len());
                bytes.splice(at..at, other.get(from..to).unwrap_or_default().iter().copied());
            }
            6 => {
                let token = TOKENS.get(draw(TOKENS.len())).copied().unwrap_or_default();
                bytes.splice(at..at, token.bytes());
            }
            _ => replace_number(&mut bytes, at, draw),
        }
    }
    bytes
}

/// The first number behind a place becomes another.
fn replace_number(bytes: &mut Vec<u8>, at: usize, draw: &mut impl FnMut(usize) -> usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(start) = rest.iter().position(u8::is_ascii_digit).map(|skip| at + skip) else {
        return;
    };
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let token = TOKENS.get(draw(TOKENS.len())).copied().unwrap_or_default();
    bytes.splice(start..start + length, token.bytes());
}
