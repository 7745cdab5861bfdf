//! Check digits and letters.

use crate::shape::digits;

/// Whether a number of some country is one.
pub(crate) type Check = fn(&str) -> bool;

/// Luhn's check, of cards and many national numbers (ISO/IEC 7812-1).
pub(crate) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// The remainder by 97 of a number with letters (A is 10), as IBANs have it (ISO 7064).
pub(crate) fn mod_97(text: impl Iterator<Item = char>) -> u32 {
    text.filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| (rest * if value > 9 { 100 } else { 10 } + value) % 97)
}

/// Verhoeff's check, of Aadhaar numbers: the dihedral group of the pentagon.
pub(crate) fn verhoeff(digits: &[u32]) -> bool {
    const PERMUTATION: [[u32; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let mut state = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let row = PERMUTATION.get(place % 8);
        let Some(moved) = row.and_then(|row| row.get(usize::try_from(*digit).ok()?)) else {
            return false;
        };
        state = pentagon(state, *moved);
    }
    state == 0
}

/// One turn (below 5) or mirroring (5 and above) of a pentagon after another.
fn pentagon(first: u32, second: u32) -> u32 {
    match (first < 5, second < 5) {
        (true, true) => (first + second) % 5,
        (true, false) => (first + second - 5) % 5 + 5,
        (false, true) => (first - 5 + 5 - second) % 5 + 5,
        (false, false) => (first + 5 - second) % 5,
    }
}

/// The sum of digits times weights.
pub(crate) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Whether a text of digits is a day: two digits of the month, two of the day.
pub(crate) fn is_month_and_day(text: &str) -> bool {
    let number = |from: usize| text.get(from..from + 2).and_then(|t| t.parse::<u32>().ok());
    matches!((number(0), number(2)), (Some(1..=12), Some(1..=31)))
}

/// Brazil's CPF: two check digits.
pub(crate) fn cpf(text: &str) -> bool {
    let digits = digits(text);
    let Some((first, _)) = digits.split_first() else { return false };
    let check = |count: u32| {
        let sum: u32 = digits.iter().zip((2..=count + 1).rev()).map(|(d, w)| d * w).sum();
        let expected = sum * 10 % 11 % 10;
        usize::try_from(count).ok().and_then(|count| digits.get(count)) == Some(&expected)
    };
    digits.len() == 11 && digits.iter().any(|digit| digit != first) && check(9) && check(10)
}

/// Spain's DNI and NIE: the letter is the number modulo 23.
pub(crate) fn spanish(text: &str) -> bool {
    let text: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let Some(letter) = text.chars().last() else { return false };
    let body = text.strip_suffix(letter).unwrap_or_default();
    let number = match body.chars().next() {
        Some('X') => body.replacen('X', "0", 1),
        Some('Y') => body.replacen('Y', "1", 1),
        Some('Z') => body.replacen('Z', "2", 1),
        _ => body.to_owned(),
    };
    let Ok(number) = number.parse::<usize>() else { return false };
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(number % 23) == Some(letter)
}

/// Italy's codice fiscale: the last letter of sixteen.
pub(crate) fn codice_fiscale(text: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let text = text.to_ascii_uppercase();
    let mut sum = 0;
    for (place, c) in text.chars().take(15).enumerate() {
        let value = c.to_digit(10).or_else(|| c.to_digit(36).map(|value| value - 10));
        let Some(value) = value else { return false };
        let odd = usize::try_from(value).ok().and_then(|value| ODD.get(value));
        sum += if place % 2 == 0 { odd.copied().unwrap_or(0) } else { value };
    }
    char::from_digit(sum % 26 + 10, 36).map(|c| c.to_ascii_uppercase()) == text.chars().last()
}

/// France's NIR: the key is 97 less the number's remainder; Corsica counts as 19 and 18.
pub(crate) fn nir(text: &str) -> bool {
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let text = text.to_ascii_uppercase().replace("2A", "19").replace("2B", "18");
    let month = text.get(3..5).and_then(|month| month.parse::<u32>().ok());
    let (Some(body), Some(key)) = (text.get(..13), text.get(13..15)) else { return false };
    let (Ok(body), Ok(key)) = (body.parse::<u64>(), key.parse::<u64>()) else { return false };
    text.len() == 15 && matches!(month, Some(1..=12 | 20..=42 | 50..=99)) && 97 - body % 97 == key
}

/// China's resident number: a birthday, and a check digit modulo 11 (ISO 7064 MOD 11-2).
pub(crate) fn resident_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let Some((body, last)) = text.split_at_checked(17) else { return false };
    let check = "10X98765432"
        .chars()
        .nth(usize::try_from(weighted(&digits(body), &WEIGHTS) % 11).unwrap_or(0));
    let year = text.get(6..10).and_then(|year| year.parse::<u32>().ok());
    matches!(year, Some(1900..=2099))
        && text.get(10..14).is_some_and(is_month_and_day)
        && check == last.chars().next().map(|c| c.to_ascii_uppercase())
}

/// Finland's personal identity code: the letter is the number modulo 31.
pub(crate) fn finnish(text: &str) -> bool {
    let number: String = text.chars().take(10).filter(char::is_ascii_digit).collect();
    let day = text.get(2..4).zip(text.get(..2)).map(|(month, day)| format!("{month}{day}"));
    let Ok(number) = number.parse::<usize>() else { return false };
    day.is_some_and(|day| is_month_and_day(&day))
        && "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(number % 31)
            == text.chars().last().map(|c| c.to_ascii_uppercase())
}

/// Belgium's national number: 97 less the remainder; people born from 2000 on have a 2 in front.
pub(crate) fn belgian(text: &str) -> bool {
    let number: String = text.chars().filter(char::is_ascii_digit).collect();
    let (Some(body), Some(check)) = (number.get(..9), number.get(9..11)) else { return false };
    let (Ok(body), Ok(check)) = (body.parse::<u64>(), check.parse::<u64>()) else { return false };
    97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check
}

/// Switzerland's AHV number: an EAN-13.
pub(crate) fn ean_13(text: &str) -> bool {
    let digits = digits(text);
    digits.len() == 13
        && weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Chile's RUT: modulo 11 with weights 2 to 7 from the right.
pub(crate) fn rut(text: &str) -> bool {
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let Some(last) = text.chars().last() else { return false };
    let mut body = digits(text.strip_suffix(last).unwrap_or_default());
    body.reverse();
    let check = (11 - weighted(&body, &[2, 3, 4, 5, 6, 7, 2, 3, 4, 5]) % 11) % 11;
    match last {
        'k' | 'K' => check == 10,
        _ => last.to_digit(10) == Some(check),
    }
}

/// Singapore's NRIC and FIN.
pub(crate) fn nric(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let (offset, letters) = match first {
        'S' => (0, "JZIHGFEDCBA"),
        'T' => (4, "JZIHGFEDCBA"),
        'F' => (0, "XWUTRQPNMLK"),
        'G' => (4, "XWUTRQPNMLK"),
        'M' => (3, "XWUTRQPNJLK"),
        _ => return false,
    };
    let sum = offset + weighted(&digits(text), &[2, 7, 6, 5, 4, 3, 2]);
    usize::try_from(sum % 11).ok().and_then(|place| letters.chars().nth(place))
        == text.chars().last()
}

/// Mexico's CURP: the last digit of eighteen.
pub(crate) fn curp(text: &str) -> bool {
    const ORDER: &str = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
    let mut sum = 0;
    for (place, c) in text.chars().take(17).enumerate() {
        let Some(value) = ORDER.chars().position(|known| known == c) else { return false };
        sum += value * (18 - place);
    }
    let check = u32::try_from((10 - sum % 10) % 10).ok();
    text.chars().last().and_then(|c| c.to_digit(10)) == check
}

/// Thailand's identity number.
pub(crate) fn thai(text: &str) -> bool {
    let digits = digits(text);
    let sum = weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    digits.len() == 13 && digits.last() == Some(&((11 - sum % 11) % 10))
}

/// The United States' social security number: ranges that were never given out.
pub(crate) fn ssn(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (Some(area), Some(group), Some(serial)) =
        (digits.get(..3), digits.get(3..5), digits.get(5..9))
    else {
        return false;
    };
    area != "000" && area != "666" && !area.starts_with('9') && group != "00" && serial != "0000"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_pass_and_their_neighbours_fail() {
        let checks: [(Check, &str, &str); 16] = [
            (|t| luhn(&digits(t)), "4111111111111111", "4111111111111112"),
            (|t| verhoeff(&digits(t)), "2363", "2364"),
            (cpf, "529.982.247-25", "529.982.247-26"),
            (spanish, "12345678Z", "12345678A"),
            (spanish, "X1234567L", "X1234567M"),
            (codice_fiscale, "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
            (nir, "1 85 05 78 006 084 91", "1 85 05 78 006 084 36"),
            (resident_number, "11010519491231002X", "110105194912310021"),
            (finnish, "131052-308T", "131052-308U"),
            (belgian, "85.07.30-033.28", "85.07.30-033.29"),
            (ean_13, "756.9217.0769.85", "756.9217.0769.84"),
            (rut, "12.345.678-5", "12.345.678-6"),
            (nric, "S1234567D", "S1234567E"),
            (curp, "HEGG560427MVZRRL04", "HEGG560427MVZRRL05"),
            (thai, "1-2345-67890-12-1", "1-2345-67890-12-2"),
            (ssn, "123-45-6789", "666-45-6789"),
        ];
        for (number, (check, good, bad)) in checks.iter().enumerate() {
            assert!(check(good), "{number}: {good}");
            assert!(!check(bad), "{number}: {bad}");
        }
        assert_eq!(mod_97("370400440532013000DE89".chars()), 1);
    }
}
